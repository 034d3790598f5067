package validation

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// end is where a path of the contract ends.
type end struct {
	template string
	// segments are those of the whole path, with what stands before the contract's paths.
	segments []segment
	methods  map[string]*operation
	// rival are others where the same path may end, of which no router is known to prefer one.
	rival []*end
}

// segment is a part of a path between slashes: a literal, or a parameter.
type segment struct {
	// literal is what a literal means, and spelled is how the contract spells it. Nearly always they are the same.
	literal, spelled string
	parameter        bool
}

func (e *end) allow() []string {
	methods := slices.Collect(maps.Keys(e.methods))
	if e.methods["GET"] != nil && e.methods["HEAD"] == nil {
		methods = append(methods, "HEAD")
	}
	slices.Sort(methods)
	return methods
}

// operation returns what the contract says of a method, or nil. HEAD is GET without a body unless the contract has it.
func (e *end) operation(method string) *operation {
	op := e.methods[method]
	switch {
	case op != nil:
		return op
	case method == "":
		return e.methods["GET"]
	case method == "HEAD":
		return e.methods["GET"]
	}
	return nil
}

// parse takes a template apart and returns the names of its parameters. base stands before it.
func parse(base, template string) (e *end, names []string, err error) {
	if !strings.HasPrefix(template, "/") {
		return nil, nil, fmt.Errorf("the path %s does not start with a slash", template)
	}
	e = &end{template: template, methods: make(map[string]*operation)}
	for text := range strings.SplitSeq((base + template)[1:], "/") {
		s := segment{literal: text, spelled: text}
		switch {
		case strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}"):
			names = append(names, text[1:len(text)-1])
			s = segment{parameter: true}
		case strings.ContainsAny(text, "{}"):
			return nil, nil, fmt.Errorf("the path %s has a segment that is only partly a parameter", template)
		default:
			if s.literal, err = url.PathUnescape(text); err != nil {
				return nil, nil, fmt.Errorf("the path %s has a malformed escape", template)
			}
			if s.literal == "." || s.literal == ".." {
				return nil, nil, fmt.Errorf("the path %s has the segment %s, which no client sends", template,
					s.literal)
			}
		}
		e.segments = append(e.segments, s)
	}
	return e, names, nil
}

// node is one segment in a trie of paths. A path's trailing slash is a last segment of its own, the empty one.
type node struct {
	literals map[string]*node
	// parameter matches any segment but the empty one.
	parameter *node
	// end is set where a path ends.
	end *end
}

// insert adds a path. Literals go by what they mean, or by how the contract spells them.
func (n *node) insert(e *end, spelled bool) error {
	for _, s := range e.segments {
		if s.parameter {
			if n.parameter == nil {
				n.parameter = new(node)
			}
			n = n.parameter
			continue
		}
		literal := s.literal
		if spelled {
			literal = s.spelled
		}
		if n.literals[literal] == nil {
			if n.literals == nil {
				n.literals = make(map[string]*node)
			}
			n.literals[literal] = new(node)
		}
		n = n.literals[literal]
	}
	if n.end != nil {
		return fmt.Errorf("the paths %s and %s are the same", n.end.template, e.template)
	}
	n.end = e
	return nil
}

// find returns where a path ends, or nil, and appends the values of its parameters. Its segments are read as they
// stand, or without their escapes. Literals win over parameters, so the time depends on the length of the path and on
// how much the paths of the contract overlap, never on how many there are.
func (n *node) find(path string, escaped bool, to []string) (*end, []string) {
	if !strings.HasPrefix(path, "/") {
		return nil, nil
	}
	return n.descend(path[1:], escaped, false, to)
}

func (n *node) descend(rest string, escaped, done bool, values []string) (*end, []string) {
	if done {
		if n.end == nil {
			return nil, nil
		}
		return n.end, values
	}
	text, rest, more := strings.Cut(rest, "/")
	if escaped {
		text = meaning(text)
	}
	if next := n.literals[text]; next != nil {
		if end, found := next.descend(rest, escaped, !more, values); end != nil {
			return end, found
		}
	}
	if n.parameter != nil && text != "" {
		return n.parameter.descend(rest, escaped, !more, append(values, text))
	}
	return nil, nil
}

// meaning is a segment without its escapes. One that is malformed has none.
func meaning(text string) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	if meant, err := url.PathUnescape(text); err == nil {
		return meant
	}
	return text
}
