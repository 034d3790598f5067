package validation

import "strings"

// chosen returns where the path that a router has matched ends, by r.Pattern, and the values of its parameters. When
// two paths of the contract fit, a router may prefer another one than find does; the operation that is checked must be
// the one that is going to run. It agrees with what find found if the router does not say: a pattern with a wildcard,
// or one that net/http takes for a whole subtree, tells nothing.
func (v *Validator) chosen(pattern, path string, found *node, values []string) (*node, []string) {
	if _, after, ok := strings.Cut(pattern, " "); ok {
		pattern = strings.TrimLeft(after, " ") // net/http's begin with a method
	}
	slash := strings.IndexByte(pattern, '/') // and may go on with a host
	if slash < 0 || strings.Contains(pattern, "*") || strings.Contains(pattern, "...}") {
		return found, values
	}
	pattern, _ = strings.CutPrefix(pattern[slash:], v.config.BasePath)
	exact := strings.HasSuffix(pattern, "/{$}")
	pattern = strings.TrimSuffix(pattern, "{$}")
	if strings.HasSuffix(path, "/") && !strings.HasSuffix(pattern, "/") {
		pattern += "/" // chi leaves it out
		exact = true
	}
	if strings.HasSuffix(pattern, "/") && !exact || found != nil && sameShape(pattern, found.template) {
		return found, values
	}
	for template, end := range v.ends {
		if !sameShape(pattern, template) {
			continue
		}
		if values, ok := end.values(path); ok {
			return end, values
		}
	}
	return nil, nil
}

// sameShape reports whether two templates differ in the names of their parameters alone.
func sameShape(a, b string) bool {
	for {
		x, restOfA, moreOfA := strings.Cut(a, "/")
		y, restOfB, moreOfB := strings.Cut(b, "/")
		parameter := strings.HasPrefix(x, "{")
		if parameter != strings.HasPrefix(y, "{") || !parameter && x != y || moreOfA != moreOfB {
			return false
		}
		if !moreOfA {
			return true
		}
		a, b = restOfA, restOfB
	}
}

// values are the segments of a path that stand where its template has parameters; ok is false when the path has another
// length.
func (n *node) values(path string) (values []string, ok bool) {
	template := n.template
	for {
		name, restOfTemplate, more := strings.Cut(template, "/")
		value, restOfPath, moreOfPath := strings.Cut(path, "/")
		if strings.HasPrefix(name, "{") {
			values = append(values, value)
		}
		if more != moreOfPath {
			return nil, false
		}
		if !more {
			return values, true
		}
		template, path = restOfTemplate, restOfPath
	}
}
