package otherbank

import (
	"net/http"
	"strings"
)

// A refusal is why a call is not carried out.
type refusal struct {
	status     int
	kind, text string
	// where are the places of a request that are wrong, from the outside in.
	where [][]any
}

func refuse(status int, kind, text string) *refusal {
	return &refusal{status: status, kind: kind, text: text}
}

// unfit refuses what the contract does not allow.
func unfit(kind, text string, where ...any) *refusal {
	return &refusal{http.StatusUnprocessableEntity, kind, text, [][]any{where}}
}

var noSuchThing = refuse(http.StatusNotFound, "no_such_thing", "There is no such thing")

// rule refuses what the contract allows and the bank does not.
func (b *Bank) rule(kind, text string, where ...any) *refusal {
	return &refusal{or(b.mood.Rule, 409), kind, text, [][]any{where}}
}

// refused is the answer to a call that is refused, in one of the shapes that the contract has for its status.
func (b *Bank) refused(c *call, no *refusal) answer {
	words := no.text
	if b.mood.Numbered {
		words += " (reference " + strings.ToUpper(uuid()[:5]) + ")"
	}
	full := map[string]any{"type": no.kind, "detail": words, "instance": c.URL.Path, "trace_id": uuid()}
	if b.mood.Errors == "problem" {
		full["title"], full["status"] = http.StatusText(no.status), no.status
	}
	switch {
	case no.status == http.StatusUnprocessableEntity && c.traits&problems != 0:
		if b.mood.Errors == "bare" {
			delete(full, "trace_id")
		}
		return answer{no.status, full}
	case b.mood.Errors == "bare":
		return answer{no.status, map[string]any{}}
	case no.status == http.StatusUnprocessableEntity:
		list := []any{}
		for _, where := range no.where {
			if len(where) == 0 {
				where = []any{"request"}
			}
			list = append(list, map[string]any{"loc": where, "msg": words, "type": no.kind})
		}
		return answer{no.status, map[string]any{"detail": list}}
	case b.mood.Errors == "problem":
		return answer{no.status, full}
	}
	return answer{no.status, map[string]any{"detail": words}}
}
