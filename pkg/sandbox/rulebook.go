package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// rulebook has the rules in force. Whoever has none pays for one look at a pointer.
type rulebook struct {
	seed uint64
	// draws are those of the faults that headers ask for.
	draws draws
	// mu is for changes of the list, and for what the rules count.
	mu      sync.Mutex
	current atomic.Pointer[ruleList]
}

// ruleList are rules that are in force at once. It never changes.
type ruleList struct {
	all []*activeRule
	// faults are those that act before the chain, and others those that act on operations.
	faults, others []*activeRule
}

// activeRule is a rule in force.
type activeRule struct {
	RuleCount
	// operations are those that it is for; nil is all of them.
	operations map[string]bool
	// asks says that it has to know something of the request besides its operation.
	asks bool
	// fate is what becomes of what the operation makes, or nil.
	fate *bank.Fate
	// draws decide by its probability. They come from its place, which no other rule in force has.
	draws draws
	place int
}

// draws are random numbers that can go back.
type draws struct {
	*rand.Rand
	from *rand.PCG
}

// SetRules puts rules in the place of those that are in force, which forget what they have counted; without any, there
// are none. It fails with a *RulesError, and leaves everything as it was, if something is wrong with one of them.
func (s *Sandbox) SetRules(rules ...Rule) error {
	if err := checkRules(rules, nil).err(); err != nil {
		return fmt.Errorf("sandbox: the rules: %w", err)
	}
	return s.rules.set(rules)
}

// AddRules puts rules behind those that are in force, which go on counting. It fails as SetRules does; the paths of its
// problems count the rules in force, too.
func (s *Sandbox) AddRules(rules ...Rule) error {
	if err := s.rules.add(rules); err != nil {
		return fmt.Errorf("sandbox: the rules: %w", err)
	}
	return nil
}

// RemoveRule removes the rule with a name, and the others go on counting. It fails with ErrNotFound if there is none. A
// rule without a name cannot be removed alone.
func (s *Sandbox) RemoveRule(name string) error { return s.rules.remove(name) }

// Rules returns the rules in force, in their order, with what they have counted since they were set.
func (s *Sandbox) Rules() []RuleCount { return s.rules.counts() }

// begin sets the seed. It is called once, before anything else.
func (b *rulebook) begin(seed uint64) {
	b.seed, b.draws = seed, drawsOf(seed, MaxRules)
}

// drawsOf returns the draws of a place in the list.
func drawsOf(seed uint64, place int) draws {
	from := rand.NewPCG(seed, uint64(place)) //nolint:gosec // G115: it is no more than MaxRules.
	return draws{rand.New(from), from}       //nolint:gosec // G404: the same again is what they are for.
}

// set puts rules in the place of those that are in force. They must have been checked.
func (b *rulebook) set(rules []Rule) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.replace(nil, rules)
}

// add puts rules behind those that are in force, which go on counting.
func (b *rulebook) add(rules []Rule) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.all()
	all := make([]Rule, len(before), len(before)+len(rules))
	for i, r := range before {
		all[i] = r.Rule
	}
	if err := checkRules(append(all, rules...), nil).err(); err != nil {
		return err
	}
	return b.replace(before, rules)
}

// remove removes the rule with a name.
func (b *rulebook) remove(name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.all()
	left := slices.DeleteFunc(slices.Clone(all), func(a *activeRule) bool { return a.Name == name })
	if len(left) == len(all) || name == "" {
		return ErrNotFound
	}
	return b.replace(left, nil)
}

// replace puts rules behind others, each with the first place that is free: that of one that was removed, so that what
// was added and removed before changes no draws, or the next one.
func (b *rulebook) replace(before []*activeRule, rules []Rule) error {
	list := &ruleList{all: slices.Clone(before)}
	taken := map[int]bool{}
	for _, a := range before {
		taken[a.place] = true
	}
	place := 0
	for _, r := range rules {
		for taken[place] {
			place++
		}
		a, err := b.activate(r, place)
		if err != nil {
			return err
		}
		list.all = append(list.all, a)
		place++
	}
	for _, a := range list.all {
		if a.Do.Fault != nil {
			list.faults = append(list.faults, a)
		} else {
			list.others = append(list.others, a)
		}
	}
	if len(list.all) == 0 {
		list = nil
	}
	b.current.Store(list)
	return nil
}

// activate makes a rule ready. Its draws come from the seed and its place, so that other rules do not change them.
func (b *rulebook) activate(r Rule, place int) (*activeRule, error) {
	m := &r.Match
	m.Name, m.AccountNumber = strings.TrimSpace(m.Name), strings.TrimSpace(m.AccountNumber)
	m.RoutingNumber = strings.TrimSpace(m.RoutingNumber)
	a := &activeRule{RuleCount: RuleCount{Rule: r.clone()}, draws: drawsOf(b.seed, place), place: place}
	a.asks = m.Customer != uuid.Nil || m.Pocket != uuid.Nil || m.ID != uuid.Nil || m.Amount != 0 ||
		m.MinAmount != 0 || m.MaxAmount != 0 || m.Name != "" || m.AccountNumber != "" || m.RoutingNumber != ""
	operations := m.Operation
	if fate := r.Do.fate(); !fate.IsZero() {
		a.fate = fate
		if len(operations) == 0 {
			c, err := theRuleContract()
			if err != nil {
				return nil, err
			}
			operations = c.possible(c.names, *fate)
		}
	}
	for _, operation := range operations {
		if a.operations == nil {
			a.operations = map[string]bool{}
		}
		a.operations[operation] = true
	}
	return a, nil
}

