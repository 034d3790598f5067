package schema

import (
	"encoding/json"
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// enum is the values of an enumeration.
type enum struct {
	source *openapi3.Schema
	// texts are those that are strings, as they mean.
	texts map[string]bool
	// others are the canonical spellings of those that are not, and longest is how many bytes the longest one has.
	others  map[string]bool
	longest int
}

// newEnum returns nil for a schema without an enumeration.
func newEnum(source *openapi3.Schema) (*enum, error) {
	if len(source.Enum) == 0 {
		return nil, nil //nolint:nilnil // no enumeration is no mistake
	}
	e := &enum{source: source, texts: make(map[string]bool), others: make(map[string]bool)}
	for _, value := range source.Enum {
		if text, ok := value.(string); ok {
			e.texts[text] = true
			continue
		}
		spelled, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("a value of an enum cannot be checked: %w", err)
		}
		text, _ := canonical(&scanner{data: spelled}, nil, 0, unlimited)
		e.others[string(text)] = true
		e.longest = max(e.longest, len(text))
	}
	return e, nil
}

// has reports whether the value at i is one of the enumeration.
func (e *enum) has(c *Checker, i int) bool {
	if c.data[i] == '"' {
		end, escaped := c.text(i)
		return e.texts[string(c.meant(i+1, end, escaped))]
	}
	if len(e.others) == 0 {
		return false
	}
	var end int
	c.spelled, end = canonical(&c.scanner, c.spelled[:0], i, e.longest)
	return end >= 0 && e.others[string(c.spelled)]
}

// at checks the value at i. Where violations are collected, it returns next for one that is not in the enumeration, so
// that checking can go on.
func (e *enum) at(c *Checker, i int, next verdict) verdict {
	switch {
	case e.has(c, i):
		return goOn
	case c.broken("enum", e.source):
		return stop
	}
	return next
}

// An enumeration is a rule for values of every kind. What else a schema asks of a text or a number says nothing new
// about one that is not enumerated.
type (
	enumText    struct{ *enum }
	enumNumber  struct{ *enum }
	enumBoolean struct{ *enum }
	enumItems   struct{ *enum }
	enumMembers struct{ *enum }
)

func (e enumText) check(c *Checker, text []byte) verdict {
	switch {
	case e.texts[string(text)]:
		return goOn
	case c.broken("enum", e.source):
		return stop
	}
	return skip
}

func (e enumNumber) check(c *Checker, n numeral) verdict   { return e.at(c, n.at, skip) }
func (e enumBoolean) check(c *Checker, i position) verdict { return e.at(c, int(i), goOn) }
func (e enumItems) check(c *Checker, l items) verdict      { return e.at(c, l.at, goOn) }
func (e enumMembers) check(c *Checker, o members) verdict  { return e.at(c, o.at, goOn) }
