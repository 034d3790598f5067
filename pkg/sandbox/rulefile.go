package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/internal/mistake"
)

const (
	// MaxRuleBytes is how many bytes a file of rules may have: 1 MiB.
	MaxRuleBytes = 1 << 20
	// MaxRules is how many rules there may be at once.
	MaxRules = 1000
	// maxRuleDepth is how many lists and objects of a file may be in one another. A body needs the most.
	maxRuleDepth = 50
)

// LoadRules reads a file of rules, as ReadRules does.
func LoadRules(file string) (rules []Rule, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("sandbox: read the rules: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return ReadRules(file, f)
}

// ReadRules reads rules in YAML or JSON: a list of them, or an object that has that list as its member rules. The name
// of the file is for errors. Whatever is wrong with the rules is one *RulesError, with the place of each mistake; it
// returns other errors when r fails.
func ReadRules(file string, r io.Reader) ([]Rule, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxRuleBytes+1))
	if err != nil {
		return nil, fmt.Errorf("sandbox: read the rules: %w", err)
	}
	rules, problems := parseRules(file, text)
	for _, p := range problems {
		p.File = file
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	return rules, nil
}

func parseRules(file string, text []byte) ([]Rule, ruleProblems) {
	problems := ruleProblems{}
	switch {
	case len(text) > MaxRuleBytes:
		problems.add("", "it has more than %d bytes", MaxRuleBytes)
		return nil, problems
	case !utf8.Valid(text):
		problems.add("", "it is not UTF-8")
		return nil, problems
	}
	root, err := ruleNodes(file, text)
	if wrong := new(mistake.Problem); errors.As(err, &wrong) {
		return nil, ruleProblems{{Line: wrong.Line, Column: wrong.Column, Text: wrong.Text}}
	}
	reader := &ruleReader{at: map[string]*yaml.Node{}}
	if !reader.plain(root, 0) {
		return nil, reader.problems
	}
	rules := reader.rules(root)
	if len(reader.problems) > maxRuleProblems {
		return nil, reader.problems
	}
	for _, p := range checkRules(rules, reader.given) {
		if reader.unread(p.Path) { // It is zero by now: to check that as well would tell of the same mistake again.
			continue
		}
		if at := reader.place(p.Path); at != nil {
			p.Line, p.Column = at.Line, at.Column
		}
		reader.problems = append(reader.problems, p)
	}
	return rules, reader.problems
}

// rules reads the rules of a file.
func (d *ruleReader) rules(root *yaml.Node) (rules []Rule) {
	list := root
	if root.Kind == yaml.MappingNode {
		list = nil
		for key, value := range d.pairs(root, "") {
			if key.Value != "rules" {
				d.unknownKey(key, key.Value, []string{"rules"})
				continue
			}
			list = value
		}
		if list == nil {
			if len(d.problems) == 0 {
				d.add(root, "rules", "rules is missing")
			}
			return nil
		}
	}
	switch {
	case list.Kind != yaml.SequenceNode:
		d.add(list, "rules", "want a list of rules, each with match and do")
		return nil
	case len(list.Content) > MaxRules:
		d.add(list, "rules", "there are more than %d", MaxRules)
		return nil
	}
	d.at["rules"] = list
	rules = make([]Rule, len(list.Content))
	for i, node := range list.Content {
		d.decode(node, "rules["+strconv.Itoa(i)+"]", &rules[i])
	}
	return rules
}