// clone is a rule that shares nothing with another one.
func (r Rule) clone() Rule {
	r.Match.Operation = slices.Clone(r.Match.Operation)
	r.Do.Documents = slices.Clone(r.Do.Documents)
	r.Do.Body = slices.Clone(r.Do.Body)
	if r.Do.Fault != nil {
		copied := *r.Do.Fault
		r.Do.Fault = &copied
	}
	return r
}

// counts returns the rules in force.
func (b *rulebook) counts() []RuleCount {
	list := b.current.Load()
	if list == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]RuleCount, len(list.all))
	for i, a := range list.all {
		all[i] = a.RuleCount
		all[i].Rule = a.clone()
	}
	return all
}

// counted is what a rule has counted, and where its draws are.
type counted struct {
	matched, acted int
	draws          rand.PCG
}

// keep returns what has the rules in force know what they know now. Those that have come since begin anew.
func (b *rulebook) keep() (putBack func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	own, all := *b.draws.from, map[*activeRule]counted{}
	for _, a := range b.all() {
		all[a] = counted{a.Matched, a.Acted, *a.draws.from}
	}
	return func() {
		b.beginAnew()
		b.mu.Lock()
		defer b.mu.Unlock()
		*b.draws.from = own
		for _, a := range b.all() {
			if was, ok := all[a]; ok {
				a.Matched, a.Acted, *a.draws.from = was.matched, was.acted, was.draws
			}
		}
	}
}

// beginAnew has the rules in force forget what they have counted and drawn.
func (b *rulebook) beginAnew() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.draws = drawsOf(b.seed, MaxRules)
	for _, a := range b.all() {
		a.Matched, a.Acted, a.draws = 0, 0, drawsOf(b.seed, a.place)
	}
}

// all are the rules in force.
func (b *rulebook) all() []*activeRule {
	if list := b.current.Load(); list != nil {
		return list.all
	}
	return nil
}

// choose returns the first rule that acts on a request to an operation, or nil. Those behind it do not come to know of
// the request. facts are asked for once at most, and not at all if no rule needs them.
func (b *rulebook) choose(rules []*activeRule, operation string, facts func() *bank.Facts) *activeRule {
	var known *bank.Facts
	for _, a := range rules {
		if a.operations != nil && !a.operations[operation] {
			continue
		}
		if a.asks {
			if known == nil {
				known = facts()
			}
			if !a.Match.meets(known) {
				continue
			}
		}
		if b.acts(a) {
			return a
		}
	}
	return nil
}

// acts counts a request that a rule matches, and reports whether it acts.
func (b *rulebook) acts(a *activeRule) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := &a.Match
	a.Matched++
	switch {
	case m.Nth != 0 && a.Matched != m.Nth, m.Every != 0 && a.Matched%m.Every != 0:
		return false
	case m.Probability != 0 && a.draws.Float64() >= m.Probability:
		return false
	case m.Times != 0 && a.Acted >= m.Times:
		return false
	}
	a.Acted++
	return true
}

// drawn is a fault that a header asks for, with its jitter drawn.
func (b *rulebook) drawn(f fault.Fault) fault.Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	return f.Draw(b.draws.Rand)
}

// drawnBy is the fault of a rule, with its jitter drawn.
func (b *rulebook) drawnBy(a *activeRule) fault.Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	return a.Do.Fault.Draw(a.draws.Rand)
}

// meets reports whether what is known of a request is what a rule asks for.
func (m *Match) meets(f *bank.Facts) bool {
	return (m.Customer == uuid.Nil || slices.Contains(f.Customers, m.Customer)) &&
		(m.Pocket == uuid.Nil || slices.Contains(f.Pockets, m.Pocket)) &&
		(m.ID == uuid.Nil || slices.Contains(f.IDs, m.ID)) &&
		m.meetsAmount(f.Cents) &&
		(m.Name == "" || slices.ContainsFunc(f.Names, m.isNamed)) &&
		(m.AccountNumber == "" || slices.Contains(f.AccountNumbers, m.AccountNumber)) &&
		(m.RoutingNumber == "" || slices.Contains(f.RoutingNumbers, m.RoutingNumber))
}

func (m *Match) isNamed(name string) bool { return strings.EqualFold(name, m.Name) }

func (m *Match) meetsAmount(amounts []int64) bool {
	if m.Amount == 0 && m.MinAmount == 0 && m.MaxAmount == 0 {
		return true
	}
	return slices.ContainsFunc(amounts, func(cents int64) bool {
		if m.Amount != 0 {
			return cents == m.Amount
		}
		return cents >= m.MinAmount && (m.MaxAmount == 0 || cents <= m.MaxAmount)
	})
}
