package validation

import (
	"iter"
	"net/http"
	"strings"
)

// pattern is what a router before the validator has matched, as it stands in [http.Request.Pattern]: the pattern of
// net/http's ServeMux, or the route of chi.
type pattern struct {
	// path is the pattern without its method and its host.
	path   string
	method bool
	// open says that it stands for all that is below it as well, and mount that it is a chi router's place for another
	// one, which has put down the rest of the path already and does not look at the URL again.
	open, mount bool
}

// patternOf takes a pattern apart. The zero pattern says nothing.
func patternOf(text string) pattern {
	p := pattern{path: text}
	if _, after, ok := strings.Cut(text, " "); ok {
		p.path, p.method = strings.TrimLeft(after, " "), true // ServeMux's begin with a method
	}
	slash := strings.IndexByte(p.path, '/') // and may go on with a host
	if slash < 0 {
		return pattern{}
	}
	p.path = p.path[slash:]
	if path, exact := strings.CutSuffix(p.path, "{$}"); exact {
		p.path = path
		return p
	}
	for text := range segments(p.path) {
		p.mount = p.mount || text == "*"
		p.open = p.open || strings.HasSuffix(text, "...}")
	}
	p.open = p.open || strings.HasSuffix(p.path, "/")
	return p
}

// isSilent reports whether the pattern says nothing of where a path ends.
func (p *pattern) isSilent() bool { return p.path == "" || p.mount }

// segments yields what stands between the slashes of a pattern. A slash in braces, in an expression of chi's, is none.
func segments(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, depth := 1, 0
		for i := 1; i < len(path); i++ {
			switch path[i] {
			case '{':
				depth++
			case '}':
				depth--
			case '/':
				if depth > 0 {
					continue
				}
				if !yield(path[start:i]) {
					return
				}
				start = i + 1
			}
		}
		if start <= len(path) {
			yield(path[start:])
		}
	}
}

// length counts the segments of a pattern for a path: chi leaves out a slash at the end.
func (p *pattern) length(path string) (n int, slash bool) {
	for range segments(p.path) {
		n++
	}
	if slash = strings.HasSuffix(path, "/") && !strings.HasSuffix(p.path, "/"); slash {
		n++
	}
	return n, slash
}

// isOf reports whether a pattern is that of an end, for a path of so many segments. If the pattern has more, the first
// ones were taken off the path, by http.StripPrefix for instance.
func (p *pattern) isOf(e *end, path string) bool {
	n, slash := p.length(path)
	drop := n - len(e.segments)
	if drop < 0 {
		return false
	}
	i := 0
	for text := range segments(p.path) {
		if drop--; drop >= 0 {
			continue
		}
		s := e.segments[i]
		if i++; s.parameter != strings.Contains(text, "{") ||
			!s.parameter && text != s.literal && text != s.spelled && meaning(text) != s.literal {
			return false
		}
	}
	return !slash || e.segments[i].spelled == "" && !e.segments[i].parameter
}

// wildcards yields the names that a pattern has for the parameters of an end, in their order, and nothing in place of
// one that is only a part of its segment.
func (p *pattern) wildcards(e *end, path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		n, _ := p.length(path)
		drop := n - len(e.segments)
		for text := range segments(p.path) {
			if drop--; drop >= 0 || !strings.Contains(text, "{") {
				continue
			}
			name := ""
			if strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") {
				name, _, _ = strings.Cut(text[1:len(text)-1], ":")
			}
			if strings.ContainsAny(name, "{}") {
				name = ""
			}
			if !yield(name) {
				return
			}
		}
	}
}

// chosen returns where a path ends by what a router has matched, and appends the values of its parameters. When two
// paths of the contract fit, a router may prefer another one than we do; what is checked must be what is going to run.
// exact says that the pattern is that of the end.
func (r *router) chosen(p *pattern, read *reading, method string, to []string) (
	found *end, values []string, exact bool, o oddity) {
	found, values, o = r.find(read, to)
	switch {
	case p.isSilent():
		return found, values, false, o
	case found != nil && p.isOf(found, read.text):
		return found, values, true, noOddity
	}
	for _, e := range r.ends {
		if !p.isOf(e, read.text) {
			continue
		}
		if values, ok := e.fits(read, to); ok {
			if hasDots(read.path) {
				return nil, nil, false, dots
			}
			return e, values, true, noOddity
		}
		// A route for all that is below it is no operation where the contract begins, or if it has neither a method nor
		// a parameter.
		if p.open && (p.method || strings.Contains(p.path, "{")) && len(e.segments) > 1 && e.operation(method) != nil {
			return nil, nil, false, openRoute
		}
	}
	switch {
	case p.open:
		return found, values, false, o
	case o == noOddity && found != nil:
		o = unlike
	}
	return nil, nil, false, o
}

// differing returns the first of a path's values that the router has read otherwise than it is checked, or -1.
func (p *pattern) differing(r *http.Request, e *end, read *reading, checked []string) int {
	i := 0
	for name := range p.wildcards(e, read.text) {
		if i >= len(checked) {
			break
		}
		value := ""
		if name != "" {
			value = r.PathValue(name)
		}
		if value != checked[i] && (value != "" || read.escaped()) {
			return i
		}
		i++
	}
	return -1
}
