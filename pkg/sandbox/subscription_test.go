package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// sharedSecret is in no answer and in no log, which the end of all tests makes sure of.
const sharedSecret = "shared-secret-" + marker

// subscribe makes a subscription to some types of events.
func (w *world) subscribe(t testing.TB, events ...string) *partnerapi.Subscription {
	t.Helper()
	s, err := w.Subscriptions.Create(t.Context(), partnerapi.CreateSubscriptionRequest{Events: events,
		URL: "https://example.com/webhooks", SharedSecret: sharedSecret})
	return must(t, s, err)
}

func policy() partnerapi.RetryPolicy {
	return partnerapi.RetryPolicy{RetryOnStatusCodes: []int32{502, 503}, BackoffCoefficient: 2, MaximumAttempts: 5,
		InitialIntervalSeconds: 30, MaximumIntervalSeconds: 300}
}

func TestASubscriptionFromItsBeginningToItsEnd(t *testing.T) {
	w := open(t)
	body := `{"description":"mine","events":["application.approved","card.status.open","application.approved"],` +
		`"url":"HTTP://localhost:9/hooks?x=1","shared_secret":"` + sharedSecret + `","retry_policy":` +
		encode(t, policy()) + `}`
	made := w.raw(t, uuid.NewString(), http.MethodPost, "/api/v1/subscriptions/", body)
	if made.status != http.StatusCreated || strings.Contains(made.body, marker) {
		t.Fatalf("%d %s", made.status, made.body)
	}
	page, err := w.Subscriptions.List(t.Context(), &partnerapi.ListSubscriptionsParams{Limit: ptr(1)})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	s := page.Items[0]
	if got := encode(t, s); got != strings.TrimSpace(made.body) {
		t.Errorf("listed as %s, made as %s", got, made.body)
	}
	if *s.Description != "mine" || s.Status != partnerapi.SubscriptionStatusEnabled ||
		!slices.Equal(s.Events, []string{"application.approved", "card.status.open"}) ||
		s.URL != "HTTP://localhost:9/hooks?x=1" || encode(t, s.RetryPolicy) != encode(t, policy()) ||
		s.ObjectType != "Subscription" || s.TimeCreated.IsZero() || !s.UpdatedAt.Equal(s.TimeCreated) {
		t.Errorf("%s", encode(t, s))
	}
	for _, c := range []struct {
		name   string
		change partnerapi.UpdateSubscriptionRequest
		want   func(*partnerapi.Subscription)
	}{
		{"nothing", partnerapi.UpdateSubscriptionRequest{}, func(*partnerapi.Subscription) {}},
		{"the status", partnerapi.UpdateSubscriptionRequest{Status: ptr(partnerapi.SubscriptionStatusDisabled)},
			func(s *partnerapi.Subscription) { s.Status = partnerapi.SubscriptionStatusDisabled }},
		{"the types", partnerapi.UpdateSubscriptionRequest{Events: []string{"card.status.closed"}},
			func(s *partnerapi.Subscription) { s.Events = []string{"card.status.closed"} }},
		{"the URL", partnerapi.UpdateSubscriptionRequest{URL: ptr("https://example.com/new")},
			func(s *partnerapi.Subscription) { s.URL = "https://example.com/new" }},
		{"the secret", partnerapi.UpdateSubscriptionRequest{SharedSecret: ptr(sharedSecret + "-new")},
			func(*partnerapi.Subscription) {}},
		{"the policy to the provider's", partnerapi.UpdateSubscriptionRequest{
			RetryPolicy: nullable.NewNullNullable[partnerapi.RetryPolicy]()},
			func(s *partnerapi.Subscription) { s.RetryPolicy.SetNull() }},
		{"the description and the status", partnerapi.UpdateSubscriptionRequest{Description: ptr(""),
			Status: ptr(partnerapi.SubscriptionStatusEnabled)},
			func(s *partnerapi.Subscription) {
				s.Description, s.Status = ptr(""), partnerapi.SubscriptionStatusEnabled
			}},
	} {
		t.Run("changes "+c.name, func(t *testing.T) {
			changed, err := w.Subscriptions.Update(t.Context(), s.ID, c.change)
			if err != nil {
				t.Fatal(err)
			}
			if later := changed.UpdatedAt.After(s.UpdatedAt); later == (c.name == "nothing") {
				t.Errorf("updated at %v, before at %v", changed.UpdatedAt, s.UpdatedAt)
			}
			s.UpdatedAt = changed.UpdatedAt
			c.want(&s)
			read, err := w.Subscriptions.Get(t.Context(), s.ID)
			if err != nil || encode(t, read) != encode(t, s) || encode(t, changed) != encode(t, s) {
				t.Errorf("%s, then %s, %v; want %s", encode(t, changed), encode(t, read), err, encode(t, s))
			}
		})
	}
	if a := w.raw(t, uuid.NewString(), http.MethodPatch, "/api/v1/subscriptions/"+s.ID.String()+"/",
		`{"description":"again"}`); a.status != http.StatusOK {
		t.Errorf("an update is answered with %d", a.status)
	}
	if err := w.Subscriptions.Delete(t.Context(), s.ID); err != nil {
		t.Error(err)
	}
	for name, call := range map[string]func() error{
		"get":    func() error { _, err := w.Subscriptions.Get(t.Context(), s.ID); return err },
		"delete": func() error { return w.Subscriptions.Delete(t.Context(), s.ID) },
		"update": func() error {
			_, err := w.Subscriptions.Update(t.Context(), s.ID, partnerapi.UpdateSubscriptionRequest{})
			return err
		},
	} {
		t.Run("then "+name+" finds nothing", func(t *testing.T) { refused(t, call(), http.StatusNotFound) })
	}
}

