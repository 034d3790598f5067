package contracttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/contract"
)

// factKind is what a fact is about.
type factKind uint8

const (
	kindStatus factKind = iota
	kindParameter
	kindMember
	kindValue
	kinds
)

// fact is something of the contract that a test may see, or not.
type fact struct {
	kind factKind
	name string
}

// coverageIndex numbers the facts of the contract, so that what was seen takes a bit of each, however long the tests
// run.
type coverageIndex struct {
	version, digest string
	operations      []*indexed
	byID            map[string]*indexed
	// facts are those of all operations, by their number.
	facts []fact
}

// indexed is an operation and where its facts are.
type indexed struct {
	id, method, path, tag string
	// from and to are the numbers of its facts: all of them from the one to before the other.
	from, to   int
	numbers    map[fact]int
	parameters []coveredParameter
	body       *coveredNode
	answers    map[int]*coveredNode
}

// coveredParameter is a parameter that is counted.
type coveredParameter struct {
	in, name string
	number   int
	values   map[string]int
}

// coveredNode is a place in a JSON value. What differs between the variants of a schema is added up.
type coveredNode struct {
	number  int // of the fact that the member was there, or -1
	members map[string]*coveredNode
	others  *coveredNode
	items   *coveredNode
	values  map[string]int
}

// theIndex is made once.
var theIndex = sync.OnceValue(func() *coverageIndex {
	document, err := contract.Document()
	if err != nil {
		return &coverageIndex{byID: map[string]*indexed{}} // Whoever compiles the contract says so.
	}
	return newIndex(document, contract.Digest())
})

func newIndex(document *openapi3.T, digest string) *coverageIndex {
	x := &coverageIndex{version: document.Info.Version, digest: digest, byID: map[string]*indexed{}}
	common := headersOfMost(document)
	for _, path := range slices.Sorted(maps.Keys(document.Paths.Map())) {
		item := document.Paths.Value(path)
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			x.add(operations[method], method, path, item.Parameters, common)
		}
	}
	return x
}

// headersOfMost are the header parameters that every call has, about which there is nothing to find out.
func headersOfMost(document *openapi3.T) map[string]bool {
	count, all := map[string]int{}, 0
	for _, item := range document.Paths.Map() {
		for _, o := range item.Operations() {
			all++
			for _, p := range o.Parameters {
				if p.Value.In == openapi3.ParameterInHeader {
					count[p.Value.Name]++
				}
			}
		}
	}
	most := map[string]bool{}
	for name, n := range count {
		most[name] = n > all/2
	}
	return most
}

func (x *coverageIndex) add(o *openapi3.Operation, method, path string, shared openapi3.Parameters,
	common map[string]bool) {
	op := &indexed{id: o.OperationID, method: method, path: path, from: len(x.facts), numbers: map[fact]int{},
		answers: map[int]*coveredNode{}}
	if len(o.Tags) > 0 {
		op.tag = o.Tags[0]
	}
	responses := o.Responses.Map()
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		code, err := strconv.Atoi(status)
		if err != nil {
			continue // What has no status of its own is not promised to come.
		}
		x.number(op, kindStatus, status)
		for _, media := range responses[status].Value.Content {
			op.answers[code] = x.node(op, op.answers[code], media.Schema, nodePlace{prefix: status + " ",
				of: kindValue})
		}
	}
	for _, ref := range slices.Concat(shared, o.Parameters) {
		p := ref.Value
		if p.In == openapi3.ParameterInHeader && common[p.Name] {
			continue
		}
		name := p.In + " " + p.Name
		counted := coveredParameter{in: p.In, name: p.Name, number: x.number(op, kindParameter, name)}
		values := x.node(op, nil, p.Schema, nodePlace{prefix: name, of: kindValue})
		if values != nil && values.items != nil {
			values = values.items
		}
		if values != nil {
			counted.values = values.values
		}
		op.parameters = append(op.parameters, counted)
	}
	if o.RequestBody != nil {
		for _, media := range o.RequestBody.Value.Content {
			op.body = x.node(op, op.body, media.Schema, nodePlace{prefix: "body ", of: kindMember})
		}
	}
	op.to = len(x.facts)
	x.operations = append(x.operations, op)
	x.byID[op.id] = op
}

// number returns the number of a fact, which is a new one the first time.
func (x *coverageIndex) number(op *indexed, kind factKind, name string) int {
	f := fact{kind, name}
	if n, ok := op.numbers[f]; ok {
		return n
	}
	op.numbers[f] = len(x.facts)
	x.facts = append(x.facts, f)
	return op.numbers[f]
}

// nodePlace is a place while nodes are made.
type nodePlace struct {
	prefix, pointer string
	// of is kindMember where members are counted, which they are in requests.
	of factKind
	// above are the schemas that the place is in, so that one that is in itself ends somewhere.
	above []*openapi3.Schema
}

