package schema

import (
	"fmt"
	"regexp"

	"github.com/getkin/kin-openapi/openapi3"
)

type pattern struct {
	source     *openapi3.Schema
	expression *regexp.Regexp
}

// codepoint is an escape that JavaScript's patterns have and RE2 spells differently.
var codepoint = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

// newPattern returns nil for a schema without a pattern.
func newPattern(s *openapi3.Schema) (*pattern, error) {
	if s.Pattern == "" {
		return nil, nil //nolint:nilnil // no pattern is no mistake
	}
	expression, err := regexp.Compile(codepoint.ReplaceAllString(s.Pattern, `\x{$1}`))
	if err != nil {
		return nil, fmt.Errorf("a pattern cannot be checked: %w", err)
	}
	return &pattern{s, expression}, nil
}

func (p *pattern) check(c *Checker, text []byte) verdict {
	known := c.unmatched == p.source && c.reading == c.refusedText && c.isSecond()
	if !known && p.expression.Match(text) {
		return goOn
	}
	if c.isFirst() {
		c.unmatched = p.source
	}
	if c.broken("pattern", p.source) {
		return stop
	}
	return goOn
}
