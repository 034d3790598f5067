package contracttest

import (
	"context"
	"encoding/json"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

// An observer is a read that shows what a call of an operation does: a balance, or a list of what was created.
type observer struct {
	read step
	// pointers are where the operation changes it.
	pointers []string
}

const (
	// mostCandidates bounds how many reads are tried, and mostObservers how many are used.
	mostCandidates = 8
	mostObservers  = 2
)

// observe finds the observers of an operation, once for each run.
func (r *run) observe(ctx context.Context, g *ground) ([]observer, error) {
	if r.observers == nil {
		r.observers = map[string][]observer{}
	}
	if known, ok := r.observers[g.operation.ID]; ok {
		return known, nil
	}
	r.observers[g.operation.ID] = nil
	f, err := r.fresh(ctx, g)
	if err != nil {
		return nil, err
	}
	reads := candidates(f)
	// The first reads are taken twice: what changes by itself shows nothing.
	request := f.remade(f.request())
	if bodies := r.altered(f); request.Method == http.MethodPatch && len(bodies) > 0 {
		request.Body = &bodies[0] // The example may change nothing.
	}
	t, err := r.on(ctx, f, slices.Concat(reads, reads, []step{request}, reads)...)
	if err != nil {
		return nil, err
	}
	n := len(reads)
	first := len(f.setup)
	if called := t.of(first + 2*n); called == nil || !called.isSuccess() {
		return nil, nil
	}
	var found []observer
	for i := range reads {
		before, again, after := t.of(first+i), t.of(first+n+i), t.of(first+2*n+1+i)
		if !before.isSuccess() || !again.isSuccess() || !after.isSuccess() {
			continue
		}
		pointers := t.effectBetween(first+n+i, first+2*n+1+i).pointers()
		volatile := effectOf(before.value, again.value).pointers()
		pointers = slices.DeleteFunc(pointers, func(p string) bool { return slices.Contains(volatile, p) })
		if len(pointers) > 0 && len(found) < mostObservers {
			found = append(found, observer{reads[i], pointers})
		}
	}
	r.observers[g.operation.ID] = found
	return found, nil
}

// reads are the requests of observers.
func reads(all []observer) []step {
	var steps []step
	for _, o := range all {
		steps = append(steps, o.read)
	}
	return steps
}

// wanting are the requests of observers, each with a want.
func wanting(all []observer, judge string, args map[string]string) []step {
	steps := reads(all)
	for i := range steps {
		own := map[string]string{"pointers": strings.Join(all[i].pointers, " ")}
		for name, arg := range args {
			own[name] = arg
		}
		steps[i].Want = []want{{judge, own}}
	}
	return steps
}

// candidates are reads of what a request is about, those first that are most likely to show what it does.
func candidates(g *ground) []step {
	known := g.parameters()
	type candidate struct {
		step  step
		worth int
	}
	var all []candidate
	for _, o := range operations() {
		if !o.isRead() || o.Bare {
			continue
		}
		s, ok := o.readOf(known)
		if !ok {
			continue
		}
		worth := likeness(g.operation.Path, o.Path)
		for name := range known {
			// What the request names, wherever it does so, is what it changes.
			switch uses := slices.Contains(g.base.uses(), name); {
			case uses && strings.HasSuffix(o.Path, "{"+name+"}/"):
				worth += 3
			case uses && strings.HasSuffix(o.Path, "{"+name+"}/status/"):
				worth += 2
			}
		}
		if o.ID == "listEvents" && g.operation.ID != "triggerWebhook" {
			worth = 0 // Events come later, and more than one.
		} else if o.ID == "listEvents" {
			worth += 4
		}
		if worth > 0 {
			all = append(all, candidate{s, worth})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return b.worth - a.worth })
	steps := make([]step, 0, mostCandidates)
	for _, c := range all[:min(len(all), mostCandidates)] {
		steps = append(steps, c.step)
	}
	return steps
}

// parameters are what is known of the ids around a request, by the parameters that take them: as variables, or as they
// stand in its path and in its body.
func (g *ground) parameters() map[string]string {
	known := map[string]string{}
	for name := range g.vars {
		if strings.HasSuffix(name, "_id") {
			known[name] = "${" + name + "}"
		}
	}
	want, got := strings.Split(g.operation.Path, "/"), strings.Split(g.base.Path, "/")
	for i := range want {
		if name, ok := strings.CutPrefix(want[i], "{"); ok && len(want) == len(got) {
			known[strings.TrimSuffix(name, "}")] = got[i]
		}
	}
	if g.base.Body != nil {
		var members map[string]any
		_ = json.Unmarshal(*g.base.Body, &members)
		for _, name := range sortedKeys(members) {
			if id, ok := members[name].(string); ok && strings.HasSuffix(name, "_id") && known[name] == "" {
				known[name] = id
			}
		}
	}
	if known["pocket_id"] == "" && known["account_id"] != "" {
		known["pocket_id"] = known["account_id"] // An account is a pocket by its old name.
	}
	return known
}

// readOf is a call of a read with what is known, if that is all that it needs.
func (o *operation) readOf(known map[string]string) (step, bool) {
	s := step{Operation: o.ID, Method: o.Method, Path: o.Path}
	for _, p := range o.in("path") {
		value := known[p.Name]
		if value == "" {
			return step{}, false
		}
		s.Path = strings.ReplaceAll(s.Path, "{"+p.Name+"}", value)
	}
	for _, p := range o.in("query") {
		if p.Required {
			s.Query = append(s.Query, pair{p.Name, exampleOf(p)})
		}
	}
	return s, true
}

// likeness is how much two paths are about the same.
func likeness(write, read string) int {
	worth := 0
	if strings.HasPrefix(write, read) {
		worth += 4
	}
	if write == read {
		worth += 4
	}
	for _, word := range strings.Split(read, "/") {
		switch word {
		case "", "api", "v1", "v2", "customers", "jiko-accounts", "pockets":
			continue
		}
		isShared := strings.Contains(write, "/"+word+"/") || strings.Contains(write, "-"+word+"/")
		if !strings.HasPrefix(word, "{") && isShared {
			worth += 2
		}
	}
	money := regexp.MustCompile(`fund|swipe|transfers|wires|ach`)
	if money.MatchString(write) && regexp.MustCompile(`transactions/$|/pockets/\{pocket_id\}/$`).MatchString(read) {
		worth += 2
	}
	return worth
}

// An effect is how an answer differs from an earlier one.
type effect struct {
	// numbers are by how much each has become larger.
	numbers map[string]*big.Rat
	// added are how many elements of each form a list has more. Ids, times and numbers are no part of a form.
	added map[string]map[string]int
	// changed are texts that are others.
	changed map[string]bool
}

func effectOf(before, after any) effect {
	e := effect{map[string]*big.Rat{}, map[string]map[string]int{}, map[string]bool{}}
	e.compare("", before, after)
	return e
}

func (e effect) compare(at string, before, after any) {
	switch after := after.(type) {
	case map[string]any:
		was, _ := before.(map[string]any)
		for _, name := range sortedKeys(after) {
			e.compare(at+"/"+escapePointer(name), was[name], after[name])
		}
	case []any:
		was, _ := before.([]any)
		added := map[string]int{}
		for _, element := range after {
			added[formOf(element)]++
		}
		for _, element := range was {
			added[formOf(element)]--
		}
		for form, n := range added {
			if n <= 0 {
				delete(added, form)
			}
		}
		if len(added) > 0 || len(was) != len(after) {
			e.added[at] = added
		}
	case json.Number:
		is, ok := rational(after)
		was, _ := before.(json.Number)
		had, had2 := rational(was)
		if !ok || !had2 {
			return
		}
		if d := is.Sub(is, had); d.Sign() != 0 {
			e.numbers[at] = d
		}
	case string:
		if was, _ := before.(string); was != after && plainText(was) != plainText(after) {
			e.changed[at] = true
		}
	case bool:
		if was, ok := before.(bool); ok && was != after {
			e.changed[at] = true
		}
	}
}

// pointers are where there is a difference, sorted.
func (e effect) pointers() []string {
	all := slices.Concat(sortedKeys(e.numbers), sortedKeys(e.added), sortedKeys(e.changed))
	for i := range all {
		if all[i] == "" {
			all[i] = wholeAnswer
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// wholeAnswer stands for the empty pointer, which would be lost among others.
const wholeAnswer = "."

var (
	uuidText  = regexp.MustCompile(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)
	timeText  = regexp.MustCompile(`\d{4}-\d\d-\d\d([T ][0-9:.]+(Z|[+-]\d\d:?\d\d)?)?`)
	digitText = regexp.MustCompile(`\d+`)
)

// plainText is a text without ids, times and numbers.
func plainText(s string) string {
	s = uuidText.ReplaceAllString(s, "*")
	s = timeText.ReplaceAllString(s, "*")
	return digitText.ReplaceAllString(s, "#")
}

// formOf is what two things have in common that were made by the same request.
func formOf(v any) string {
	encoded, err := json.Marshal(plainForm(v))
	if err != nil {
		return ""
	}
	return string(encoded)
}

func plainForm(v any) any {
	switch v := v.(type) {
	case map[string]any:
		plain := map[string]any{}
		for name, member := range v {
			if name != "id" && !strings.HasSuffix(name, "_id") { // Ids need not be UUIDs.
				plain[name] = plainForm(member)
			}
		}
		return plain
	case []any:
		plain := make([]any, len(v))
		for i := range v {
			plain[i] = plainForm(v[i])
		}
		return plain
	case json.Number:
		return "#"
	case string:
		return plainText(v)
	}
	return v
}

// times is how often an effect is contained in another, at some of the pointers: 0 if it is not, or not plainly.
func (e effect) times(one effect, pointers []string) int {
	most := 0
	for _, at := range pointers {
		at = strings.TrimSuffix(at, wholeAnswer)
		if unit, whole := one.numbers[at], e.numbers[at]; unit != nil && whole != nil {
			ratio := new(big.Rat).Quo(whole, unit)
			if n := ratio.Num(); ratio.IsInt() && n.IsInt64() && n.Int64() > 0 && n.Int64() < 1000 {
				most = max(most, int(n.Int64()))
			}
		}
		for form, n := range one.added[at] {
			if n > 0 {
				most = max(most, e.added[at][form]/n)
			}
		}
	}
	return most
}

// lastReads are the exchanges of the last n reads like the one at a step, which is one of them, with their places. It
// has none if there are fewer, or if one did not succeed.
func (t *trace) lastReads(at, n int) ([]*exchange, []int) {
	var found []*exchange
	var places []int
	for i := at; i >= 0 && len(found) < n; i-- {
		e := t.of(i)
		if e == nil || e.step.Operation != t.steps[at].Operation || e.sent.Target != t.of(at).sent.Target ||
			e.step.Method != t.steps[at].Method {
			continue
		}
		if !e.isSuccess() || e.value == nil {
			return nil, nil
		}
		found, places = append(found, e), append(places, i)
	}
	if len(found) < n {
		return nil, nil
	}
	slices.Reverse(found)
	slices.Reverse(places)
	return found, places
}

// changedAt are the pointers at which a read at a step shows something else than the one before it, which is at from,
// and which were the same in that and the one before it.
func (t *trace) changedAt(at int) (pointers []string, from int) {
	seen, places := t.lastReads(at, 3)
	if seen == nil {
		return nil, at
	}
	moving := effectOf(seen[0].value, seen[1].value).pointers()
	return slices.DeleteFunc(t.effectBetween(places[1], at).pointers(), func(pointer string) bool {
		return slices.Contains(moving, pointer)
	}), places[1]
}

// judgeSecond wants what the last two writes between three reads have done to be the effect of one.
//
// args: operation, code, rule, expected; pointers, where the operation changes the read; and which: "later" if what
// comes after the second read must have no effect, "both" if what comes before it must not have several times the
// effect of what comes after.
var judgeSecond = register("second_effect", func(_ *run, t *trace, at int, args map[string]string) []failure {
	seen, places := t.lastReads(at, 3)
	if seen == nil {
		return nil
	}
	earlier, later := t.effectBetween(places[0], places[1]), t.effectBetween(places[1], places[2])
	pointers := strings.Fields(args["pointers"])
	isTwice := later.times(earlier, pointers) >= 1
	if args["which"] == "both" {
		isTwice = earlier.times(later, pointers) >= 2
	}
	if !isTwice {
		return nil
	}
	return []failure{{code: args["code"], operation: args["operation"], place: "effect", rule: args["rule"],
		expected: args["expected"], got: "an answer of " + t.steps[at].Operation + " that shows several",
		source: sourceRepeats}}
})

// sourceRepeats is what says that a key is for one request alone.
const sourceRepeats = "#/components/parameters/IdempotencyKey"

// judgeUntouched wants a read to show nothing of what came since the one before, all of which was refused.
var judgeUntouched = register("untouched", func(_ *run, t *trace, at int, args map[string]string) []failure {
	pointers, from := t.changedAt(at)
	if at-from < 2 {
		return nil
	}
	for i := from + 1; i < at; i++ {
		for _, e := range t.exchanges[i] {
			s := e.step
			isWrong := s.By == call.Other || s.Token != "" || s.Signature != "" || s.KeyForm != ""
			if !isWrong && s.Method != http.MethodGet {
				return nil // It may have had its effect.
			}
		}
	}
	for _, pointer := range strings.Fields(args["pointers"]) {
		if slices.Contains(pointers, pointer) {
			return []failure{{code: args["code"], operation: args["operation"], place: args["place"],
				rule: args["rule"] + " takes effect", expected: "nothing that " + t.steps[at].Operation + " shows",
				got: "another value at " + pointer, source: args["source"]}}
		}
	}
	return nil
})
