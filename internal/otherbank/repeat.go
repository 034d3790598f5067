package otherbank

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// A use is what a key was used for.
type use struct {
	request string
	since   time.Time
	isDone  bool
	answer  answer
}

const keyLife = time.Hour

// once answers a call, unless its key was used before. A call that is refused leaves its key as it was.
func (b *Bank) once(c *call, do func(*call) answer) answer {
	isRead := c.Method == http.MethodGet || c.Method == http.MethodHead
	if c.traits&bare != 0 || isRead && !b.mood.ReadsHaveKeys {
		b.mu.Lock()
		defer b.mu.Unlock()
		return do(c)
	}
	key, request := c.Header.Get(headerKey), b.same(c)
	b.mu.Lock()
	known := b.keys[key]
	if known != nil && time.Since(known.since) < keyLife {
		defer b.mu.Unlock()
		switch {
		case known.request != request:
			return b.refused(c, refuse(or(b.mood.OtherUse, 409), "key_in_use", "The key belongs to another request"))
		case !known.isDone || b.mood.RefusesRepeats:
			return b.refused(c, refuse(or(b.mood.KnownKey, 409), "key_known", "The key is known: look it up"))
		}
		return known.answer
	}
	mine := &use{request: request, since: time.Now()}
	b.keys[key] = mine
	b.mu.Unlock()
	if !isRead {
		wait(context.WithoutCancel(c.Context()), b.mood.Takes)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	mine.answer, mine.isDone = do(c), true
	if mine.answer.status/100 == 4 {
		delete(b.keys, key)
	}
	return mine.answer
}

// same is equal for requests that are the same.
func (b *Bank) same(c *call) string {
	text := string(c.body)
	if v, err := strictJSON(c.body); err == nil && b.mood.SameByValue {
		if encoded, err := json.Marshal(v); err == nil {
			text = string(encoded)
		}
	}
	return c.Method + " " + c.URL.RequestURI() + "\n" + text
}
