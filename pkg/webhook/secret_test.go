package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/webhooktest"
)

func TestASecretWithALineBreakIsRefused(t *testing.T) {
	handle := func(context.Context, *webhook.Event) error { return nil }
	for name, text := range map[string]string{
		"a line break":                        marker + "\n",
		"a line break of Windows":             marker + "\r\n",
		"a space":                             marker + " ",
		"a space before it":                   " " + marker,
		"a tab":                               marker + "\t",
		"a space that does not break":         marker + "\u00a0",
		"a byte order mark":                   "\ufeff" + marker,
		"a zero byte":                         marker + "\x00",
		"a space without a width":             marker + "\u200b",
		"nothing but spaces":                  "    ",
		"a line break, and another after one": marker + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			secrets := []signing.Secret{oldSecret, signing.NewSecret(text)}
			h, err := webhook.New(webhook.Config{Secrets: secrets, Handle: handle})
			if err == nil || h != nil || strings.Contains(err.Error(), marker) ||
				!strings.Contains(err.Error(), "white space") {
				t.Errorf("New = %v, %v", h, err)
			}
			r := start(t, webhook.Config{SecretsFunc: func(context.Context) ([]signing.Secret, error) {
				return secrets, nil
			}})
			r.want(t, r.deliver(t, newEvent(t)), 503, 0)
			if !strings.Contains(r.log.String(), "white space") {
				t.Errorf("the log does not say why: %s", r.log.String())
			}
		})
	}
	r := start(t, webhook.Config{Secrets: []signing.Secret{signing.NewSecret("a secret with spaces")}})
	r.want(t, webhooktest.Deliver(t, r, signing.NewSecret("a secret with spaces"), newEvent(t)), 202, 1)
}

func TestSecretsThatCannotBeHadLoseNothing(t *testing.T) {
	for name, secrets := range map[string]func(context.Context) ([]signing.Secret, error){
		"an error":     func(context.Context) ([]signing.Secret, error) { return nil, errors.New("sealed") },
		"a panic":      func(context.Context) ([]signing.Secret, error) { panic("sealed") },
		"none":         func(context.Context) ([]signing.Secret, error) { return nil, nil },
		"an empty one": func(context.Context) ([]signing.Secret, error) { return make([]signing.Secret, 1), nil },
		"some, and an error": func(context.Context) ([]signing.Secret, error) {
			return []signing.Secret{oldSecret}, errors.New("sealed")
		},
	} {
		t.Run(name, func(t *testing.T) {
			broken := true
			var got []webhook.Report
			r := start(t, webhook.Config{Observe: observeInto(&got),
				SecretsFunc: func(ctx context.Context) ([]signing.Secret, error) {
					if broken {
						return secrets(ctx)
					}
					return []signing.Secret{oldSecret}, nil
				}})
			event := newEvent(t)
			r.want(t, r.deliver(t, event), 503, 0)
			if got[0].Refusal.Reason != webhook.ReasonSecretsUnavailable || got[0].Err == nil || got[0].Event != nil {
				t.Errorf("the report is %+v", got[0])
			}
			broken = false
			r.want(t, r.deliver(t, event), 202, 1)
		})
	}
}

