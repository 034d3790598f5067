package contracttest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Coverage is what was seen of the contract.
type Coverage struct {
	// Version and Digest are the contract's.
	Version    string              `json:"version"`
	Digest     string              `json:"digest"`
	Operations []OperationCoverage `json:"operations"`
}

// OperationCoverage is what was seen of an operation.
type OperationCoverage struct {
	ID     string `json:"operationId"`
	Method string `json:"method"`
	Path   string `json:"path"`
	Tag    string `json:"tag"`
	// Called says that it was answered, and Exercised that it was answered with 2xx. One that is called and not
	// exercised was only refused, which shows little of it.
	Called    bool `json:"called"`
	Exercised bool `json:"exercised"`
	// Statuses are those that the contract has for it, and OtherStatuses the others that came.
	Statuses      Seen  `json:"statuses"`
	OtherStatuses []int `json:"otherStatuses,omitempty"`
	// Parameters are called "query limit" or "path wire_id". Headers that every call has are left out.
	Parameters Seen `json:"parameters"`
	// Members are those of the request's JSON body: "body /amount", and "*" for any item.
	Members Seen `json:"members"`
	// Values are those of enums, in requests and in answers: "query order = desc", "200 /items/*/status = OPEN".
	Values Seen `json:"values"`
}

// Seen is what was seen of some places of the contract, and what was not.
type Seen struct {
	Seen    []string `json:"seen"`
	Missing []string `json:"missing"`
}

// Count is how much of something was seen.
type Count struct {
	Seen int `json:"seen"`
	All  int `json:"all"`
}

func (s Seen) count() Count { return Count{len(s.Seen), len(s.Seen) + len(s.Missing)} }

func (c Count) plus(other Count) Count { return Count{c.Seen + other.Seen, c.All + other.All} }

// reaches reports whether the share is at least one. Nothing is all of nothing.
func (c Count) reaches(share float64) bool { return float64(c.Seen) >= share*float64(c.All)-1e-9 }

// String is "3 of 4".
func (c Count) String() string { return strconv.Itoa(c.Seen) + " of " + strconv.Itoa(c.All) }

// Totals are the counts of some operations together.
type Totals struct {
	// Operations are those that were answered with 2xx. OnlyRefused were called as well.
	Operations  Count `json:"operations"`
	OnlyRefused int   `json:"onlyRefused"`
	Statuses    Count `json:"statuses"`
	Parameters  Count `json:"parameters"`
	Members     Count `json:"members"`
	Values      Count `json:"values"`
}

// Totals adds up what was seen.
func (c Coverage) Totals() Totals {
	var t Totals
	for _, o := range c.Operations {
		t.Operations.All++
		switch {
		case o.Exercised:
			t.Operations.Seen++
		case o.Called:
			t.OnlyRefused++
		}
		t.Statuses = t.Statuses.plus(o.Statuses.count())
		t.Parameters = t.Parameters.plus(o.Parameters.count())
		t.Members = t.Members.plus(o.Members.count())
		t.Values = t.Values.plus(o.Values.count())
	}
	return t
}

// String is one line.
func (t Totals) String() string {
	refused := ""
	if t.OnlyRefused > 0 {
		refused = fmt.Sprintf(" (and %d only refused)", t.OnlyRefused)
	}
	return fmt.Sprintf("%s operations%s, %s statuses, %s parameters, %s members, %s enum values", t.Operations, refused,
		t.Statuses, t.Parameters, t.Members, t.Values)
}

// Only leaves the operations that are named, and those with one of the tags. Without any names it leaves all. It fails
// for a name that the contract does not have.
func (c Coverage) Only(operations, tags []string) (Coverage, error) {
	if len(operations)+len(tags) == 0 {
		return c, nil
	}
	var wrong []error
	for _, id := range operations {
		if !slices.ContainsFunc(c.Operations, func(o OperationCoverage) bool { return o.ID == id }) {
			wrong = append(wrong, fmt.Errorf("the contract has no operation %q", id))
		}
	}
	for _, tag := range tags {
		if !slices.ContainsFunc(c.Operations, func(o OperationCoverage) bool { return o.Tag == tag }) {
			wrong = append(wrong, fmt.Errorf("the contract has no tag %q", tag))
		}
	}
	only := c
	only.Operations = nil
	for _, o := range c.Operations {
		if slices.Contains(operations, o.ID) || slices.Contains(tags, o.Tag) {
			only.Operations = append(only.Operations, o)
		}
	}
	return only, errors.Join(wrong...)
}

// Minimum is what must have been seen: shares from 0 to 1 of the operations, and of the statuses, parameters, members
// of requests and enum values that the contract has for them. Zero demands nothing.
type Minimum struct {
	// Only and Tags name the operations that the shares are of. Without any they are of all.
	Only []string
	Tags []string

	Operations, Statuses, Parameters, Members, Values float64
}

// demands reports whether anything is demanded.
func (m Minimum) demands() bool { return m.Operations+m.Statuses+m.Parameters+m.Members+m.Values > 0 }

// Shortfall is an error that says what of a minimum was not reached.
type Shortfall struct {
	// Missing has a line for each share, such as "operations: 2 of 5, and not 100 %: createWire, getWire, listWires".
	Missing []string
}

// Error implements error.
func (e *Shortfall) Error() string {
	return "the tests have seen less of the contract than demanded\n  " + strings.Join(e.Missing, "\n  ")
}

// Check returns a *[Shortfall] if less was seen than the minimum. It returns another error if the minimum names what
// the contract does not have, or a share that is none.
func (c Coverage) Check(m Minimum) error {
	only, err := c.Only(m.Only, m.Tags)
	if err != nil {
		return err
	}
	t := only.Totals()
	var missing []string
	for _, share := range []struct {
		name    string
		count   Count
		least   float64
		lacking func(OperationCoverage) []string
	}{
		{"operations", t.Operations, m.Operations, func(o OperationCoverage) []string {
			if o.Exercised {
				return nil
			}
			return []string{o.ID}
		}},
		{"statuses", t.Statuses, m.Statuses, lacking(func(o OperationCoverage) Seen { return o.Statuses })},
		{"parameters", t.Parameters, m.Parameters, lacking(func(o OperationCoverage) Seen { return o.Parameters })},
		{"members", t.Members, m.Members, lacking(func(o OperationCoverage) Seen { return o.Members })},
		{"values", t.Values, m.Values, lacking(func(o OperationCoverage) Seen { return o.Values })},
	} {
		if !(share.least >= 0 && share.least <= 1) {
			return fmt.Errorf("the minimum of %s is not from 0 to 1", share.name)
		}
		if share.count.reaches(share.least) {
			continue
		}
		var names []string
		for _, o := range only.Operations {
			names = append(names, share.lacking(o)...)
		}
		missing = append(missing, fmt.Sprintf("%s: %s, and not %s %%: %s", share.name, share.count,
			strconv.FormatFloat(share.least*100, 'f', -1, 64), listed(names, maxListed)))
	}
	if len(missing) > 0 {
		return &Shortfall{missing}
	}
	return nil
}

func lacking(of func(OperationCoverage) Seen) func(OperationCoverage) []string {
	return func(o OperationCoverage) []string {
		var names []string
		for _, name := range of(o).Missing {
			names = append(names, o.ID+" "+name)
		}
		return names
	}
}

// maxListed is how many names are shown of a list.
const maxListed = 30

// listed is a list of names, of which those beyond a number are counted.
func listed(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}
