package partner

import (
	"encoding/json"
	"strings"
)

// repeatWords are the words by which a server may say that it knows a key, or has what a request would make. What the
// provider says is not documented, so the list is wide: to find one too many costs a look, to miss one costs a payment.
// (Inferred: from the draft of the header Idempotency-Key, from what other banks' APIs answer, and from this module's
// own server.) Config.RepeatWords adds to it.
var repeatWords = []string{
	"idempoten", "duplicate", "already", "repeated", "replay", "reuse", "re_use", "been_used", "was_used", "same_key",
	"in_progress", "not_unique", "must_be_unique", "previously", "seen_before", "received_before",
}

// repeats finds the refusals that say so.
type repeats []string

// newRepeats is repeatWords and more, all spelled as find compares them.
func newRepeats(more []string) repeats {
	all := append(repeats{}, repeatWords...)
	for _, word := range more {
		if word = plainWords(word); word != "" {
			all = append(all, word)
		}
	}
	return all
}

// find looks at every text in a refusal: names of members, types and rules, titles, messages, locations.
func (words repeats) find(a *answer) bool {
	var value any
	if json.Unmarshal(a.body, &value) != nil {
		return words.in(string(a.body))
	}
	return words.within(value, 0)
}

// maxRepeatDepth bounds how deep a refusal is looked into: none of the contract's is deeper than 4.
const maxRepeatDepth = 8

func (words repeats) within(value any, depth int) bool {
	if depth > maxRepeatDepth {
		return true // Nothing that is meant to be read is so deep; that it does not say so is not known.
	}
	switch value := value.(type) {
	case string:
		return words.in(value)
	case []any:
		for _, item := range value {
			if words.within(item, depth+1) {
				return true
			}
		}
	case map[string]any:
		for name, item := range value {
			if name == "input" || name == "ctx" {
				continue // Echoes of the request.
			}
			if words.in(name) || words.within(item, depth+1) {
				return true
			}
		}
	}
	return false
}

func (words repeats) in(text string) bool {
	text = plainWords(text)
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// plainWords spells a text in lower case with everything but letters and digits as one underscore, and camel case taken
// apart, so that keyReused, key-reused and "Key reused" are alike.
func plainWords(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 8)
	lower := false
	for _, r := range text {
		switch {
		case r >= 'A' && r <= 'Z':
			if lower {
				b.WriteByte('_')
			}
			b.WriteRune(r - 'A' + 'a')
			lower = false
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
			lower = true
		default:
			if !strings.HasSuffix(b.String(), "_") {
				b.WriteByte('_')
			}
			lower = false
		}
	}
	return strings.Trim(b.String(), "_")
}