func TestSecretsAreAskedForOncePerDeliveryWithItsContext(t *testing.T) {
	type key struct{}
	asked := 0
	r := start(t, webhook.Config{SecretsFunc: func(ctx context.Context) ([]signing.Secret, error) {
		asked++
		if ctx.Value(key{}) != "value" {
			t.Error("the values of the request are gone")
		}
		return []signing.Secret{newSecret, oldSecret}, nil
	}})
	request := webhooktest.Request(t, "https://example.com/", oldSecret, newEvent(t))
	r.want(t, r.serve(t, request.WithContext(context.WithValue(t.Context(), key{}, "value"))), 202, 1)
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// provider delivers events as a subscription's policy says: again after every status on its list.
type provider struct {
	url    string
	client *http.Client
	secret atomic.Pointer[signing.Secret]
	codes  []int32
}

// deliver delivers an event until it arrives. It counts the attempts, and those that were answered with 401.
func (p *provider) deliver(t *testing.T, event *webhook.Event, attempts, refused *atomic.Int32) (arrived bool) {
	for range 10_000 {
		// The signature is made anew for each attempt, by the secret that the subscription has then.
		response, err := p.client.Do(webhooktest.Request(t, p.url, *p.secret.Load(), event))
		if err != nil {
			t.Error(err)
			return false
		}
		_ = response.Body.Close()
		attempts.Add(1)
		switch {
		case response.StatusCode < 300:
			return true
		case response.StatusCode == http.StatusUnauthorized:
			refused.Add(1)
		}
		if !slices.Contains(p.codes, int32(response.StatusCode)) {
			t.Errorf("status %d loses an event", response.StatusCode)
			return false
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("an event does not arrive")
	return false
}

// Secrets are changed under load, in each order of the two sides. In the right order nothing is refused; in the wrong
// one deliveries are, and come again. Either way each event is handled once.
func TestNoDeliveryIsLostWhileSecretsAreChanged(t *testing.T) {
	const senders, rotations = 8, 6
	secretOf := func(n int) signing.Secret { return signing.NewSecret(fmt.Sprintf("secret-of-rotation-%d", n)) }
	for name, order := range map[string]string{
		"in the right order":         "both, sender, settle, receiver",
		"with the receiver first":    "receiver, settle, sender",
		"with the sender first":      "sender, settle, receiver",
		"without a pause in between": "settle, sender, receiver",
	} {
		t.Run(name, func(t *testing.T) {
			var active atomic.Pointer[[]signing.Secret]
			var mu sync.Mutex
			handled := map[string]int{}
			r := start(t, webhook.Config{
				SecretsFunc: func(context.Context) ([]signing.Secret, error) { return *active.Load(), nil },
				Handle: func(_ context.Context, event *webhook.Event) error {
					mu.Lock()
					defer mu.Unlock()
					handled[event.ID.String()]++
					return nil
				}})
			server := httptest.NewServer(r)
			t.Cleanup(server.Close)
			p := &provider{url: server.URL, client: server.Client(), codes: webhook.RetryStatusCodes()}
			receiver := func(secrets ...signing.Secret) { active.Store(&secrets) }
			sender := func(secret signing.Secret) { p.secret.Store(&secret) }
			receiver(secretOf(0))
			sender(secretOf(0))

			var attempts, refused [senders]atomic.Int32
			var arrived atomic.Int32
			var over atomic.Bool
			var group sync.WaitGroup
			for i := range senders {
				group.Go(func() {
					for !over.Load() && p.deliver(t, newEvent(t), &attempts[i], &refused[i]) {
						arrived.Add(1)
					}
				})
			}
			// settle waits until what every sender had under way is answered.
			settle := func() {
				for i := range senders {
					for before := attempts[i].Load(); attempts[i].Load() < before+2 && !t.Failed(); {
						time.Sleep(time.Millisecond)
					}
				}
			}
			for n := range rotations {
				before, after := secretOf(n), secretOf(n+1)
				for step := range strings.SplitSeq(order, ", ") {
					map[string]func(){
						"both": func() { receiver(after, before) }, "receiver": func() { receiver(after) },
						"sender": func() { sender(after) }, "settle": settle,
					}[step]()
				}
			}
			over.Store(true)
			group.Wait()
			var refusals int32
			for i := range refused {
				refusals += refused[i].Load()
			}
			if int32(len(handled)) != arrived.Load() || arrived.Load() < senders {
				t.Errorf("%d events arrived, %d are handled", arrived.Load(), len(handled))
			}
			for id, times := range handled {
				if times != 1 {
					t.Errorf("%s was handled %d times", id, times)
				}
			}
			if none := name == "in the right order"; none != (refusals == 0) && name != "without a pause in between" {
				t.Errorf("%d deliveries were refused", refusals)
			}
		})
	}
}
