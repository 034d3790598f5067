package wire_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
)

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name              string
		write             func(http.ResponseWriter)
		status            int
		contentType, body string
	}{
		{"a detail", func(w http.ResponseWriter) { wire.WriteDetail(w, 404, "", "not found") }, 404, "application/json",
			`{"detail":"not found"}`},
		{"a detail with its type", func(w http.ResponseWriter) { wire.WriteDetail(w, 409, "busy", "wait") }, 409,
			"application/json", `{"type":"busy","detail":"wait"}`},
		{"a body that does not encode", func(w http.ResponseWriter) { wire.WriteJSON(w, 200, func() {}) }, 500,
			"application/json", `{"detail":"internal error"}`},
		{"a problem that is its status", func(w http.ResponseWriter) {
			wire.WriteProblem(w, wire.Problem{Status: 413})
		},
			413, "application/problem+json",
			`{"type":"about:blank","title":"Request Entity Too Large","status":413}`},
		{"a problem with a name", func(w http.ResponseWriter) {
			wire.WriteProblem(w, wire.Problem{Type: "busy", Title: "Busy", Status: 409, Detail: "wait"})
		}, 409, "application/problem+json", `{"type":"busy","title":"Busy","status":409,"detail":"wait"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			c.write(w)
			if w.Code != c.status || w.Header().Get("Content-Type") != c.contentType || w.Body.String() != c.body {
				t.Errorf("%d %s %s", w.Code, w.Header().Get("Content-Type"), w.Body)
			}
		})
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		-time.Second: "", 0: "", 1: "1", time.Second: "1", time.Second + 1: "2", time.Hour: "3600",
	} {
		header := http.Header{}
		wire.SetRetryAfter(header, wait)
		if got := header.Get("Retry-After"); got != want {
			t.Errorf("%s: %q; want %q", wait, got, want)
		}
	}
}
