package contracttest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// judgedOfAttempts are cases of what looks at the attempts to deliver an event.
func judgedOfAttempts(t *testing.T) map[string][]judged {
	t.Helper()
	const answers = "/" + aHook + "/500/200/?a=1"
	event, kind := anEvent(t, oneID)
	renamed, _ := anEvent(t, otherID)
	// came are attempts with these bodies, as the path has them answered.
	came := func(bodies ...string) *receiver {
		c := deliveredTo(t, aHook, bodies...)
		for i := range c.byPath[aHook] {
			d := &c.byPath[aHook][i]
			d.method, d.target, d.answered = http.MethodPost, answers, http.StatusOK
			if i == 0 {
				d.answered = http.StatusInternalServerError
			}
		}
		return c
	}
	with := func(c *receiver, change func(last *delivery)) *receiver {
		change(&c.byPath[aHook][len(c.byPath[aHook])-1])
		return c
	}
	policy := func(codes string) string {
		return `{"retry_on_status_codes":[` + codes + `],"backoff_coefficient":2,"maximum_attempts":2,` +
			`"initial_interval_seconds":30,"maximum_interval_seconds":300}`
	}
	made := func(policy string) said {
		return said{operation: "createSubscription", status: 201, answer: `{"id":"` + otherID + `"}`,
			sent: `{"events":["` + kind + `"],"url":"` + answers + `","shared_secret":"` + hooksOwn +
				`","retry_policy":` + policy + `}`}
	}
	trigger := said{operation: "triggerWebhook", status: 202, sent: event}
	attempt := func(code int, success bool, minute string) string {
		return `{"delivery_attempt_id":"` + minute + `","subscription_id":"` + otherID + `","success":` +
			strconv.FormatBool(success) + `,"response_code":` + strconv.Itoa(code) + `,"called_at":"2026-03-02T15:` +
			minute + `:00Z"}`
	}
	list := func(attempts ...string) said {
		return said{operation: "listEvents", status: 200, answer: `{"items":[{"event":` + event +
			`,"delivery_attempts":[` + strings.Join(attempts, ",") + `]}]}`}
	}
	right := list(attempt(500, false, "00"), attempt(200, true, "01"))
	at := func(policy string, c *receiver, list said, between ...said) []said {
		return slices.Concat([]said{made(policy), trigger}, between, []said{{clock: "10m"}, {await: true, came: c},
			list})
	}
	args := map[string]string{"subscription": otherID, "event": oneID}
	rotated := said{operation: "updateSubscription", target: "/api/v1/subscriptions/" + otherID + "/", status: 200,
		sent: `{"shared_secret":"another-secret-of-it"}`}
	moved := rotated
	moved.sent = `{"url":"/` + otherHook + `/"}`
	newly := func(d *delivery) {
		signature, err := signing.SignWebhook(signing.NewSecret("another-secret-of-it"), d.body)
		if err != nil {
			t.Fatal(err)
		}
		d.header.Set(signing.HeaderSignature, signature)
	}
	spaced := func(d *delivery) { d.body = append(d.body, ' ') }
	named := policy("500")
	return map[string][]judged{"attempts": {
		{"another attempt has another id", at(named, came(event, renamed), right), args,
			"F908 body /event_id differs again"},
		{"another attempt is the same", at(named, came(event, event), right), args, ""},
		{"another attempt has the signature of other bytes", at(named, with(came(event, event), spaced), right), args,
			"F908 header x-jiko-signature signature again"},
		{"another attempt is signed with a later secret", at(named, with(came(event, event), newly), right, rotated),
			args, ""},
		{"another attempt is signed with nobody's secret", at(named, with(came(event, event), newly), right), args,
			"F908 header x-jiko-signature signature again"},
		{"it is posted without the query", at(named, with(came(event, event), func(d *delivery) {
			d.target, _, _ = strings.Cut(d.target, "?")
		}), right), args, "F908 url address again"},
		{"it is posted below a path that is in between", at(named, with(came(event, event), func(d *delivery) {
			d.target = "/in/between" + d.target
		}), right), args, ""},
		{"it is put", at(named, with(came(event, event), func(d *delivery) { d.method = http.MethodPut }), right), args,
			"F908 url address again"},
		{"it comes after a 200", at(named, came(event, event, event), right), args, "F908 event doubled 200"},
		{"there is none after a status of the policy", at(named, came(event), list(attempt(500, false, "00"))), args,
			"F908 event missing again"},
		{"there is one after a status of another policy", at(policy("404"), came(event, event), right), args,
			"F908 event doubled unwanted"},
		{"there is none after a status of another policy", at(policy("404"), came(event),
			list(attempt(500, false, "00"))), args, ""},
		{"there is none without a policy", at("null", came(event), list(attempt(500, false, "00"))), args, ""},
		{"a 500 is a success", at(named, came(event, event), list(attempt(500, true, "00"), attempt(200, true, "01"))),
			args, "F908 body /items/*/delivery_attempts/*/success attempts"},
		{"a 200 is none", at(named, came(event, event), list(attempt(500, false, "00"), attempt(200, false, "01"))),
			args, "F908 body /items/*/delivery_attempts/*/success attempts"},
		{"two have one id", at(named, came(event, event), list(attempt(500, false, "00"),
			strings.Replace(attempt(200, true, "01"), `_id":"01`, `_id":"00`, 1))), args,
			"F908 body /items/*/delivery_attempts/*/delivery_attempt_id attempts same_id"},
		{"one is not listed", at(named, came(event, event), list(attempt(200, true, "01"))), args,
			"F908 body /items/*/delivery_attempts/*/response_code attempts unlisted"},
		{"one is listed that was not made", at(named, came(event, event), list(attempt(500, false, "00"),
			attempt(200, true, "01"), attempt(200, true, "02"))), args,
			"F908 body /items/*/delivery_attempts attempts uncalled"},
		{"one is too soon", at(named, came(event, event), list(attempt(500, false, "00"),
			strings.Replace(attempt(200, true, "01"), "15:01", "15:00", 1))), args,
			"F908 body /items/*/delivery_attempts/*/called_at attempts too_soon"},
		{"the subscription was changed", at(named, came(event), list(attempt(500, false, "00")), moved), args, ""},
		{"it happened twice", at(named, came(event), list(attempt(500, false, "00")), trigger), args, ""},
		{"nothing listens", at(named, nil, right), args, ""},
	}}
}

