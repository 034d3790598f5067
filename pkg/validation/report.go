package validation

import (
	"slices"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// inBody and wholePath are where a body and a path are. They must not be appended to.
var inBody, wholePath = []any{"body"}, []any{"path"}

// report collects violations up to a limit.
type report struct {
	limit int
	found []Violation
}

func (r *report) add(location []any, rule, message string) {
	r.append(Violation{location, rule, message})
}

func (r *report) append(v Violation) {
	if len(r.found) < r.limit {
		r.found = append(r.found, v)
	}
}

// check adds what a schema has against a text, which is at a location.
func (r *report) check(c *schema.Checker, s *schema.Schema, text []byte, location []any) {
	r.faults(s.Check(c, text, r.limit-len(r.found)), location)
}

func (r *report) faults(faults []schema.Fault, location []any) {
	for _, f := range faults {
		r.add(slices.Concat(location, f.Pointer), f.Rule, f.Message)
	}
}
