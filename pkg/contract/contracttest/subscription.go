package contracttest

import (
	"context"
	"errors"
	"slices"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// made is something that the run has made, and as whom.
type made struct {
	by call.Who
	id string
}

// remember keeps the ids of subscriptions that the run makes.
func (r *run) remember(e *exchange) {
	if e.step.Operation != "createSubscription" || !e.isSuccess() {
		return
	}
	if found, err := recipe.Find(e.value, "/id"); err == nil && len(found) == 1 {
		if id, ok := found[0].(string); ok {
			r.subscriptions = append(r.subscriptions, made{e.step.By, id})
		}
	}
}

// hush removes the subscriptions that the run has made, so that the server calls nobody whose address was drawn.
func (r *run) hush(ctx context.Context) error {
	for len(r.subscriptions) > 0 {
		gone := r.subscriptions[0]
		r.subscriptions = slices.Delete(r.subscriptions, 0, 1)
		isGone, err := r.remove(ctx, gone)
		if !isGone {
			r.kept = append(r.kept, gone)
		}
		if err != nil && !errors.Is(err, errStep) {
			return err
		}
	}
	return nil
}
