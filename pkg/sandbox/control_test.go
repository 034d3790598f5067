package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

const clockPath = sandbox.ClockPath

// noon is where the clock of these tests stands, a Monday.
var noon = time.Date(2026, 1, 5, 17, 0, 0, 0, time.UTC)

// ask sends a request to the controls, as curl would.
func ask(t testing.TB, base, method, path, body string, change ...func(*http.Request)) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(r)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 0 && !json.Valid(text) {
		t.Errorf("%s %s answers with what is no JSON: %s", method, path, text)
	}
	return answer{response.StatusCode, response.Header, strings.TrimSpace(string(text))}
}

// All of it is about one sandbox, which anybody may call by any name, but not the controls: to make one takes most of a
// second with the race detector.
func TestTheClockOverHTTP(t *testing.T) {
	b := sandbox.Start(t, sandbox.Config{Hosts: []string{"*"}, Clock: noon})
	for _, c := range []struct {
		name string
		test func(*testing.T, *sandbox.Running)
	}{
		{"a move of the clock is refused", aMoveIsRefused},
		{"a move that is too far is told so", aMoveTooFarSaysSo},
		{"the controls are for this machine alone", controlsAreForThisMachine},
		{"the clock is read and moved", theClockIsReadAndMoved},
		{"the clock runs until nothing is awaited", theClockRunsUntilQuiet},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, b) })
	}
}

func theClockIsReadAndMoved(t *testing.T, b *sandbox.Running) {
	if err := b.Sandbox.SetClock(t.Context(), noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ method, body, want string }{
		{http.MethodGet, "", `{"time":"2026-01-05T18:00:00Z","frozen":true}`},
		{http.MethodPost, `{"time":"2026-01-05T18:00:00Z"}`, `{"time":"2026-01-05T18:00:00Z","frozen":true}`},
		{http.MethodPost, `{"time":"2026-01-06T10:00:00.5-05:00"}`, `{"time":"2026-01-06T15:00:00.5Z","frozen":true}`},
		{http.MethodPost, `{"by":"500ms"}`, `{"time":"2026-01-06T15:00:01Z","frozen":true}`},
		{http.MethodPost, ` { "by" : "36h" } `, `{"time":"2026-01-08T03:00:01Z","frozen":true}`},
		{http.MethodPost, `{"by":"2d"}`, `{"time":"2026-01-10T03:00:01Z","frozen":true}`},
		{http.MethodPost, `{"by":"1d1h30m"}`, `{"time":"2026-01-11T04:30:01Z","frozen":true}`},
		{http.MethodPost, `{"by":"0s"}`, `{"time":"2026-01-11T04:30:01Z","frozen":true}`},
		{http.MethodPost, `{"run":"until_quiet"}`, `{"time":"2026-01-11T04:30:01Z","frozen":true}`},
		{http.MethodGet, "", `{"time":"2026-01-11T04:30:01Z","frozen":true}`},
	} {
		got := ask(t, b.URL, c.method, clockPath, c.body)
		if got.status != http.StatusOK || got.body != c.want {
			t.Errorf("%s %s: %d %s; want %s", c.method, c.body, got.status, got.body, c.want)
		}
		if date, err := http.ParseTime(got.header.Get("Date")); err != nil ||
			!date.Equal(b.Sandbox.Time().Truncate(time.Second)) {
			t.Errorf("%s %s: the answer is of %v, %v", c.method, c.body, date, err)
		}
	}
}

// A transfer that is pending is carried out when the clock has run until nothing is awaited.
func theClockRunsUntilQuiet(t *testing.T, b *sandbox.Running) {
	w := &world{Client: b.Client, bank: b.Sandbox}
	_, pockets := w.pockets(t, 100, 0)
	made, err := w.OnUsTransfers.Create(t.Context(), order(t, pockets[0], pockets[1], requested(40),
		func(r *partnerapi.CreateInternalReallocationTransfer) { r.AsyncMode = ptr(true) }))
	if err != nil || outcome(made) != "PENDING" {
		t.Fatalf("%v, %v", made, err)
	}
	if a := ask(t, b.URL, http.MethodPost, clockPath, `{"run":"until_quiet"}`); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if made, err = w.OnUsTransfers.Get(t.Context(), made.ID); err != nil || outcome(made) != "COMPLETED" {
		t.Errorf("%s, %v", outcome(made), err)
	}
	w.expect(t, pockets, 60, 40)
}

// What has a unit and is too long is not told to have one.
func aMoveTooFarSaysSo(t *testing.T, b *sandbox.Running) {
	const tooFar, noTime, back = "before the year 2101", "a time with its unit", "the clock never goes back"
	for by, want := range map[string]string{
		"100000d": tooFar, "200000d": tooFar, "99999999999999999999d": tooFar, "106751d24h": tooFar, "9999999h": tooFar,
		"1d9999999h": tooFar, "200000d1h": tooFar, "200000": noTime, "200000w": noTime, "9999999hh": noTime,
		"200000d1": noTime, "200000d-1h": noTime, "d": noTime, "99999999999999999999d1w": noTime, "-1d": back,
		"-1h": back, "-1d1h": back, "-200000d": back, "--1d": noTime, "-": noTime, "-1": noTime,
	} {
		a := ask(t, b.URL, http.MethodPost, clockPath, `{"by":"`+by+`"}`)
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s; want %q", by, a.status, a.body, want)
		}
	}
}