func TestWhatIsLeftOutOfASubscription(t *testing.T) {
	s := open(t).subscribe(t, "card.status.open")
	if *s.Description != "" || !s.RetryPolicy.IsNull() {
		t.Errorf("%s", encode(t, s))
	}
}

func TestASubscriptionIsRefused(t *testing.T) {
	w := open(t)
	s := w.subscribe(t, "card.status.open")
	withPolicy := func(old, by string) string {
		return `{"retry_policy":` + strings.Replace(encode(t, policy()), old, by, 1) + `}`
	}
	for _, c := range []struct{ name, change, place string }{
		{"without types", `{"events":[]}`, "body.events"},
		{"with a type that is none", `{"events":["card.status.open","card.status.lost"]}`, "body.events.1"},
		{"with a URL that has no scheme", `{"url":"example.com/hooks"}`, "body.url"},
		{"with a URL that has no host", `{"url":"https:///hooks"}`, "body.url"},
		{"with a URL for something else", `{"url":"ftp://example.com/"}`, "body.url"},
		{"with a URL that is none", `{"url":"https://exa mple.com/"}`, "body.url"},
		{"with a URL that is too long", `{"url":"https://example.com/` + strings.Repeat("x", 2064) + `"}`, "body.url"},
		{"with a secret that is too short", `{"shared_secret":"015characters-x"}`, "body.shared_secret"},
		{"with a status that is none", `{"status":"paused"}`, "body.status"},
		{"with half a policy", withPolicy(`"maximum_attempts":5,`, ""), "body.retry_policy.maximum_attempts"},
		{"with no attempt", withPolicy(`"maximum_attempts":5`, `"maximum_attempts":0`),
			"body.retry_policy.maximum_attempts"},
		{"with a coefficient of 0", withPolicy(`"backoff_coefficient":2`, `"backoff_coefficient":0`),
			"body.retry_policy.backoff_coefficient"},
		{"with no time at first", withPolicy(`"initial_interval_seconds":30`, `"initial_interval_seconds":0`),
			"body.retry_policy.initial_interval_seconds"},
		{"with no time at most", withPolicy(`"maximum_interval_seconds":300`, `"maximum_interval_seconds":0`),
			"body.retry_policy.maximum_interval_seconds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := "/api/v1/subscriptions/"
			a := w.raw(t, uuid.NewString(), http.MethodPatch, path+s.ID.String()+"/", c.change)
			want := `"` + c.place[strings.LastIndex(c.place, ".")+1:] + `"`
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, want) {
				t.Errorf("a change: %d %s; want %s", a.status, a.body, want)
			}
			if strings.Contains(c.change, "status") && !strings.Contains(c.change, "events") &&
				!strings.Contains(c.change, "policy") {
				return // One cannot be made with a status.
			}
			valid := map[string]string{"events": `["card.status.open"]`, "url": `"https://example.com/"`,
				"shared_secret": `"` + sharedSecret + `"`}
			body := strings.TrimSuffix(c.change, "}")
			for _, name := range []string{"events", "url", "shared_secret"} {
				if !strings.Contains(c.change, `"`+name+`"`) {
					body += `,"` + name + `":` + valid[name]
				}
			}
			a = w.raw(t, uuid.NewString(), http.MethodPost, path, body+"}")
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, want) {
				t.Errorf("a new one: %d %s; want %s", a.status, a.body, want)
			}
		})
	}
	if same, err := w.Subscriptions.Get(t.Context(), s.ID); err != nil || encode(t, same) != encode(t, s) {
		t.Errorf("it is %s, %v; was %s", encode(t, same), err, encode(t, s))
	}
}

func TestSubscriptionsAreListedPageByPage(t *testing.T) {
	w := open(t)
	var want, got []uuid.UUID
	for range 32 {
		want = slices.Insert(want, 0, w.subscribe(t, "card.status.open").ID)
	}
	for s, err := range w.Subscriptions.All(t.Context(), &partnerapi.ListSubscriptionsParams{Limit: ptr(5)}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, s.ID); len(got) == len(want) {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	page, err := w.Subscriptions.List(t.Context(), nil)
	if err != nil || len(page.Items) != 30 || *page.ObjectType != "CursorList" || !page.PrevPage.IsNull() {
		t.Errorf("%d items, %v; want 30", len(page.Items), err)
	}
	_, err = w.Subscriptions.List(t.Context(), &partnerapi.ListSubscriptionsParams{Cursor: ptr("x")})
	refused(t, err, http.StatusUnprocessableEntity, "query.cursor")
}
