package contracttest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// A list of all that a partner has may have others write to it at the same moment. What they do shows nothing of the
// requests of a run: there, only what has to do with those counts.

// isOfAll reports whether a read is about nothing in particular.
func isOfAll(e *exchange) bool { return !uuidText.MatchString(e.sent.Target) }

// withoutBystanders are the answers of two steps. Of a list of all, they are without what is new, changed or gone in it
// and has nothing to do with the requests of the trace.
func (t *trace) withoutBystanders(from, to int) (before, after any) {
	before, after = t.of(from).value, t.of(to).value
	if !isOfAll(t.of(to)) {
		return before, after
	}
	was, isList := elementsOf(before)
	is, areBoth := elementsOf(after)
	if !isList || !areBoth {
		return before, after
	}
	marks := t.marks(to)
	known, still := idsOf(before), idsOf(after)
	kept, shown := []any{}, []any{}
	for i, element := range was {
		if slices.Contains(still, known[i]) || hasMark(element, marks) {
			kept = append(kept, element)
		}
	}
	for i, element := range is {
		at := slices.Index(known, still[i])
		switch {
		case hasMark(element, marks):
			shown = append(shown, element)
		case at >= 0: // If it is another now, it is so for somebody else.
			shown = append(shown, was[at])
		}
	}
	for _, name := range listsOf {
		if _, has := member(after, name).([]any); has {
			return map[string]any{name: kept}, map[string]any{name: shown}
		}
	}
	return kept, shown
}

// marks are what a thing has that requests before a step have made or named: ids that they have had or were answered
// with, and texts that are no words of the contract's.
func (t *trace) marks(before int) []string {
	var all []string
	for _, value := range t.vars {
		if id, isText := value.(string); isText && uuidText.FindString(id) == id && id != "" {
			all = append(all, id)
		}
	}
	for _, exchanges := range t.exchanges[:before] {
		for _, e := range exchanges {
			if e.step.Method == http.MethodGet {
				continue
			}
			all = append(all, uuidText.FindAllString(string(e.answer.Body), -1)...)
			all = append(all, uuidText.FindAllString(string(e.sent.Body), -1)...)
			if value, err := decodeNumbers(e.sent.Body); err == nil {
				all = append(all, freeTexts(value)...)
			}
		}
	}
	return all
}

// freeTexts are the texts of a value that are no single words.
func freeTexts(v any) []string {
	switch v := v.(type) {
	case map[string]any:
		var all []string
		for _, name := range sortedKeys(v) {
			all = append(all, freeTexts(v[name])...)
		}
		return all
	case []any:
		var all []string
		for _, element := range v {
			all = append(all, freeTexts(element)...)
		}
		return all
	case string:
		if strings.ContainsAny(v, " @/") {
			return []string{v}
		}
	}
	return nil
}

// hasMark reports whether an element has one of some texts in it.
func hasMark(element any, marks []string) bool {
	encoded, err := json.Marshal(element)
	return err == nil && slices.ContainsFunc(marks, func(mark string) bool {
		text, err := json.Marshal(mark)
		return err == nil && strings.Contains(string(encoded), strings.Trim(string(text), `"`))
	})
}
