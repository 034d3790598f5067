package validation

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/nearest"
)

// maxHinted bounds the paths of which it is found out what may have been meant.
const maxHinted = 1 << 10

// refuse says why a request has no operation.
func (n nowhere) refuse(v *Validator, r *http.Request) *Refusal {
	e := &Refusal{Status: http.StatusNotFound, Direction: DirectionRequest}
	switch {
	case n.end != nil:
		e.Status, e.Operation.Path, e.Allow = http.StatusMethodNotAllowed, n.end.template, n.end.allow()
		return e
	case n.oddity != noOddity:
		e.tells = true
	}
	e.Violations, e.tells = []Violation{n.violation(v, r)}, e.tells || v.config.Development
	return e
}

// violation says of a path that is not one of the contract, or of a method that its path does not have, what is wrong.
func (n nowhere) violation(v *Validator, r *http.Request) Violation {
	switch {
	case n.end != nil:
		return Violation{wholePath, "method", "must be called with one of: " + strings.Join(n.end.allow(), ", ")}
	case n.oddity != noOddity:
		return Violation{wholePath, "path", n.oddity.message()}
	}
	return Violation{wholePath, "path", noOddity.message() + v.hint(readingOf(r.URL))}
}

// hint says which path of the contract may have been meant. It has nothing of the path that was sent.
func (v *Validator) hint(read reading) string {
	if len(read.text) > maxHinted || !strings.HasPrefix(read.path, "/") {
		return ""
	}
	lookUp := func(p string) string {
		if found, _, o := v.router.find(&reading{path: p, text: p}, nil); found != nil && o == noOddity {
			return v.config.BasePath + found.template
		}
		return ""
	}
	if p, ok := strings.CutSuffix(read.path, "/"); !ok {
		if found := lookUp(read.path + "/"); found != "" {
			return "; with a slash at its end it would be " + found
		}
	} else if found := lookUp(p); found != "" {
		return "; without the slash at its end it would be " + found
	}
	clean := path.Clean(read.path)
	if strings.HasSuffix(read.path, "/") && clean != "/" {
		clean += "/"
	}
	if clean != read.path {
		if found := lookUp(clean); found != "" {
			return "; without empty segments it would be " + found
		}
	}
	if v.config.BasePath != "" {
		if found := lookUp(v.config.BasePath + read.path); found != "" {
			return "; below " + v.config.BasePath + " it would be " + found +
				" (was that taken off? Set Config.BasePath to / then)"
		}
	}
	rest := read.path[1:]
	for i := strings.IndexByte(rest, '/'); i >= 0; i = strings.IndexByte(rest, '/') {
		rest = rest[i+1:]
		if found := lookUp(v.config.BasePath + "/" + rest); found != "" {
			return "; without what stands before it, it would be " + found +
				" (is it mounted? Set Config.BasePath, or take it off by http.StripPrefix)"
		}
	}
	if v.config.Development {
		if found := v.nearest(read.path); found != "" {
			return "; the nearest one is " + found
		}
	}
	return ""
}

// nearest returns the path of the contract that differs least from one that has as many segments, in its literals.
func (v *Validator) nearest(sent string) string {
	best, least := "", 0
	texts := strings.Split(sent[1:], "/")
	for _, e := range v.router.ends {
		if len(e.segments) != len(texts) {
			continue
		}
		differing := 0
		for i, s := range e.segments {
			switch {
			case s.parameter && texts[i] == "":
				differing = len(texts) + 1
			case s.parameter:
			case s.literal == texts[i]:
			default:
				differing++
				if _, ok := nearest.Of(texts[i], slices.Values([]string{s.literal})); !ok || s.literal == "" {
					differing = len(texts) + 1
				}
			}
		}
		if differing <= len(texts) && (best == "" || differing < least) {
			best, least = v.config.BasePath+e.template, differing
		}
	}
	return best
}
