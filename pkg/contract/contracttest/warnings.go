package contracttest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// A run without findings may have proved little. What it did not get to see is in its warnings, each of which says what
// was not tested, and for want of what.

// warn says what the run did not prove.
func (r *Report) warn(run *run) {
	warn := func(format string, args ...any) { r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...)) }
	for _, text := range slices.Concat(r.onlyRefused(), run.withoutMeans(), run.ineffective()) {
		warn("%s", text)
	}
	for _, name := range sortedKeys(run.puzzled) {
		warn("what %q looks for was not decided %d times: an answer made no sense to it, which is a fault of this "+
			"package", name, run.puzzled[name])
	}
	for _, called := range run.givenUp {
		warn("%s was not called any more after %d requests without an answer: what else it does was not tested", called,
			mostSilent)
	}
	var silent []string
	tested := 0
	for _, o := range r.Operations {
		isTested := run.config.AllowWrites || operationByID(o.ID).isRead()
		if isTested {
			tested++
		}
		if isTested && !o.Succeeded() && run.unprepared[o.ID] == nil {
			silent = append(silent, o.ID)
		}
	}
	r.warnUnprepared(run)
	if run.isLoggedOut {
		warn("nobody could log in, as a finding of the login says, so that what asks for a token was not tested: the " +
			"API may be at another path of the URL, or at another URL")
	}
	if len(silent) > 0 && !run.isLoggedOut {
		warn("%d of %d operations never succeeded, so that little was tested of them: %v", len(silent),
			tested, silent)
	}
}

// warnOnce says what was seen that is allowed now and then, and was not seen again.
func (r *Report) warnOnce(f *Finding) {
	what := "a delivery came twice"
	if rule, _, _ := strings.Cut(f.Rule, " "); rule == ruleOrder {
		what = "a delivery came before an earlier one about the same thing"
	}
	r.Warnings = append(r.Warnings, fmt.Sprintf("%s (%s %s, in the phase %q), and none was seen to do so "+
		"again: deliveries may, now and then, so this is no finding", what, f.Check.Code, f.Rule, f.Phase))
}

// nearlyAll is how many of a hundred answers have a status if nearly all do. Some requests are wrong on purpose, and
// answered otherwise by a server that lets nobody in.
const nearlyAll = 80

// fewOf is of how many answers one may be put off: each such request was sent several times, and others ask the same.
const fewOf = 100

// refusals are statuses that say nothing of an operation, if there is no other, and what such a run has shown.
var refusals = []struct {
	status int
	shows  string
}{
	{http.StatusUnauthorized, "the server does not know the caller or its signatures, so nothing behind was tested"},
	{http.StatusForbidden, "the caller may do nothing there, so nothing behind was tested"},
	{http.StatusNotFound, "the API may be at another path of the URL, or what is there was not known"},
	{http.StatusTooManyRequests, "the server had no time for the run, so nothing behind was tested"},
}

// onlyRefused says that nothing was reached, if so, or that a part was put off.
func (r *Report) onlyRefused() []string {
	statuses, all, succeeded := map[int]int{}, 0, 0
	for _, o := range r.Operations {
		if operationByID(o.ID).Bare {
			continue // Those need no caller.
		}
		for status, n := range o.Statuses {
			statuses[status] += n
			all += n
			if status/100 == 2 {
				succeeded += n
			}
		}
	}
	if all == 0 {
		return nil
	}
	for _, refusal := range refusals {
		n := statuses[refusal.status]
		if succeeded == 0 && 100*n >= nearlyAll*all {
			return []string{fmt.Sprintf("no request succeeded, and %d of %d answers were %d: %s", n, all,
				refusal.status, refusal.shows)}
		}
	}
	if n := statuses[http.StatusTooManyRequests]; n*fewOf >= all {
		return []string{fmt.Sprintf("%d of %d answers were 429: what those requests would have shown was not tested",
			n, all)}
	}
	return nil
}

// withoutMeans says what was not tested as the run was not given what it takes.
func (r *run) withoutMeans() []string {
	var all []string
	if !r.config.AllowWrites {
		all = append(all, "nothing was written: operations that change something were not tested")
	}
	isForeign := slices.ContainsFunc(r.tested, func(o *operation) bool { return !slices.Contains(shared, o.ID) })
	if r.isChosen("other callers") && !r.hasOther() && isForeign {
		all = append(all, "no second caller was given: whether one caller sees or reaches what is another's ("+
			codeExistence+", "+codeOthersData+") was not tested")
	}
	if r.config.AllowWrites && r.isChosen("deliveries") && r.receiver == nil && r.tests(delivering) {
		all = append(all, "no address was given at which the server reaches the run (ReceiverAddress, "+
			"--receiver-address): deliveries of events ("+codeDelivery+") were not tested")
	}
	return all
}

// isChosen reports whether a phase is one of those that run.
func (r *run) isChosen(phase string) bool {
	return len(r.config.Phases) == 0 || slices.Contains(r.config.Phases, phase)
}

// ineffective says what of the configuration has had no effect, as if it were misspelt.
func (r *run) ineffective() []string {
	var all []string
	for _, e := range r.config.Excluded {
		isUsed := false
		for f := range maps.Values(r.findings.byKey) {
			isUsed = isUsed || e.covers(f)
		}
		if !isUsed {
			of := "any operation"
			if e.Operation != "" {
				of = e.Operation
			}
			all = append(all, fmt.Sprintf("%s is excluded of %s, and was not found there: the exclusion may go, or "+
				"is of something else", e.Check, of))
		}
	}
	for _, name := range sortedKeys(r.config.Known) {
		if !pathParameters()[name] {
			all = append(all, fmt.Sprintf("Known has ids for %q, which is no parameter of a path of the contract: "+
				"they were not used", name))
		}
	}
	return all
}

// covers reports whether a finding is one that is expected.
func (e Exclusion) covers(f *Finding) bool {
	return (e.Check == f.Check.Code || e.Check == f.Check.Name) && (e.Operation == "" || f.Operation == e.Operation)
}
