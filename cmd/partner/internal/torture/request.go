package torture

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// mostSends is how often a request is sent, at most, before it is settled.
const mostSends = 5

// request is a logical request: one key, one body, sent several times.
type request struct {
	key       string
	reference string
	// burst is how many are sent at once, and later how long to wait before each of the others.
	burst int
	later []time.Duration
	// abuse says that the key is sent with another body too, once the request has succeeded.
	abuse bool

	mu sync.Mutex
	// success is the first response that was a success.
	success *response
	// final is the answer at which the request was settled.
	final *response
	// wrong is what no answer should have been.
	wrong []string
}

// plan says what is sent when. The same seed gives the same plan, except for the keys.
func plan(count int, random *rand.Rand) []*request {
	requests := make([]*request, count)
	for i := range requests {
		r := &request{key: idempotency.NewKey().String(), reference: fmt.Sprintf("order-%06d", i),
			abuse: random.IntN(8) == 0}
		sends := 1 + random.IntN(mostSends)
		r.burst = 1 + random.IntN(sends)
		for range sends - r.burst {
			wait := time.Duration(random.Int64N(int64(400 * time.Millisecond)))
			if random.IntN(8) == 0 {
				// Long enough for the lease of a server that was killed to be over.
				wait += lease
			}
			r.later = append(r.later, wait)
		}
		requests[i] = r
	}
	return requests
}

// sends is how often the request is planned to be sent.
func (r *request) sends() int { return r.burst + len(r.later) }

// note takes an answer down. All successes of a key must be the same response, byte for byte, whoever gives them.
func (r *request) note(got response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case got.kind() == refused:
		r.wrong = append(r.wrong, "it was refused: "+got.String())
	case !got.success():
	case r.success == nil:
		r.success = &got
	case !got.same(*r.success):
		r.wrong = append(r.wrong, fmt.Sprintf("two successes differ: %s, and %s", r.success, got))
	}
}

// noteAbuse takes the answer to another request with the key down, which must not have been a success.
func (r *request) noteAbuse(got response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if got.success() || got.kind() == replayed {
		r.wrong = append(r.wrong, "another request with its key was executed or answered: "+got.String())
	}
}

// settle notes the answer that is final.
func (r *request) settle(final response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.final = &final
}

// acknowledged says whether the request has succeeded.
func (r *request) acknowledged() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.success != nil
}
