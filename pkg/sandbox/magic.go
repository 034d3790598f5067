package sandbox

import (
	"bytes"
	"cmp"
	_ "embed" // for the file
	"slices"
	"strconv"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/pkg/ach"
)

//go:embed magic.yaml
var magicFile []byte

// MagicRules returns what the sandbox does for programs that cannot set rules: by values that no ordinary test has,
// such as the name Magic Rejected, an application is rejected, a payment comes back, a counterparty's verification
// fails. They are asked when no rule of Config.Rules or SetRules acts. Config.NoMagic switches them off.
func MagicRules() []Rule {
	rules := slices.Clone(magicRules())
	for i, r := range rules {
		rules[i] = r.clone()
	}
	return rules
}

// magicRules are read without a check of what they say, which would take as long as a sandbox does to begin: a test
// does it.
var magicRules = sync.OnceValue(func() []Rule {
	root, err := ruleNodes("magic.yaml", magicFile)
	if err != nil {
		panic(err) // It is part of the program.
	}
	rules := (&ruleReader{at: map[string]*yaml.Node{}}).rules(root)
	for _, code := range ach.Returns() {
		rules = append(rules, magicACH(magicReturn, code.Code, Do{Return: code.Code}))
	}
	for _, code := range ach.Changes() {
		rules = append(rules, magicACH(magicCorrection, code.Code, Do{Correction: code.Code}))
	}
	for i := range rules {
		rules[i].Name = rules[i].magicName()
	}
	return rules
})

// The account numbers with which an ACH payment comes back, or is corrected: the digits of the code are at the end.
const (
	magicReturn     = "99000000"
	magicCorrection = "98000000"
)

func magicACH(number, code string, do Do) Rule {
	return Rule{Match: Match{Operation: []string{"createACHOrigination"}, AccountNumber: number + code[1:]}, Do: do}
}

// magicName says in the log which magic value it is.
func (r *Rule) magicName() string {
	value := cmp.Or(r.Match.Name, r.Match.AccountNumber, strconv.FormatInt(r.Match.Amount, 10))
	return r.Match.Operation[0] + " of the magic value " + value
}

// magic has the rules of the magic values by the operations that they are for, so that others do not look at them.
type magic struct {
	rulebook
	byOperation map[string][]*activeRule
	// amounts has, for an operation whose magic values are amounts alone, how these are written.
	amounts map[string][][]byte
}

// use puts the magic values in force.
func (m *magic) use() error {
	if err := m.set(magicRules()); err != nil {
		return err
	}
	m.byOperation, m.amounts = map[string][]*activeRule{}, map[string][][]byte{}
	for _, a := range m.current.Load().others {
		for operation := range a.operations {
			m.byOperation[operation] = append(m.byOperation[operation], a)
		}
	}
	for operation, rules := range m.byOperation {
		m.amounts[operation] = amountsAlone(rules)
	}
	return nil
}

// amountsAlone is how the amounts of rules are written, or nil if one of them asks for something else.
func amountsAlone(rules []*activeRule) (written [][]byte) {
	for _, a := range rules {
		if a.Match.Amount == 0 {
			return nil
		}
		written = append(written, strconv.AppendInt(nil, a.Match.Amount, 10))
	}
	return written
}

// rulesFor returns the rules of the magic values that may act on a request. Programs pay all day: where amounts alone
// are magic, a look at the text of the body is enough for nearly all of them.
func (m *magic) rulesFor(operation string, in any) []*activeRule {
	rules, amounts := m.byOperation[operation], m.amounts[operation]
	if len(amounts) == 0 {
		return rules
	}
	body := bodyOf(in)
	if !slices.ContainsFunc(amounts, func(amount []byte) bool { return bytes.Contains(body, amount) }) {
		return nil
	}
	return rules
}
