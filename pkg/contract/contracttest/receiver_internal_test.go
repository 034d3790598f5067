package contracttest

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// A server may deliver without end. What is kept has an end, and what is forgotten is not held against anybody.
func TestDeliveriesAreForgottenAndNotMissed(t *testing.T) {
	t.Parallel()
	c := &receiver{byPath: map[string][]delivery{}, forgotten: map[string]bool{}}
	deliver := func(path, body string) {
		c.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/"+path+"/", strings.NewReader(body)))
	}
	deliver("first", `{"event_id":"a"}`)
	for range 20 {
		deliver("many", `{"event_id":"`+strings.Repeat("b", mostDelivery/2)+`"}`)
	}
	deliver("last", `{"event_id":"c"}`)
	kept := 0
	for _, all := range c.byPath {
		for _, d := range all {
			kept += d.size()
		}
	}
	if kept > mostDeliveries || kept != c.bytes {
		t.Errorf("%d bytes are kept, and %d counted", kept, c.bytes)
	}
	if c.isWhole("first") || c.isWhole("many") || !c.isWhole("last") || len(c.at("last")) != 1 || c.received() != 22 {
		t.Error("it is not known what is forgotten")
	}
	e := &exchange{step: callBy("listEvents", ""), value: decoded(t, `{"items":[{"event":{"event_id":"a"}}]}`)}
	e.answer.Status = 200
	tr := &trace{steps: []step{{Await: true}, e.step}, exchanges: [][]*exchange{nil, {e}}}
	r := &run{receiver: c}
	for path, want := range map[string]bool{"first": false, "last": true} {
		found := judges[judgeDelivered](r, tr, 1, map[string]string{"hook": path, "secret": "0123456789abcdef",
			"events": "a"})
		if len(found) > 0 != want {
			t.Errorf("at %s: %v", path, found)
		}
	}
}

func TestPathsAreForgottenWithinABound(t *testing.T) {
	t.Parallel()
	c := &receiver{byPath: map[string][]delivery{}, forgotten: map[string]bool{}}
	for i := range 2*mostForgotten + mostDeliveries/512 {
		c.keep(fmt.Sprint(i), delivery{})
	}
	if len(c.forgotten) > mostForgotten || len(c.byPath) > mostDeliveries/512 || c.isWhole("another") {
		t.Errorf("%d are forgotten, %d kept", len(c.forgotten), len(c.byPath))
	}
}

// Where deliveries cannot come, the run says so before it begins, and does not wait for them in vain.
func TestAReceiverThatTheServerCannotReachIsAWrongConfiguration(t *testing.T) {
	t.Parallel()
	const there, tunnel = "https://api.example.com", "https://tunnel.example.com"
	for _, c := range []struct {
		name, server, address, url string
		isRight, receives          bool
	}{
		{"nothing", there, "", "", true, false},
		{"nothing, for a server here", "http://127.0.0.1:1", "", "", true, true},
		{"a tunnel to an address", there, "127.0.0.1:0", tunnel, true, true},
		{"a tunnel with a path", there, "127.0.0.1:0", tunnel + "/hooks/", true, true},
		{"a tunnel to nowhere", there, "", tunnel, false, false},
		{"a tunnel to nowhere, for a server here", "http://127.0.0.1:1", "", tunnel, false, false},
		{"an address of this machine alone", there, "127.0.0.1:0", "", false, false},
		{"an address that is any", "http://127.0.0.1:1", "0.0.0.0:0", "", false, false},
		{"an address that is none", there, "nowhere", tunnel, false, false},
		{"no URL", there, "127.0.0.1:0", "tunnel.example.com", false, false},
		{"another kind of URL", there, "127.0.0.1:0", "ftp://tunnel.example.com", false, false},
		{"a URL without a host", there, "127.0.0.1:0", "https://:443", false, false},
		{"a URL with a query", there, "127.0.0.1:0", tunnel + "?a=b", false, false},
		{"a URL with a password", there, "127.0.0.1:0", "https://a:b@tunnel.example.com", false, false},
	} {
		r, stop, err := begin(t.Context(), Config{URL: c.server, ReceiverAddress: c.address, ReceiverURL: c.url,
			Username: "acme", Password: signing.NewSecret("password"), AllowWrites: true,
			SigningSecret: signing.NewSecret("signing-secret")})
		if (err == nil) != c.isRight || err != nil && !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil {
			continue
		}
		if (r.receiver != nil) != c.receives || c.url != "" && r.receiver.url != strings.TrimSuffix(c.url, "/") {
			t.Errorf("%s: it receives at %+v", c.name, r.receiver)
		}
		stop()
	}
}

// What is waited for is named by the id of the event, or by that of what it is about.
func TestAnEventHasComeByWhatItIsAbout(t *testing.T) {
	t.Parallel()
	event, _ := anEvent(t, oneID)
	c := deliveredTo(t, aHook, event)
	for _, id := range []string{oneID, aKey} {
		if !c.has([]pair{{aHook, id}}) || c.has([]pair{{aHook, id}, {aHook, id}}) || c.has([]pair{{otherHook, id}}) {
			t.Errorf("%s has not come once, and to where it was sent", id)
		}
	}
	if c.has([]pair{{aHook, otherID}}) || c.has([]pair{{aHook, ""}}) {
		t.Error("what never came has come")
	}
}