// node adds what a schema says of a place.
func (x *coverageIndex) node(op *indexed, n *coveredNode, ref *openapi3.SchemaRef, a nodePlace) *coveredNode {
	if ref == nil || ref.Value == nil || slices.Contains(a.above, ref.Value) {
		return n
	}
	s := ref.Value
	if n == nil {
		n = &coveredNode{number: -1}
	}
	a.above = append(slices.Clip(a.above), s)
	for _, value := range s.Enum {
		if value == nil {
			continue
		}
		if n.values == nil {
			n.values = map[string]int{}
		}
		text := fmt.Sprint(value)
		n.values[text] = x.number(op, kindValue, a.prefix+a.pointer+" = "+text)
	}
	for _, list := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, variant := range list {
			x.node(op, n, variant, a)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if a.of == kindMember && s.Properties[name].Value.ReadOnly || a.of != kindMember &&
			s.Properties[name].Value.WriteOnly {
			continue
		}
		below := a
		below.pointer += "/" + escapePointer(name)
		if n.members == nil {
			n.members = map[string]*coveredNode{}
		}
		child := n.members[name]
		if child == nil {
			child = &coveredNode{number: -1}
			if a.of == kindMember {
				child.number = x.number(op, kindMember, below.prefix+below.pointer)
			}
		}
		n.members[name] = x.node(op, child, s.Properties[name], below)
	}
	below := a
	below.pointer += "/*"
	if s.AdditionalProperties.Schema != nil {
		n.others = x.node(op, n.others, s.AdditionalProperties.Schema, below)
	}
	if s.Items != nil {
		n.items = x.node(op, n.items, s.Items, below)
	}
	return n
}

// request returns the facts of a request that the contract allows. Its body is left to be read.
func (x *coverageIndex) request(id string, r *http.Request) []int {
	op := x.byID[id]
	if op == nil {
		return nil
	}
	var seen []int
	query, _ := url.ParseQuery(r.URL.RawQuery)
	for _, p := range op.parameters {
		var values []string
		switch p.in {
		case openapi3.ParameterInPath:
			seen = append(seen, p.number) // Or it would be another path.
		case openapi3.ParameterInQuery:
			values = query[p.name]
		case openapi3.ParameterInHeader:
			values = r.Header.Values(p.name)
			if http.CanonicalHeaderKey(p.name) == "Content-Length" && r.ContentLength > 0 {
				values = []string{""} // net/http has it there.
			}
		case openapi3.ParameterInCookie:
			for _, cookie := range r.CookiesNamed(p.name) {
				values = append(values, cookie.Value)
			}
		}
		if len(values) > 0 {
			seen = append(seen, p.number)
		}
		for _, value := range values {
			for part := range strings.SplitSeq(value, ",") {
				if n, ok := p.values[strings.TrimSpace(part)]; ok {
					seen = append(seen, n)
				}
			}
		}
	}
	if content, held := contentOf(r.Body); held && op.body != nil {
		seen = op.body.walk(seen, content)
	}
	return seen
}

// answer returns the facts of an answer, whose body the contract has allowed.
func (x *coverageIndex) answer(id string, status int, content []byte) []int {
	op := x.byID[id]
	if op == nil {
		return nil
	}
	var seen []int
	if n, ok := op.numbers[fact{kindStatus, strconv.Itoa(status)}]; ok {
		seen = append(seen, n)
	}
	return op.answers[status].walk(seen, content)
}

// walk adds the facts of a JSON text.
func (n *coveredNode) walk(seen []int, content []byte) []int {
	if n == nil || len(content) == 0 {
		return seen
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	seen, _ = n.value(seen, decoder, 0)
	return seen
}

// maxDepth is deeper than anything that the validator lets through.
const maxDepth = 1 << 10

// value adds the facts of the next value. A nil node is a place that the contract says nothing of.
func (n *coveredNode) value(seen []int, d *json.Decoder, depth int) (_ []int, ok bool) {
	token, err := d.Token()
	if err != nil || depth > maxDepth {
		return seen, false
	}
	delim, isDelim := token.(json.Delim)
	if !isDelim {
		if n != nil && token != nil {
			if number, ok := n.values[fmt.Sprint(token)]; ok {
				seen = append(seen, number)
			}
		}
		return seen, true
	}
	for d.More() {
		var below *coveredNode
		if delim == '{' {
			name, err := d.Token()
			if err != nil {
				return seen, false
			}
			below = n.member(fmt.Sprint(name))
		} else if n != nil {
			below = n.items
		}
		if below != nil && below.number >= 0 {
			seen = append(seen, below.number)
		}
		if seen, ok = below.value(seen, d, depth+1); !ok {
			return seen, false
		}
	}
	_, err = d.Token()
	return seen, err == nil
}

func (n *coveredNode) member(name string) *coveredNode {
	switch {
	case n == nil:
		return nil
	case n.members[name] != nil:
		return n.members[name]
	}
	return n.others
}
