package signing

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// Attempt is a request whose signature did not verify.
type Attempt struct {
	// Key is the idempotency key from its header.
	Key string
	// Path is the escaped path on the wire.
	Path string
	// RawQuery is the query string without its question mark.
	RawQuery string
	// Method is the HTTP method.
	Method string
	// Body is the bytes that arrived.
	Body []byte
	// Signature is what the header said.
	Signature string
}

// Diagnose says which of the usual mistakes produced a signature that does not verify, or that it recognises none. It tells
// a caller how close a guess was: use it in development and in a sandbox, never for production traffic.
func Diagnose(secret Secret, a Attempt) string {
	signature := strings.TrimSpace(a.Signature)
	if signature == "" {
		return "the signature is empty"
	}
	got, spelling := decodeAnyhow(signature)
	if got == nil {
		return "the signature is not base64: send the standard base64 of the 32 bytes of the HMAC"
	}
	over := func(parts ...string) bool {
		return hmac.Equal(got, sum(secret, strings.Join(parts, ""), "", nil))
	}
	body := string(a.Body)
	mistakes := []struct {
		name string
		made bool
	}{
		{spelling, over(a.Key, a.Path, body)},
		{"the path was signed without its trailing slash", over(a.Key, strings.TrimSuffix(a.Path, "/"), body)},
		{"the path was signed without its leading slash", over(a.Key, strings.TrimPrefix(a.Path, "/"), body)},
		{"the query string was signed: sign the path alone", a.RawQuery != "" && over(a.Key, a.Path, "?", a.RawQuery, body)},
		{"the body was not signed", len(a.Body) > 0 && over(a.Key, a.Path)},
		{"the idempotency key was not signed", over(a.Path, body)},
		{"the method was signed: sign key, path and body alone", over(a.Key, a.Method, a.Path, body)},
		{"separators were signed: join key, path and body with nothing between them",
			over(a.Key, "\n", a.Path, "\n", body) || over(a.Key, ":", a.Path, ":", body) || over(a.Key, " ", a.Path, " ", body)},
		{"an empty JSON object was signed for an empty body", len(a.Body) == 0 && over(a.Key, a.Path, "{}")},
		{"another spelling of the JSON was signed than was sent: sign the bytes that go out", over(a.Key, a.Path, recompact(a.Body)) ||
			over(a.Key, a.Path, reindent(a.Body))},
	}
	for _, m := range mistakes {
		if m.made && m.name != "" {
			return m.name
		}
	}
	return "it is none of the usual mistakes: the secret, the body or the idempotency key differs from what was signed"
}

// decodeAnyhow decodes a signature in spellings that are often taken for the right one, and says what is wrong with it.
func decodeAnyhow(signature string) (sum []byte, wrong string) {
	if b, err := base64.StdEncoding.DecodeString(signature); err == nil && len(b) == 32 {
		return b, ""
	}
	if b, err := hex.DecodeString(signature); err == nil && len(b) == 32 {
		return b, "the signature is hexadecimal: send base64"
	}
	if b, err := base64.RawStdEncoding.DecodeString(signature); err == nil && len(b) == 32 {
		return b, "the signature lacks its padding: send the standard, padded base64"
	}
	if b, err := base64.URLEncoding.DecodeString(signature); err == nil && len(b) == 32 {
		return b, "the signature is URL-safe base64: send the standard one"
	}
	if b, err := base64.RawURLEncoding.DecodeString(signature); err == nil && len(b) == 32 {
		return b, "the signature is URL-safe base64: send the standard, padded one"
	}
	return nil, ""
}

func recompact(body []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, body) != nil {
		return ""
	}
	return b.String()
}

func reindent(body []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		return ""
	}
	return b.String()
}
