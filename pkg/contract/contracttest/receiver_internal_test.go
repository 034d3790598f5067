package contracttest

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
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
