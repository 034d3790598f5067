package otherbank

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A post delivers events: those of a subscription one after the other.
type post struct {
	bank   *Bank
	ctx    context.Context //nolint:containedctx // It is that of the deliveries, which outlive any call.
	stop   context.CancelFunc
	all    sync.WaitGroup
	client *http.Client

	mu      sync.Mutex
	waiting map[string][]*event
	count   atomic.Int64
}

func newPost(b *Bank) *post {
	ctx, stop := context.WithCancel(context.Background())
	follow := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &post{bank: b, ctx: ctx, stop: stop, waiting: map[string][]*event{},
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}, CheckRedirect: follow}}
}

func (p *post) close() {
	p.stop()
	p.all.Wait()
	p.client.CloseIdleConnections()
}

// hand has an event delivered to a subscription, after those before.
func (p *post) hand(hook string, e *event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bank.mood.DeliversAtOnce {
		p.all.Go(func() {
			wait(p.ctx, time.Duration(rand.IntN(20))*time.Millisecond) //nolint:gosec // It is no secret.
			p.deliver(hook, e)
		})
		return
	}
	p.waiting[hook] = append(p.waiting[hook], e)
	if len(p.waiting[hook]) == 1 {
		p.all.Go(func() { p.work(hook) })
	}
}

func (p *post) work(id string) {
	wait(p.ctx, p.bank.mood.DeliversAfter)
	for {
		p.mu.Lock()
		e := p.waiting[id][0]
		p.mu.Unlock()
		p.deliver(id, e)
		p.mu.Lock()
		p.waiting[id] = p.waiting[id][1:]
		isEmpty := len(p.waiting[id]) == 0
		p.mu.Unlock()
		if isEmpty || p.ctx.Err() != nil {
			return
		}
	}
}

// deliver makes as many attempts as the subscription asks for, and now and then one more.
func (p *post) deliver(id string, e *event) {
	for n := 1; p.ctx.Err() == nil; n++ {
		again, pause := p.attempt(id, e, n)
		if !again {
			break
		}
		wait(p.ctx, pause)
	}
	if every := p.bank.mood.RepeatsNth; every > 0 && p.count.Add(1)%int64(every) == 0 {
		p.attempt(id, e, 1)
	}
}

// attempt delivers an event for the n-th time, to where the subscription is now. It says whether there is another.
func (p *post) attempt(id string, e *event, n int) (bool, time.Duration) {
	b := p.bank
	b.mu.Lock()
	var h hook
	for _, known := range b.hooks {
		if known.id == id {
			h = *known
		}
	}
	b.mu.Unlock()
	if h.id == "" || h.status != "enabled" {
		return false, 0
	}
	status := p.send(&h, e)
	again, most, pause := h.retries(status)
	b.mu.Lock()
	defer b.mu.Unlock()
	e.attempts = append(e.attempts, map[string]any{"delivery_attempt_id": uuid(), "subscription_id": id,
		"success": status/100 == 2, "response_code": status, "called_at": b.shown(time.Now())})
	return again && status/100 != 2 && n < most, pause
}

// send returns the status of the answer, or 0 for none.
func (p *post) send(h *hook, e *event) int {
	if !isHere(h.url) {
		return 0
	}
	text, err := json.Marshal(e.value)
	if err != nil {
		return 0
	}
	request, err := http.NewRequestWithContext(p.ctx, http.MethodPost, h.url, bytes.NewReader(text))
	if err != nil {
		return 0
	}
	hash := hmac.New(sha256.New, []byte(h.secret))
	_, _ = hash.Write(text)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set(headerSignature, base64.StdEncoding.EncodeToString(hash.Sum(nil)))
	response, err := p.client.Do(request)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	_ = response.Body.Close()
	return response.StatusCode
}
