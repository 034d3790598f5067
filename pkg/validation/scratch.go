package validation

import "sync"

// scratch is the memory that the check of one message needs, used again for the next one.
type scratch struct {
	texts
	match Match
	// pairs are those of a request's query.
	pairs []pair
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
	if s.forget() && cap(s.pairs) <= 1<<8 {
		scratches.Put(s)
	}
}
