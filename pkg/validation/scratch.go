package validation

import (
	"sync"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// scratch is the memory that the check of one message needs, used again for the next one.
type scratch struct {
	checker schema.Checker
	match   Match
	// pairs are those of a request's query, texts what a parameter was sent with, and encoded the same in JSON.
	pairs   []pair
	texts   []string
	encoded []byte
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func newScratch() *scratch {
	s, _ := scratches.Get().(*scratch)
	return s
}

// release gives the memory back, without the sender's texts.
func (s *scratch) release() {
	s.match = Match{}
	clear(s.pairs)
	clear(s.texts[:cap(s.texts)])
	if s.checker.Forget() && cap(s.pairs) <= 1<<8 && cap(s.texts) <= 1<<8 && cap(s.encoded) < 1<<16 {
		scratches.Put(s)
	}
}
