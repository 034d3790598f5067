package partner

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
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
	f.Add(500, []byte("{\"detail\":\"a\\u0000b\\n\xff\"}"))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
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
		if !strings.HasPrefix(text, "getCustomer") || !strings.Contains(text, key.String()) ||
			strings.ContainsAny(text, "\r\n\x00") ||
			!utf8.ValidString(text) {
			t.Fatalf("%q", text)
		}
		if dump := refusal.Dump(); !strings.Contains(dump, key.String()) || len(dump) > 64<<10 {
			t.Fatalf("%q", dump)
		}
		if len(refusal.Fields) > maxFields || len(text) > 16<<10 {
			t.Fatalf("%d fields, %d bytes", len(refusal.Fields), len(text))
		}
	})
}
