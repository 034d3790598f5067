package zoo

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// posts are broken in which events reach whom, and how.
var posts = []Animal{
	{
		Name: "one-type-never-comes", Fault: "The event of a card that was locked is not delivered.",
		Checks: []string{"F908"}, Operations: []string{"triggerWebhook"}, Place: "missing",
		Break: relaying(func(p *posted) int {
			if p.kind() == "card.status.locked" {
				return 0
			}
			return 1
		}),
	},
	{
		Name: "everything-twice", Fault: "An event comes again although it was taken.",
		Checks: []string{"F908"}, Operations: []string{"createSubscription"}, Place: "doubled",
		Break: relaying(func(*posted) int { return 2 }),
	},
	{
		Name: "events-unsigned", Fault: "Events are not signed.",
		Checks: []string{"F908"}, Operations: []string{"createSubscription"}, Place: "unsigned",
		Break: relaying(func(p *posted) int { p.header.Del(signing.HeaderSignature); return 1 }),
	},
	{
		Name: "old-secret", Fault: "Events are signed with the first secret that a subscription had.",
		Checks: []string{"F908"}, Operations: []string{"updateSubscription"}, Place: "old_secret",
		Break: relaying(func(p *posted) int { p.sign(p.secrets[0]); return 1 }),
	},
	{
		Name: "signed-before-it-was-written", Fault: "What is signed is written otherwise than what is sent.",
		Checks: []string{"F908"}, Operations: []string{"createSubscription"}, Place: "signature",
		Break: relaying(func(p *posted) int {
			var other bytes.Buffer
			_ = json.Indent(&other, p.body, "", "  ")
			p.body = other.Bytes()
			return 1
		}),
	},
	{
		Name: "events-signed-in-hex", Fault: "The signature of an event is hexadecimal.",
		Checks: []string{"F908"}, Operations: []string{"triggerWebhook"}, Place: "signature",
		Break: relaying(func(p *posted) int {
			raw, _ := base64.StdEncoding.DecodeString(p.header.Get(signing.HeaderSignature))
			p.header.Set(signing.HeaderSignature, hex.EncodeToString(raw))
			return 1
		}),
	},
	{
		Name: "event-without-payload", Fault: "An event has no payload.",
		Checks: []string{"F908"}, Operations: []string{"triggerWebhook"}, Place: "schema",
		Break: relaying(func(p *posted) int {
			p.body, _ = json.Marshal(lacking(decode(p.body), "payload"))
			p.sign(p.secrets[len(p.secrets)-1])
			return 1
		}),
	},
	{
		Name: "event-as-text", Fault: "An event comes as text/plain.",
		Checks: []string{"F908"}, Operations: []string{"createSubscription"}, Place: "content-type",
		Break: relaying(func(p *posted) int { p.header.Set(headerMedia, "text/plain"); return 1 }),
	},
	{
		Name: "another-time-listed", Fault: "The time of an event in the list is not that of the delivery.",
		Checks: []string{"F908"}, Operations: []string{"listEvents"}, Place: "/timestamp",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if _, has := object["event_id"]; has {
					object["timestamp"] = "2020-01-01T00:00:00Z"
				}
			})
		}, "listEvents"),
	},
	{
		Name: "transfers-without-events", Fault: "There is no event of a transfer that succeeded.",
		Checks: []string{"F908"}, Operations: []string{"listEvents"}, Place: "no_event",
		Break: filtered(func(item any) bool { return in(item, "event", "event_type") != "transfers.on-us.success" },
			"listEvents"),
	},
	{
		Name: "later-ones-first", Fault: "The approval of an application comes after what happened later.",
		Checks: []string{"F908"}, Operations: []string{"triggerWebhook"}, Place: "order",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			var held []*posted
			return relaying(func(p *posted) int {
				mu.Lock()
				defer mu.Unlock()
				if p.kind() == "application.approved" {
					kept := *p
					held = append(held, &kept)
					return 0
				}
				p.send()
				if !strings.HasPrefix(p.kind(), "application.") {
					return 0
				}
				for _, late := range held {
					late.send()
				}
				held = nil
				return 0
			})(b)
		},
	},
	{
		Name: "disabled-and-delivered", Fault: "A subscription that is disabled gets events.",
		Checks: []string{"F908"}, Operations: []string{"updateSubscription"}, Place: "disabled",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if s := b.signedBy(r, body); s.given == s.want && in(decode(body), "status") == "disabled" {
				a := b.read(r, r.URL.Path)
				a.setValue(with(a.value(), "status", "disabled"))
				a.write(w)
				return
			}
			b.serve(w, r, body)
		}, "updateSubscription"),
	},
	{
		Name: "removed-and-delivered", Fault: "A subscription that was removed gets events.",
		Checks: []string{"F908"}, Operations: []string{"deleteSubscription"}, Place: "deleted",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			urls, events := map[string]any{}, map[string]any{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				mu.Lock()
				defer mu.Unlock()
				if r.Method == http.MethodDelete {
					if url := urls[r.URL.Path]; url != nil {
						copied, _ := json.Marshal(map[string]any{"events": events[r.URL.Path], "url": url,
							"shared_secret": "0123456789abcdef"})
						again := r.Clone(r.Context())
						again.Method, again.RequestURI = http.MethodPost, "/api/v1/subscriptions/"
						again.URL.Path = again.RequestURI
						again.Header.Set(headerMedia, "application/json")
						b.rekey(again, copied)
						b.ask(again, copied)
					}
				}
				a := b.ask(r, body)
				id, _ := in(a.value(), "id").(string)
				if url := in(a.value(), "url"); id != "" && url != nil {
					path := "/api/v1/subscriptions/" + id + "/"
					urls[path], events[path] = url, in(a.value(), "events")
				}
				a.write(w)
			}, "createSubscription", "updateSubscription", "deleteSubscription")(b)
		},
	},
	{
		Name: "moved-and-not-told", Fault: "Events go to the address that a subscription had at first.",
		Checks: []string{"F908"}, Operations: []string{"updateSubscription"}, Place: "after_move",
		Break: rewriting(func(asked map[string]any) {
			if len(asked) == 1 {
				delete(asked, "url")
			}
		}, "updateSubscription"),
	},
	{
		Name: "events-for-everybody", Fault: "A subscription gets events of all types.",
		Checks: []string{"F908"}, Operations: []string{"createSubscription"}, Place: "not_subscribed",
		Break: rewriting(func(asked map[string]any) {
			if events, ok := asked["events"].([]any); ok && len(events) == 1 {
				asked["events"] = append(events, "application.rejected", "card.status.open")
			}
		}, "createSubscription"),
	},
}

