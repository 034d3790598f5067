package generator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Description is what a document says of an operation.
type Description struct {
	// ID is the operationId.
	ID string
	// Method is the HTTP method, in capitals, and Path the template.
	Method, Path string
	// Tags are its tags, in the order of the document.
	Tags []string
	// Summary is a line about it.
	Summary string
	// Evidence is the x-evidence: where it is known from.
	Evidence string
	// Deprecated says that it should not be used any more.
	Deprecated bool
	// Digest tells it apart from the same operation in another version of the document: it changes with everything that
	// the operation refers to, and with nothing else.
	Digest string
}

// methods are those that an OpenAPI document can have, in the order in which they are listed.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// Operations describes the operations, by path and method.
func (c *Contract) Operations() []Description {
	root := object(c.document.value)
	d := digests{root: root, own: map[string][]byte{}, refs: map[string][]string{}}
	var all []Description
	described := map[string]any{}
	tags, _ := root["tags"].([]any)
	for _, tag := range tags {
		if name, ok := object(tag)["name"].(string); ok {
			described[name] = tag
		}
	}
	paths := object(root["paths"])
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := object(paths[path])
		for _, method := range methods {
			o := object(item[method])
			if o == nil {
				continue
			}
			one := Description{Method: strings.ToUpper(method), Path: path}
			one.ID, _ = o["operationId"].(string)
			one.Summary, _ = o["summary"].(string)
			one.Evidence, _ = o["x-evidence"].(string)
			one.Deprecated, _ = o["deprecated"].(bool)
			digested := []any{method, path, o, item["parameters"]}
			if o["security"] == nil {
				digested = append(digested, root["security"])
			}
			tags, _ := o["tags"].([]any)
			for _, tag := range tags {
				if tag, ok := tag.(string); ok {
					one.Tags = append(one.Tags, tag)
					digested = append(digested, described[tag])
				}
			}
			one.Digest = d.of(digested)
			all = append(all, one)
		}
	}
	return all
}

// Schemas are the names of the schemas, in order.
func (c *Contract) Schemas() []string {
	schemas := object(object(object(c.document.value)["components"])["schemas"])
	return slices.Sorted(maps.Keys(schemas))
}

func object(value any) map[string]any {
	o, _ := value.(map[string]any)
	return o
}

// digests are those of the components of a document, each made once.
type digests struct {
	root map[string]any
	own  map[string][]byte
	refs map[string][]string
}

// of is the digest of a value and of all that it refers to.
func (d digests) of(value any) string {
	sum := sha256.New()
	own, next := digestOf(value)
	sum.Write(own)
	seen := map[string]bool{}
	for len(next) > 0 {
		ref := next[0]
		next = next[1:]
		if seen[ref] {
			continue
		}
		seen[ref] = true
		if _, known := d.own[ref]; !known {
			d.own[ref], d.refs[ref] = digestOf(at(d.root, ref))
		}
		next = append(next, d.refs[ref]...)
	}
	for _, ref := range slices.Sorted(maps.Keys(seen)) {
		sum.Write([]byte(ref))
		sum.Write(d.own[ref])
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// at is what a reference within a document refers to, or nil.
func at(root any, ref string) any {
	value := root
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		part = unescape(part)
		switch of := value.(type) {
		case map[string]any:
			value = of[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(of) {
				return nil
			}
			value = of[i]
		default:
			return nil
		}
	}
	return value
}

// unescape is a part of a JSON pointer as the member is called.
func unescape(part string) string {
	if decoded, err := url.PathUnescape(part); err == nil {
		part = decoded
	}
	return strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
}

// digestOf is the digest of a value alone, and what it refers to.
func digestOf(value any) (digest []byte, refs []string) {
	text, _ := json.Marshal(value) // It was made of JSON.
	sum := sha256.Sum256(text)
	return sum[:], refsOf(value)
}
