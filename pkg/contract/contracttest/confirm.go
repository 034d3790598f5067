package contracttest

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// tries is how often steps are taken before what they should show is taken for gone. What is up to chance is tried
// several times: who is first of those who come at the same time, where a wrong signature differs from the right one,
// which is another one for each key, and which deliveries come twice.
func (f *Finding) tries(steps []step) int {
	if f.isAllowedOnce() || slices.ContainsFunc(steps, func(s step) bool { return s.Times > 1 || s.Signature != "" }) {
		return mostTries
	}
	return 1
}

// mostTries is how often what is up to chance is tried.
const mostTries = 5

// showsAtLast takes steps from the beginning, several times if that is up to chance, and reports whether they lead to
// a finding: once, or each time if it is allowed now and then.
func (r *run) showsAtLast(ctx context.Context, f *Finding, steps []step) (bool, error) {
	isAlways := f.isAllowedOnce()
	for range f.tries(steps) {
		if shown, err := r.shows(ctx, f, steps); err != nil || shown != isAlways {
			return shown, err
		}
	}
	return isAlways, nil
}

// triesToShow is how many of the tries have to show it. Each of them has requests and time of its own.
func (f *Finding) triesToShow() int {
	if f.isAllowedOnce() {
		return mostTries
	}
	return 1
}

// confirms reports whether the steps of a finding lead to it by themselves. The server has had all requests of the run
// by now: one that is about an id which an earlier one has made up may show what that one has left, and not what the
// steps do. So they are taken once more with such ids as nobody has sent.
func (r *run) confirms(ctx context.Context, f *Finding, end time.Time) (bool, error) {
	shown, err := r.showsAtLast(ctx, f, f.Steps)
	if err != nil || !shown {
		return false, err
	}
	if other, has := r.withOtherIDs(f.Steps); has {
		// It may take as long again, as where deliveries are waited for.
		r.grant(end, f.triesToShow())
		shown, err = r.showsAtLast(ctx, f, other)
		if errors.Is(err, errStep) {
			return false, nil
		}
	}
	return shown, err
}

// likeUUID is a text in the form of a UUID, or nearly so.
var likeUUID = regexp.MustCompile(`[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]+`)

// mostWritten bounds how many ids are remembered, and largestWritten the bodies in which they are looked for.
const (
	mostWritten    = 10_000
	largestWritten = 64 << 10
)

// wrote remembers the ids that a request which may change something has as they are, and not by a variable.
func (r *run) wrote(s step) {
	if s.Method == http.MethodGet || s.Body == nil || len(*s.Body) > largestWritten || len(r.written) >= mostWritten {
		return
	}
	for _, id := range likeUUID.FindAll(*s.Body, -1) {
		if r.written == nil {
			r.written = map[string]bool{}
		}
		r.written[string(id)] = true
	}
}

// withOtherIDs are steps in which those ids that requests of the run have made up are others, each of the same form. It
// reports false if there are none.
func (r *run) withOtherIDs(steps []step) ([]step, bool) {
	others := map[string]string{}
	change := func(text string) string {
		return likeUUID.ReplaceAllStringFunc(text, func(id string) string {
			if !r.written[id] || r.isKnown(id) || id == recipe.Nobody {
				return id
			}
			if others[id] == "" {
				others[id] = r.likeID(id)
			}
			return others[id]
		})
	}
	changed := slices.Clone(steps)
	for i, s := range changed {
		s.Path, s.Key = change(s.Path), change(s.Key)
		s.Query, s.Header = slices.Clone(s.Query), slices.Clone(s.Header)
		for _, list := range [][]pair{s.Query, s.Header} {
			for j := range list {
				list[j].Value = change(list[j].Value)
			}
		}
		if s.Body != nil && len(*s.Body) <= largestWritten {
			s.Body = text(change(string(*s.Body)))
		}
		s.Beside = slices.Clone(s.Beside)
		for j := range s.Beside {
			s.Beside[j] = body(change(string(s.Beside[j])))
		}
		s.Want = slices.Clone(s.Want)
		for j, w := range s.Want {
			args := make(map[string]string, len(w.Args))
			for _, name := range sortedKeys(w.Args) {
				args[name] = change(w.Args[name])
			}
			s.Want[j].Args = args
		}
		changed[i] = s
	}
	return changed, len(others) > 0
}

// isKnown reports whether the user of the run has said that there is something with an id.
func (r *run) isKnown(id string) bool {
	for _, ids := range r.config.Known {
		if slices.Contains(ids, id) {
			return true
		}
	}
	return false
}

// likeID draws an id of the form of another one: digits in the place of digits, letters in that of letters, and of the
// same version.
func (r *run) likeID(id string) string {
	drawn := []byte(id)
	for i, b := range drawn {
		switch {
		case i == 14 || i == 19: // Its version and its variant.
		case '0' <= b && b <= '9':
			drawn[i] = '0' + byte(r.random.UintN(10)) //nolint:gosec // It fits.
		case 'a' <= b && b <= 'f':
			drawn[i] = 'a' + byte(r.random.UintN(6)) //nolint:gosec // It fits.
		case 'A' <= b && b <= 'F':
			drawn[i] = 'A' + byte(r.random.UintN(6)) //nolint:gosec // It fits.
		}
	}
	return string(drawn)
}

// spoils reports whether the last request is one that the contract allows, and would be none. It may well lead to the
// same here, where the server has stored an answer to such a request before.
func (r *run) spoils(before, after []step) bool {
	was, would := before[len(before)-1], after[len(after)-1]
	return !same(was, would) && r.isRight(was) && !r.isRight(would)
}

// isRight reports whether the contract allows a request, if its variables are ids.
func (r *run) isRight(s step) bool {
	ids := variables{}
	for _, name := range s.uses() {
		ids[name] = recipe.Nobody
	}
	v, ok := r.verdict(s.message(ids, "", false))
	return ok && v.isValid
}