// posted is an event on its way to a subscriber.
type posted struct {
	to     string
	header http.Header
	body   []byte
	// secrets are all that the subscription has had.
	secrets []string
}

func (p *posted) kind() string {
	kind, _ := in(decode(p.body), "event_type").(string)
	return kind
}

func (p *posted) sign(secret string) {
	if s, err := signing.SignWebhook(signing.NewSecret(secret), p.body); err == nil {
		p.header.Set(signing.HeaderSignature, s)
	}
}

// send has it arrive, and says with what status it was taken: 502 if nobody answers.
func (p *posted) send() int {
	//nolint:noctx // The client has a timeout.
	request, err := http.NewRequest(http.MethodPost, p.to, bytes.NewReader(p.body))
	if err != nil {
		return http.StatusBadGateway
	}
	request.Header = p.header.Clone()
	client := &http.Client{Timeout: 5 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return http.StatusBadGateway
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// relaying has events go through something that changes them, and says how often each arrives.
func relaying(change func(*posted) int) func(Bank) http.Handler {
	return relayingBack(change, func(int) int { return http.StatusOK })
}

// relayingBack is relaying that lets the sender know how the last one was taken, or what is made of that.
func relayingBack(change func(*posted) int, taken func(status int) int) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		byToken, byID := map[string]*posted{}, map[string]*posted{}
		listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // It is there as long as the process.
		if err != nil {
			panic(err)
		}
		base := "http://" + listener.Addr().String() + "/"
		go func() {
			//nolint:gosec // It is for tests, which end it.
			_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				mu.Lock()
				to := byToken[strings.Trim(r.URL.Path, "/")]
				if to == nil {
					mu.Unlock()
					return
				}
				p := &posted{to: to.to, header: r.Header.Clone(), body: body, secrets: to.secrets}
				mu.Unlock()
				status := http.StatusOK
				for range change(p) {
					status = p.send()
				}
				w.WriteHeader(taken(status))
			}))
		}()
		shown := onSuccess(func(v any) any {
			mu.Lock()
			defer mu.Unlock()
			return each(v, func(object map[string]any) {
				address, _ := object["url"].(string)
				if token, isOurs := strings.CutPrefix(address, base); isOurs && byToken[token] != nil {
					object["url"] = byToken[token].to
				}
			})
		}, "createSubscription", "getSubscription", "updateSubscription", "listSubscriptions")(b)
		tokens := map[string]string{}
		return onCall(func(_ Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			asked, ok := decode(body).(map[string]any)
			s := b.signedBy(r, body)
			address, hasURL := asked["url"].(string)
			secret, _ := asked["shared_secret"].(string)
			parsed, err := url.Parse(address)
			isURL := err == nil && parsed.String() == address && strings.HasPrefix(address, "http://127.0.0.1")
			if !ok || !isPlain(body) || s.given != s.want || hasURL && !isURL || len(r.Header[headerKey]) != 1 {
				(Bank{shown, b.SigningSecret}).serve(w, r, body)
				return
			}
			mu.Lock()
			to, token := byID[lastPart(r.URL.Path)], ""
			if r.Method == http.MethodPost && hasURL {
				// A repeat has the same address as the request that it repeats.
				token = tokens[s.key+string(body)]
				if token == "" {
					token = uuid.NewString()
					tokens[s.key+string(body)] = token
					byToken[token] = &posted{to: address}
				}
				to = byToken[token]
				asked["url"] = base + token
				body, _ = json.Marshal(asked)
				b.put(r, body)
			}
			mu.Unlock()
			a := (Bank{shown, b.SigningSecret}).ask(r, body)
			if a.status/100 == 2 && to != nil {
				mu.Lock()
				if secret != "" && !slices.Contains(to.secrets, secret) {
					to.secrets = append(to.secrets, secret)
				}
				if token != "" {
					made, _ := in(a.value(), "id").(string)
					byID[made] = to
				}
				mu.Unlock()
			}
			a.write(w)
		}, "createSubscription", "updateSubscription")(Bank{shown, b.SigningSecret})
	}
}
