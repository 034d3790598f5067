package contracttest_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

const (
	cameTwice = `a delivery came twice (F908 doubled, in the phase "deliveries")`
	overtook  = "a delivery came before an earlier one about the same thing (F908 order application.approved, " +
		`in the phase "deliveries")`
	nowAndThen = ", and none was seen to do so again: deliveries may, now and then, so this is no finding"
	approved   = `"application.approved"`
)

// A delivery may come twice, and it may come late. What always does so is a finding, and what does so once a warning.
func TestADeliveryMayComeTwiceOrLateOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// post has a delivery arrive, before which n came, or holds it.
		post     func(n int, body string, arrive, hold func())
		finding  string
		warnings []string
	}{
		"all is right": {func(_ int, _ string, arrive, _ func()) { arrive() }, "", nil},
		"each comes twice": {func(_ int, _ string, arrive, _ func()) { arrive(); arrive() }, "event (doubled)",
			nil},
		"the first one comes twice": {func(n int, _ string, arrive, _ func()) {
			arrive()
			if n == 0 {
				arrive()
			}
		}, "", []string{cameTwice + nowAndThen}},
		"one is late, at both of its subscribers": {late(2), "", []string{overtook + nowAndThen}},
		"each of a kind is late":                  {late(1000), "event (order application.approved)", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := bank(t)
			config.ReceiverAddress, config.ReceiverURL = relayed(t, c.post)
			config.Phases = []string{"deliveries"}
			config.Operations = []string{"createSubscription", "updateSubscription", "deleteSubscription",
				"triggerWebhook", "listEvents"}
			report, err := contracttest.Run(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			isFound := slices.ContainsFunc(report.Findings, func(f contracttest.Finding) bool {
				return f.Check.Code == "F908" && f.Confirmed && f.Place+" ("+f.Rule+")" == c.finding
			})
			if isFound != (c.finding != "") || c.finding == "" && len(report.Findings) > 0 {
				t.Errorf("found: %v", report.Findings)
			}
			var said []string
			for _, text := range report.Warnings {
				if strings.HasPrefix(text, "a delivery") {
					said = append(said, text)
				}
			}
			if !slices.Equal(said, c.warnings) {
				t.Errorf("warnings: %q, want %q", said, c.warnings)
			}
		})
	}
}

// late holds so many deliveries of the approval of an application back until the next one about one has arrived.
func late(most int) func(int, string, func(), func()) {
	held := 0
	return func(_ int, body string, arrive, hold func()) {
		if strings.Contains(body, approved) && held < most {
			held++
			hold()
			return
		}
		arrive()
	}
}

// relayed is the address of a receiver and the URL at which deliveries are taken for it, and how they get there.
func relayed(t *testing.T, post func(n int, body string, arrive, hold func())) (address, url string) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var held []func()
	came := 0
	relay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		status := http.StatusOK // Of what is held.
		send := func() {
			request, err := http.NewRequest(http.MethodPost, "http://"+address+r.URL.RequestURI(),
				bytes.NewReader(body))
			if err != nil {
				return
			}
			request.Header = r.Header.Clone()
			response, err := http.DefaultTransport.RoundTrip(request)
			if err != nil {
				status = 0
				return
			}
			status = response.StatusCode
			_ = response.Body.Close()
		}
		mu.Lock()
		defer mu.Unlock()
		if hasPlan := strings.Contains(strings.Trim(r.URL.Path, "/"), "/"); hasPlan { // It counts its attempts.
			send()
			answer(w, status)
			return
		}
		post(came, string(body), func() {
			send()
			if strings.Contains(string(body), `"application.`) {
				for _, late := range held {
					late()
				}
				held = nil
			}
		}, func() { held = append(held, send) })
		came++
		answer(w, status)
	}))
	t.Cleanup(relay.Close)
	return address, relay.URL
}

// answer answers with a status, or hangs up if there is none.
func answer(w http.ResponseWriter, status int) {
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
}
