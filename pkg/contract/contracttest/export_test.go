package contracttest

import (
	"strings"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

// Side is a side of a constraint, and whether a run has tried it.
type Side struct {
	Name, Keyword string
	IsValid       bool
	Tried         bool
}

// Sides are all that the contract has of what operations take.
func (r *Report) Sides() []Side {
	var all []Side
	for _, o := range operations() {
		o.sides(func(where string, c schemagen.Constraint, isValid bool) {
			key := sideKey(o, where, c.ID, isValid)
			all = append(all, Side{key, c.Keyword, isValid, r.sides[key]})
		})
	}
	return all
}

// WithoutMeans is what a run says of what it was not given, before anything is sent.
func WithoutMeans(config Config) string {
	config, err := config.resolve()
	if err != nil {
		return err.Error()
	}
	r, err := newRun(config)
	if err != nil {
		return err.Error()
	}
	defer r.close()
	return strings.Join(r.withoutMeans(), "\n")
}
