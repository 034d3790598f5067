package validation

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// node is one segment in a trie of paths. A path's trailing slash is a last segment of its own, the empty one.
type node struct {
	literals map[string]*node
	// parameter matches any segment but the empty one.
	parameter *node
	// template and methods are set where a path ends.
	template string
	methods  map[string]*operation
}

// insert adds a path of the contract and returns where it ends and the names of its parameters.
func (n *node) insert(template string) (end *node, names []string, err error) {
	if !strings.HasPrefix(template, "/") {
		return nil, nil, fmt.Errorf("the path %s does not start with a slash", template)
	}
	for segment := range strings.SplitSeq(template[1:], "/") {
		switch {
		case strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}"):
			names = append(names, segment[1:len(segment)-1])
			if n.parameter == nil {
				n.parameter = new(node)
			}
			n = n.parameter
		case strings.ContainsAny(segment, "{}"):
			return nil, nil, fmt.Errorf("the path %s has a segment that is only partly a parameter", template)
		default:
			segment = (&url.URL{Path: segment}).EscapedPath()
			if n.literals[segment] == nil {
				if n.literals == nil {
					n.literals = make(map[string]*node)
				}
				n.literals[segment] = new(node)
			}
			n = n.literals[segment]
		}
	}
	if n.methods != nil {
		return nil, nil, fmt.Errorf("the paths %s and %s are the same", n.template, template)
	}
	n.template, n.methods = template, make(map[string]*operation)
	return n, names, nil
}

// find returns where an escaped path ends, or nil, and appends the escaped values of its parameters. Literal segments
// win over parameters, so the time depends on the length of the path and on how much the paths of the contract overlap,
// never on how many there are.
func (n *node) find(path string, to []string) (*node, []string) {
	if !strings.HasPrefix(path, "/") {
		return nil, nil
	}
	return n.descend(path[1:], false, to)
}

func (n *node) descend(rest string, done bool, values []string) (*node, []string) {
	if done {
		if n.methods == nil {
			return nil, nil
		}
		return n, values
	}
	segment, rest, more := strings.Cut(rest, "/")
	if next := n.literals[segment]; next != nil {
		if end, found := next.descend(rest, !more, values); end != nil {
			return end, found
		}
	}
	if n.parameter != nil && segment != "" {
		return n.parameter.descend(rest, !more, append(values, segment))
	}
	return nil, nil
}

func (n *node) allow() []string { return slices.Sorted(maps.Keys(n.methods)) }

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
