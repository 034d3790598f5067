package partner

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Whatever a server refuses with, the error is one line of bounded length that says the operation, the status and the
// key.
func FuzzRefusal(f *testing.F) {
	f.Add(422, []byte(`{"detail":[{"loc":["body","a",0],"msg":"m","type":"t"}]}`))
	f.Add(422, []byte(`{"type":"t","instance":"/i/","detail":"d","trace_id":"x"}`))
	f.Add(503, []byte(`<html>`))
	f.Add(400, []byte(`{"detail":[{"loc":[null,{},1.5]}]}`))
	f.Add(422, []byte(`{"detail":[{"loc":["body","078-05-1120"],"msg":"m","type":"078-05-1120"}],"trace_id":"1-2"}`))
	f.Add(422, []byte(`{"type":"078051120","trace_id":"4111111111111111a"}`))
	f.Add(500, []byte("{\"detail\":\"a\\u0000b\\n\xff\"}"))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 0 || status > 999 {
			t.Skip("net/http takes three digits")
		}
		key := idempotency.NewKey()
		c := &call{
			core:       &core{logger: slog.New(slog.DiscardHandler), now: time.Now},
			Request:    partnerapi.Request{Operation: partnerapi.Operation{ID: "getCustomer"}},
			callConfig: callConfig{key: key}, attempts: 1, outcome: OutcomeRefused,
		}
		err := c.fail(&answer{status: status, header: http.Header{}, body: body}, nil)
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.StatusCode != status || status == 0 && refusal.Detail != "" ||
			string(refusal.Body) != string(body) {
			t.Fatalf("%#v", err)
		}
		text := err.Error()
		invisible := func(r rune) bool { return !unicode.IsPrint(r) }
		if !strings.HasPrefix(text, "getCustomer") || !strings.Contains(text, key.String()) ||
			strings.ContainsFunc(text, invisible) || !utf8.ValidString(text) {
			t.Fatalf("%q", text)
		}
		if strings.ContainsFunc(strings.ReplaceAll(refusal.Dump(), "\n", ""), invisible) {
			t.Fatalf("%q", refusal.Dump())
		}
		shown := strings.ReplaceAll(text, key.String(), "")
		if numberForm.MatchString(strings.ReplaceAll(shown, "request "+refusal.RequestID, "")) {
			t.Fatalf("it shows a number: %q", text)
		}
		if dump := refusal.Dump(); !strings.Contains(dump, key.String()) || len(dump) > 64<<10 {
			t.Fatalf("%q", dump)
		}
		if len(refusal.Fields) > maxFields || len(text) > 16<<10 {
			t.Fatalf("%d fields, %d bytes", len(refusal.Fields), len(text))
		}
	})
}