func aMoveIsRefused(t *testing.T, b *sandbox.Running) {
	for name, body := range map[string]string{
		"back":                     `{"time":"2026-01-05T16:59:59Z"}`,
		"back to the zero time":    `{"time":"0001-01-01T00:00:00Z"}`,
		"back by a duration":       `{"by":"-1s"}`,
		"back by days":             `{"by":"-1d"}`,
		"beyond the calendars":     `{"time":"2101-01-01T00:00:00Z"}`,
		"beyond them by days":      `{"by":"100000d"}`,
		"beyond what is counted":   `{"by":"99999999999999999999d"}`,
		"beyond it in two parts":   `{"by":"106751d24h"}`,
		"forth and back":           `{"by":"1d-1h"}`,
		"to a day":                 `{"time":"2026-01-06"}`,
		"to a number":              `{"time":1767700000}`,
		"by a number":              `{"by":"36"}`,
		"by a period of ISO 8601":  `{"by":"P1D"}`,
		"by half a day":            `{"by":"1.5d"}`,
		"by nothing":               `{"by":""}`,
		"until something else":     `{"run":"until_noon"}`,
		"by a word":                `{"run":true}`,
		"in two ways":              `{"by":"1h","run":"until_quiet"}`,
		"twice":                    `{"by":"1h","by":"1h"}`,
		"in a way that is unknown": `{"to":"2026-01-06T17:00:00Z"}`,
		"in a way that is spelled": `{"By":"1h"}`,
		"in no way":                `{}`,
		"in a list":                `["by","1h"]`,
		"and something after it":   `{"by":"1h"} {}`,
		"in half a text":           `{"by":"1h"`,
		"in a text that is none":   `by=1h`,
		"in null":                  `null`,
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(t, b.URL, http.MethodPost, clockPath, body)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `"detail":`) {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	asJSON := func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	const hour = `{"by":"1h"}`
	for name, c := range map[string]struct {
		method, path, body string
		change             func(*http.Request)
		want               int
	}{
		"without a body":             {"POST", clockPath, "", asJSON, 422},
		"by another method":          {"PUT", clockPath, hour, asJSON, 405},
		"as a form of a page":        {"POST", clockPath, hour, header("Content-Type", "text/plain"), 415},
		"as nothing":                 {"POST", clockPath, hour, header("Content-Type", ""), 415},
		"by a page":                  {"POST", clockPath, hour, header("Origin", "https://evil.example"), 403},
		"by a page without a name":   {"POST", clockPath, hour, header("Origin", "null"), 403},
		"by a page of another port":  {"POST", clockPath, hour, header("Origin", "http://127.0.0.1:1"), 403},
		"by way of a proxy":          {"POST", clockPath, hour, header("X-Forwarded-For", "10.0.0.1"), 403},
		"by way of a proxy of today": {"POST", clockPath, hour, header("Forwarded", "for=10.0.0.1"), 403},
		"by a foreign name":          {"POST", clockPath, hour, func(r *http.Request) { r.Host = "evil.example" }, 421},
		"elsewhere":                  {"POST", "/__sandbox/", hour, asJSON, 404},
		"elsewhere below":            {"GET", "/__sandbox/clock/x", "", asJSON, 404},
		"without a slash":            {"POST", "/__sandbox/clock", hour, asJSON, 404},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(t, b.URL, c.method, c.path, c.body, c.change)
			if a.status != c.want || (c.want == 405) != (a.header.Get("Allow") == "GET, HEAD, POST") {
				t.Errorf("%d %s, allowed: %q; want %d", a.status, a.body, a.header.Get("Allow"), c.want)
			}
		})
	}
	if now := b.Sandbox.Time(); !now.Equal(noon) {
		t.Errorf("the clock shows %v", now)
	}
	still := `{"by":"0s"}`
	if a := ask(t, b.URL, http.MethodPost, clockPath, still, header("Origin", b.URL)); a.status != http.StatusOK {
		t.Errorf("a page of the sandbox's own: %d %s", a.status, a.body)
	}
}

// Who may call the API from elsewhere may not move its clock.
func controlsAreForThisMachine(t *testing.T, b *sandbox.Running) {
	for _, c := range []struct {
		from, host string
		want       int
	}{
		{"127.0.0.1:4711", "localhost", http.StatusOK},
		{"127.8.9.10:4711", "127.0.0.1:8080", http.StatusOK},
		{"[::1]:4711", "[::1]:8080", http.StatusOK},
		{"[::ffff:127.0.0.1]:4711", "localhost", http.StatusOK},
		{"192.0.2.1:4711", "localhost", http.StatusForbidden},
		{"[2001:db8::1]:4711", "localhost", http.StatusForbidden},
		{"", "localhost", http.StatusForbidden},
		{"@", "localhost", http.StatusForbidden},
		{"127.0.0.1:4711", "sandbox.example", http.StatusMisdirectedRequest},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, clockPath,
			bytes.NewReader([]byte(`{"by":"1s"}`)))
		r.Header.Set("Content-Type", "application/json")
		r.RemoteAddr, r.Host = c.from, c.host
		w := httptest.NewRecorder()
		if b.Sandbox.ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("from %q to %q: %d %s; want %d", c.from, c.host, w.Code, w.Body, c.want)
		}
	}
	if now := b.Sandbox.Time(); !now.Equal(noon.Add(4 * time.Second)) {
		t.Errorf("the clock shows %v", now)
	}
}

func TestNewRefusesAClockOutsideTheCalendars(t *testing.T) {
	for _, year := range []int{1989, 2101, 9999} {
		if bank, err := sandbox.New(sandbox.Config{Clock: time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC)}); err == nil ||
			bank != nil {
			t.Errorf("%d: %v", year, err)
		}
	}
}
