package contracttest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// remember keeps the ids of subscriptions that the run makes.
func (r *run) remember(e *exchange) {
	if e.step.Operation != "createSubscription" || !e.isSuccess() {
		return
	}
	if found, err := recipe.Find(e.value, "/id"); err == nil && len(found) == 1 {
		if id, ok := found[0].(string); ok {
			r.subscriptions = append(r.subscriptions, id)
		}
	}
}

// hush removes the subscriptions that the run has made, so that the server calls nobody whose address was drawn.
func (r *run) hush(ctx context.Context) error {
	o := operationByID("deleteSubscription")
	for len(r.subscriptions) > 0 {
		id := r.subscriptions[0]
		r.subscriptions = slices.Delete(r.subscriptions, 0, 1)
		_, err := r.try(ctx, []step{{Operation: o.ID, Method: o.Method,
			Path: strings.Replace(o.Path, "{subscription_id}", id, 1)}})
		if err != nil && !errors.Is(err, errStep) {
			return err
		}
	}
	return nil
}
