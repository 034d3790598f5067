package contracttest

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// judgedOfLost are cases of what looks at several changes at the same time.
func judgedOfLost() map[string][]judged {
	const path = "/api/v1/subscriptions/" + oneID + "/"
	change := func(content string, status int) said {
		return said{operation: "updateSubscription", target: path, sent: content, status: status, answer: "{}"}
	}
	both := func(one, other said) said { one.also = &other; return one }
	read := func(url, description string) said {
		return said{operation: "getSubscription", target: path, status: 200,
			answer: `{"id":"` + oneID + `","url":"` + url + `","description":"` + description + `"}`}
	}
	alone := []said{change(`{"url":"a"}`, 200), change(`{"description":"a"}`, 200), read("a", "a")}
	then := func(before []said, all ...said) []said { return append(before[:len(before):len(before)], all...) }
	race := both(change(`{"url":"b"}`, 200), change(`{"description":"b"}`, 200))
	args := map[string]string{"write": "updateSubscription", "id": oneID, "ids": ""}
	return map[string][]judged{"lost": {
		{"the first of two is lost", then(alone, race, read("a", "b")), args, "F931 body /url lost_at_once"},
		{"the second of two is lost", then(alone, race, read("b", "a")), args, "F931 body /description lost_at_once"},
		{"both are there", then(alone, race, read("b", "b")), args, ""},
		{"one is refused", then(alone, both(change(`{"url":"b"}`, 409), change(`{"description":"b"}`, 200)),
			read("a", "b")), args, ""},
		{"one will be done later", then(alone, both(change(`{"url":"b"}`, 202), change(`{"description":"b"}`, 200)),
			read("a", "b")), args, ""},
		{"both change the same", then(alone, both(change(`{"url":"b"}`, 200), change(`{"url":"c"}`, 200)),
			read("b", "a")), args, ""},
		{"one is not taken alone either", then([]said{change(`{"url":"a"}`, 200), change(`{"description":"a"}`, 200),
			read("x", "a")}, race, read("a", "b")), args, ""},
		{"they come one after the other", then(alone, change(`{"url":"b"}`, 200), change(`{"description":"b"}`, 200),
			read("a", "b")), args, ""},
	}}
}

// A script sends bodies at the same time that differ.
func TestAScriptSendsOtherBodiesBesideTheFirst(t *testing.T) {
	t.Parallel()
	b, err := sandbox.New(sandbox.Config{Clock: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b)
	t.Cleanup(func() { server.Close(); _ = b.Close() })
	made := step{Operation: "createSubscription", Method: "POST", Path: "/api/v1/subscriptions/", Media: mediaJSON,
		Keep: map[string]string{"subscription_id": "/id"}, Body: text(`{"events":["card.status.open"],` +
			`"url":"http://127.0.0.1:1/","shared_secret":"0123456789abcdef"}`)}
	changed := callBy("updateSubscription", "subscription_id")
	changed.Media, changed.Times, changed.OwnKeys = mediaJSON, 2, true
	changed.Body, changed.Beside = text(`{"description":"first"}`), []body{body(`{"url":"http://127.0.0.1:2/"}`)}
	steps := Steps{made, changed, callBy("getSubscription", "subscription_id")}
	f := Finding{Check: checkByCode(codeReadBack), Steps: steps}
	if err := f.Validate(); err != nil {
		t.Error(err)
	}
	shown := paste(t, server.URL, f.Script())
	for _, want := range []string{`"description":"first"`, `"url":"http://127.0.0.1:2/"`} {
		if !strings.Contains(shown, want) {
			t.Errorf("the script does not show %s:\n%s", want, shown)
		}
	}
	f.Steps[1].Times = 1
	if f.Validate() == nil {
		t.Error("a step is taken that has more bodies than requests")
	}
}
