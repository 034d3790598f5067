package contracttest

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// adultYears is how old an applicant has to be. (Source: the description of createApplication.)
const adultYears = 18

// theBirthday is the variable that has when somebody was born.
const theBirthday = "birthday"

// ages has people apply on both sides of the day on which they may: those who are old enough since yesterday, and those
// who are not yet tomorrow, or this month. A server may refuse the young when they apply or later.
func ages(ctx context.Context, r *run) error {
	if !r.controls || !r.tests([]string{"createApplication"}) || r.config.Prepare != nil {
		return nil
	}
	g, err := r.known(ctx, operationByID("createApplication"))
	if err != nil {
		return leaveOut(err)
	}
	for _, days := range []int{-1, 1, 20} {
		apply, ok := grafting("/date_of_birth", []byte(`"${`+theBirthday+`}"`))(g.remade(g.request()))
		if !ok {
			return nil
		}
		apply.Make[theBirthday] = recipe.Made(fmt.Sprintf("%s%d %d", madeDay, -adultYears, days))
		if days < 0 {
			apply.Want = []want{{"accepted", map[string]string{"place": "body /date_of_birth",
				"why": "18 since yesterday", "by": "any"}}}
			if err := leaveOut(onlyError(r.on(ctx, g, apply))); err != nil {
				return err
			}
			continue
		}
		apply.Keep = map[string]string{"application_id": "/id"}
		shown := callBy("getApplication", "application_id")
		shown.Want = []want{{judgeYoung, map[string]string{"days": strconv.Itoa(days)}}}
		if err := leaveOut(onlyError(r.on(ctx, g, apply, callBy("submitApplication", "application_id"),
			step{Clock: &recipe.Clock{Run: "until_quiet"}}, shown))); err != nil {
			return err
		}
	}
	return nil
}

// judgeYoung wants nobody to become a customer who is too young.
var judgeYoung = register("young", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	applied, place := t.lastWrite(at, "createApplication")
	if !succeeded(e) || applied == nil || !hasID(applied.value, idOf(e.value)) ||
		member(e.value, "status") != "APPROVED" {
		return nil
	}
	if years, days, ok := daysFrom(t.steps[place].Make[theBirthday]); !ok || years != -adultYears || days < 1 {
		return nil
	}
	return blame(failure{code: codeInvalid, place: "body /date_of_birth", rule: "too_young",
		expected: "a refusal, as whoever applies must be 18 or older", got: "a customer who is 18 in " + args["days"] +
			" days", source: operationByID("createApplication").source()}, "createApplication")
})
