package contracttest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// mostCleaning is how long a run may take to remove what would have the server call somebody.
const mostCleaning = 10 * time.Second

// clean removes the subscriptions that are left at the end, whatever has ended it: their receiver is gone then, and the
// server would call it again and again. It says how many it could not remove.
func (r *run) clean(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mostCleaning)
	defer cancel()
	trace, progress := r.config.Trace, r.config.Progress
	r.config.Trace, r.config.Progress = nil, nil // It is no part of what the seed has decided.
	r.until, r.config.MaxRequests = time.Now().Add(mostCleaning), r.requests+len(r.subscriptions)+len(r.kept)
	defer func() { r.config.Trace, r.config.Progress = trace, progress }()
	clear(r.silent)
	all, left := append(slices.Clone(r.subscriptions), r.kept...), 0
	for i, gone := range all {
		isGone, err := r.remove(ctx, gone)
		if err != nil {
			return left + len(all) - i
		}
		if !isGone {
			left++
		}
	}
	return left
}

// remove removes a subscription. It reports whether it is gone.
func (r *run) remove(ctx context.Context, s made) (bool, error) {
	o := operationByID("deleteSubscription")
	t, err := r.try(ctx, []step{{By: s.by, Operation: o.ID, Method: o.Method,
		Path: strings.Replace(o.Path, "{subscription_id}", url.PathEscape(s.id), 1)}})
	if err != nil {
		return false, err
	}
	status := t.last().status()
	return status/100 == 2 || status == http.StatusNotFound || status == http.StatusGone, nil
}

// warnLeft says what is left of a run.
func (r *Report) warnLeft(left int) {
	if left > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d subscriptions that the run has made could not be removed: the "+
			"server may go on to call an address where nobody listens", left))
	}
}

// isGone forgets a subscription that was removed.
func (r *run) isGone(e *exchange) {
	if e.step.Operation != "deleteSubscription" || !e.isSuccess() {
		return
	}
	path := strings.TrimSuffix(pathOf(e.sent.Target), "/")
	id := path[strings.LastIndex(path, "/")+1:]
	r.subscriptions = slices.DeleteFunc(r.subscriptions, func(m made) bool { return url.PathEscape(m.id) == id })
}