// A path says how what comes there is answered: each event by itself.
func TestAPathSaysHowItIsAnswered(t *testing.T) {
	t.Parallel()
	c := &receiver{byPath: map[string][]delivery{}, forgotten: map[string]bool{}}
	deliver := func(rest, payload string) (status int) {
		defer func() {
			if recover() != nil {
				status = 0
			}
		}()
		content := `{"event_id":"a","payload":` + payload + `}`
		w := httptest.NewRecorder()
		c.ServeHTTP(w, httptest.NewRequest("POST", "/"+aHook+rest, strings.NewReader(content)))
		return w.Code
	}
	for i, want := range []int{503, 204, 0, 200, 200} {
		if got := deliver("/503/204/none/?a=1", `{"n":1}`); got != want {
			t.Errorf("%d is the answer to the attempt %d, want %d", got, i+1, want)
		}
	}
	if got := deliver("/503/204/none/?a=1", `{"n":2}`); got != 503 {
		t.Errorf("%d is the answer to another event, want 503", got)
	}
	if got := deliver("/v1/503", `{"n":3}`); got != 200 {
		t.Errorf("%d is the answer at a path that says nothing", got)
	}
	if n := len(c.at(aHook)); n != 7 {
		t.Errorf("%d are kept, want 7", n)
	}
	if d := c.at(aHook)[1]; d.answered != 204 || d.target != "/"+aHook+"/503/204/none/?a=1" || d.method != "POST" {
		t.Errorf("%s %s was answered with %d", d.method, d.target, d.answered)
	}
	again := []pair{{aHook, "a"}, {aHook, "a"}}
	if !c.has(again) || c.has([]pair{{aHook, "b"}}) || c.has(slices.Repeat(again, 4)) {
		t.Error("it is not known how often an event has come")
	}
}
