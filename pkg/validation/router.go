package validation

import "strings"

// router finds where paths end. base stands before all of them.
type router struct {
	base string
	root node
	// ends are where the paths of the contract end, by their templates.
	ends map[string]*node
}

// add takes in a path of the contract and returns where it ends and the names of its parameters.
func (r *router) add(template string) (end *node, names []string, err error) {
	end, names, err = r.root.insert(template)
	if err == nil {
		r.ends[template] = end
	}
	return end, names, err
}

// find returns where an escaped path ends, below the base, or nil, and appends the values of its parameters. pattern is
// what a router before this one has matched, or nothing.
func (r *router) find(pattern, escapedPath string, to []string) (*node, []string) {
	path, ok := strings.CutPrefix(escapedPath, r.base)
	var end *node
	var values []string
	if ok {
		end, values = r.root.find(path, to)
	}
	if pattern != "" {
		return r.chosen(pattern, path, end, values)
	}
	return end, values
}

// chosen returns where the path that a router has matched ends, by r.Pattern, and the values of its parameters. When
// two paths of the contract fit, a router may prefer another one than find does; the operation that is checked must be
// the one that is going to run. It agrees with what find found if the router does not say: a pattern with a wildcard,
// or one that net/http takes for a whole subtree, tells nothing.
func (r *router) chosen(pattern, path string, found *node, values []string) (*node, []string) {
	if _, after, ok := strings.Cut(pattern, " "); ok {
		pattern = strings.TrimLeft(after, " ") // net/http's begin with a method
	}
	slash := strings.IndexByte(pattern, '/') // and may go on with a host
	if slash < 0 || strings.Contains(pattern, "*") || strings.Contains(pattern, "...}") {
		return found, values
	}
	pattern, _ = strings.CutPrefix(pattern[slash:], r.base)
	exact := strings.HasSuffix(pattern, "/{$}")
	pattern = strings.TrimSuffix(pattern, "{$}")
	if strings.HasSuffix(path, "/") && !strings.HasSuffix(pattern, "/") {
		pattern += "/" // chi leaves it out
		exact = true
	}
	if strings.HasSuffix(pattern, "/") && !exact || found != nil && sameShape(pattern, found.template) {
		return found, values
	}
	for template, end := range r.ends {
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
