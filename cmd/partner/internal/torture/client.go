package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

const (
	// patience is how long a client waits for an answer. A step of the store, the handler, and another step take less.
	patience = 5 * time.Second
	// settling bounds how long a request is repeated at the end.
	settling = time.Minute
	// warming is how many requests at once a server has to serve before the others begin.
	warming = 8
)

// crowd is the clients. They share their connections and what they count.
type crowd struct {
	urls []string
	http *http.Client
	// begun counts the planned sends. The chaos goes by it.
	begun   atomic.Int64
	sent    atomic.Int64
	answers [kinds]atomic.Int64
	// repairs is locked while a database starts.
	repairs sync.RWMutex
}

func newCrowd(urls []string) *crowd {
	return &crowd{urls: urls, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

func (c *crowd) close() { c.http.CloseIdleConnections() }

// warm returns when each server has served some requests at once. They count nowhere. On a slow machine the first
// connections to a database take longer than a handler has, so that all requests would be over before one succeeds.
func (c *crowd) warm(ctx context.Context) {
	c.each(warming*len(c.urls), func(client int) {
		url := c.urls[client%len(c.urls)] + "/effects/"
		for ctx.Err() == nil {
			if c.exchange(ctx, url, idempotency.NewKey().String(), order{warm}, patience).success() {
				return
			}
			pause(ctx, mostPause)
		}
	})
}

// storm sends all requests as planned, each client some of them, one after another.
func (c *crowd) storm(ctx context.Context, clients int, requests []*request, seed uint64) {
	c.each(clients, func(client int) {
		random := newRandom(seed, 1, client)
		for i := client; i < len(requests) && ctx.Err() == nil; i += clients {
			c.awaitRepairs()
			c.hammer(ctx, requests[i], random)
		}
	})
}

// awaitRepairs waits for repairs, which do not wait for it.
func (c *crowd) awaitRepairs() {
	c.repairs.RLock()
	defer c.repairs.RUnlock()
}

// settle repeats each request until the answer is final. What is not settled in time has none.
func (c *crowd) settle(ctx context.Context, clients int, requests []*request, seed uint64) {
	ctx, cancel := context.WithTimeout(ctx, settling)
	defer cancel()
	c.each(clients, func(client int) {
		random := newRandom(seed, 2, client)
		for i := client; i < len(requests); i += clients {
			for ctx.Err() == nil {
				got := c.send(ctx, random.IntN(len(c.urls)), requests[i], patience)
				if got.final() {
					requests[i].settle(got)
					break
				}
				pause(ctx, 50*time.Millisecond+time.Duration(random.Int64N(int64(100*time.Millisecond))))
			}
		}
	})
}

func (c *crowd) each(clients int, do func(client int)) {
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() { do(client) })
	}
	all.Wait()
}

// hammer sends a request as planned: some at once, to any of the servers, and the others later.
func (c *crowd) hammer(ctx context.Context, r *request, random *rand.Rand) {
	send := func() func() {
		server, wait := random.IntN(len(c.urls)), patience
		if random.IntN(10) == 0 {
			// This client hangs up in the middle.
			wait = time.Duration(random.Int64N(int64(2 * mostPause)))
		}
		return func() {
			c.begun.Add(1)
			c.send(ctx, server, r, wait)
		}
	}
	var burst sync.WaitGroup
	for range r.burst {
		burst.Go(send())
	}
	burst.Wait()
	for _, wait := range r.later {
		pause(ctx, wait)
		if ctx.Err() != nil {
			return
		}
		send()()
	}
	if r.abuse && r.acknowledged() {
		other := order{Reference: r.reference + "-other"}
		r.noteAbuse(c.post(ctx, random.IntN(len(c.urls)), r.key, other, patience))
	}
}

// send sends a request once, and notes what comes back.
func (c *crowd) send(ctx context.Context, server int, r *request, wait time.Duration) response {
	got := c.post(ctx, server, r.key, order{r.reference}, wait)
	r.note(got)
	return got
}

func (c *crowd) post(ctx context.Context, server int, key string, body order, wait time.Duration) response {
	c.sent.Add(1)
	got := c.exchange(ctx, c.urls[server]+"/effects/", key, body, wait)
	c.answers[got.kind()].Add(1)
	return got
}

// exchange returns the answer, or the zero response unless all of it came.
func (c *crowd) exchange(ctx context.Context, url, key string, body order, wait time.Duration) response {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	content, err := json.Marshal(body)
	if err != nil {
		return response{}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(content))
	if err != nil {
		return response{}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(idempotency.Header, key)
	answer, err := c.http.Do(request)
	if err != nil {
		return response{}
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return response{}
	}
	return response{
		status: answer.StatusCode, replayed: answer.Header.Get(idempotency.HeaderReplayed) == "true",
		mediaType: answer.Header.Get("Content-Type"), location: answer.Header.Get("Location"), body: text,
	}
}
