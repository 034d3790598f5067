package signing_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestDiagnoseNamesTheMistake(t *testing.T) {
	const path, query = "/api/v1/events/", "limit=5"
	body := `{"a": 1}`
	// SignWebhook signs any text, so it can make each mistake.
	over := func(text string) string {
		s, err := signing.SignWebhook(secret, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	raw, err := base64.StdEncoding.DecodeString(over(key + path + body))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, signature, body, want string }{
		{"nothing", "", body, "is empty"},
		{"a placeholder", "string", body, "not base64"},
		{"no trailing slash", over(key + "/api/v1/events" + body), body, "trailing slash"},
		{"no leading slash", over(key + "api/v1/events/" + body), body, "leading slash"},
		{"the query string", over(key + path + "?" + query + body), body, "query string"},
		{"no body", over(key + path), body, "body was not signed"},
		{"no key", over(path + body), body, "idempotency key was not signed"},
		{"the method", over(key + "POST" + path + body), body, "method"},
		{"line breaks", over(key + "\n" + path + "\n" + body), body, "separators"},
		{"an object for nothing", over(key + path + "{}"), "", "empty JSON object"},
		{"compact JSON signed, spaced JSON sent", over(key + path + `{"a":1}`), body, "another spelling"},
		{"indented JSON signed, compact JSON sent", over(key + path + "{\n  \"a\": 1\n}"), body, "another spelling"},
		{"hexadecimal", hex.EncodeToString(raw), body, "hexadecimal"},
		{"no padding", base64.RawStdEncoding.EncodeToString(raw), body, "padding"},
		{"another secret", "r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94=", body, "none of the usual mistakes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := signing.Diagnose(signing.Partner{Secrets: []signing.Secret{secret}}, signing.Attempt{
				Key: key, Method: "POST", Path: path, RawQuery: query, Body: []byte(c.body), Signature: c.signature,
			})
			if !strings.Contains(got, c.want) {
				t.Errorf("Diagnose = %q; want it to mention %q", got, c.want)
			}
		})
	}
}
