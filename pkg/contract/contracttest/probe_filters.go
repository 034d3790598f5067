package contracttest

import (
	"context"
	"regexp"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// settlements are filters by when something settled. What has not settled has not done so on any day.
var settlements = regexp.MustCompile(`^(settlement_date|time_settled)_(from|to)$`)

// extremes are bounds of a filter that let everything through, or nothing. As texts, some amounts would come behind, or
// before, all that is longer.
func (f filtering) extremes() []string {
	switch f.how {
	case "from", "to":
		return []string{"2000-01-01T00:00:00Z", "2099-12-31T00:00:00Z"}
	case "from_day", "to_day":
		return []string{"2000-01-01", "2099-12-31"}
	case "amount_from", "amount_to":
		return []string{"9", "1000000000000"}
	case "period":
		return []string{"1999", "1999-12"}
	}
	return nil
}

// pagedBy reads the pages of a list by a filter, which have to be those of that list. An order is one of each value.
func (r *run) pagedBy(ctx context.Context, t *trace, o *operation, list step, f filtering, values []string) error {
	if f.how == "is" || f.how == "unless" || !o.asks("limit") {
		return nil // What is in a state may be in another one soon; by what is, later pages are read anyway.
	}
	if f.how != "order" {
		values = values[:min(1, len(values))]
	}
	for _, value := range values {
		part := asking(list, pair{f.parameter, value})
		whole := asking(part, pair{"limit", wholePage})
		if err := r.more(ctx, t, whole); err != nil {
			return err
		}
		if len(itemsOf(t.last().value)) < 2 {
			continue
		}
		if err := r.chain(ctx, t, o, part, 2, nil); err != nil {
			return err
		}
		whole.Want = []want{{judgePages, nil}}
		if err := r.more(ctx, t, whole); err != nil {
			return err
		}
	}
	return nil
}

// unmatched asks a list for what belongs to something that nobody has: there is none.
func (r *run) unmatched(ctx context.Context, t *trace, o *operation, list step) error {
	if len(itemsOf(t.last().value)) == 0 {
		if err := r.more(ctx, t, list); err != nil {
			return err
		}
	}
	for _, p := range o.in("query") {
		if !isID(p.Schema.Value) || slices.ContainsFunc(list.Query, func(q pair) bool { return q.Name == p.Name }) {
			continue
		}
		s := asking(list, pair{p.Name, "${nobody}"})
		s.Want = []want{{judgeUnmatched, map[string]string{"parameter": p.Name}}}
		if err := r.more(ctx, t, s); err != nil {
			return err
		}
	}
	return nil
}

// isID reports whether a parameter is an id, or several.
func isID(s *openapi3.Schema) bool {
	if s.Items != nil {
		s = s.Items.Value
	}
	return s.Format == "uuid"
}

// judgeUnmatched wants a list to be empty that is asked for what belongs to nothing.
var judgeUnmatched = register("unmatched", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || len(itemsOf(e.value)) == 0 {
		return nil
	}
	return []failure{{code: codeFilter, operation: e.step.Operation, place: "query " + args["parameter"],
		rule: "unmatched", expected: "an empty list, as nothing has that id", got: "items",
		source: operationByID(e.step.Operation).source("parameters")}}
})
