package contracttest

import (
	"context"
	"slices"
)

// A server may have a part of the API: what is neither tested, nor answers anything at all, it does not have, and its
// 404 says nothing of the rest.

// has reports whether the server has an operation, as far as is known.
func (r *run) has(ctx context.Context, id string) (bool, error) {
	o := operationByID(id)
	if slices.Contains(r.tested, o) {
		return true, nil
	}
	_, err := r.known(ctx, o)
	return err == nil, leaveOut(err)
}

// served leaves out what the server does not have.
func (r *run) served(ctx context.Context, reads *[]string, lists *[]listing) error {
	var hasReads []string
	for _, id := range *reads {
		has, err := r.has(ctx, id)
		if err != nil {
			return err
		}
		if has {
			hasReads = append(hasReads, id)
		}
	}
	var hasLists []listing
	for _, l := range *lists {
		has, err := r.has(ctx, l.operation)
		if err != nil {
			return err
		}
		if has {
			hasLists = append(hasLists, l)
		}
	}
	*reads, *lists = hasReads, hasLists
	return nil
}
