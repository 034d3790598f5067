package partner

import (
	"net/url"
	"strings"
	"sync"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// operationName is the operation's id. An operation that the contract does not have goes by method and path.
func operationName(o Operation) string {
	if o.ID != "" {
		return o.ID
	}
	return o.Method + " " + o.Path
}

// hidden stands in the name of an operation that the contract does not have for what may be an id.
const hidden = "{unknown}"

// maxNamedSegments bounds how many steps of a path are named.
const maxNamedSegments = 16

// operations finds operations by method and path.
type operations struct {
	// templates are by method and number of segments.
	templates map[shapeOfPath][]template
	// words are the literal segments of all paths.
	words map[string]bool
}

type shapeOfPath struct {
	method   string
	segments int
}

type template struct {
	operation Operation
	segments  []string
}

// contractOperations are those of the contract.
var contractOperations = sync.OnceValue(func() *operations {
	all := &operations{templates: map[shapeOfPath][]template{}, words: map[string]bool{}}
	for _, o := range partnerapi.Operations() {
		t := template{o, strings.Split(o.Path, "/")[1:]}
		for _, segment := range t.segments {
			if !isParameter(segment) {
				all.words[segment] = true
			}
		}
		shape := shapeOfPath{o.Method, len(t.segments)}
		all.templates[shape] = append(all.templates[shape], t)
	}
	return all
})

func isParameter(segment string) bool { return strings.HasPrefix(segment, "{") }

// find returns the operation of a method and an escaped path, as a server finds it: by the decoded segments, a literal
// one before a parameter, and the trailing slash told apart. One that the contract does not have is named without
// anything in it that could be an id.
func (all *operations) find(method, path string) Operation {
	segments := strings.Split(path, "/")[1:]
	for i, segment := range segments {
		segments[i], _ = url.PathUnescape(segment) // It decodes: the path was checked.
	}
	var best *template
	candidates := all.templates[shapeOfPath{method, len(segments)}]
	for i := range candidates {
		if t := &candidates[i]; t.matches(segments) && (best == nil || t.before(best)) {
			best = t
		}
	}
	if best != nil {
		return best.operation
	}
	var name strings.Builder
	for i, segment := range segments {
		if i == maxNamedSegments {
			name.WriteString("/…")
			break
		}
		name.WriteByte('/')
		switch {
		case segment == "", all.words[segment], isVersion(segment):
			name.WriteString(segment)
		default:
			name.WriteString(hidden)
		}
	}
	return Operation{Method: method, Path: name.String()}
}

func (t *template) matches(segments []string) bool {
	for i, want := range t.segments {
		if want != segments[i] && (segments[i] == "" || !isParameter(want)) {
			return false
		}
	}
	return true
}

// before reports whether t has a literal where other has a parameter first.
func (t *template) before(other *template) bool {
	for i, segment := range t.segments {
		if mine, its := isParameter(segment), isParameter(other.segments[i]); mine != its {
			return its
		}
	}
	return false
}

// isVersion reports whether a segment is one like v3.
func isVersion(segment string) bool {
	return len(segment) == 2 && segment[0] == 'v' && segment[1] >= '0' && segment[1] <= '9'
}
