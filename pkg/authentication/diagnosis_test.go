package authentication_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

const key = "497f6eca-6276-4993-bfeb-53cbbbba6f08"

var (
	secret   = signing.NewSecret("shared-secret-here")
	standard = base64.StdEncoding.EncodeToString
)

// mac is an HMAC with any hash over anything, so that it can make each mistake.
func mac(newHash func() hash.Hash, secret string, text ...string) []byte {
	h := hmac.New(newHash, []byte(secret))
	h.Write([]byte(strings.Join(text, "")))
	return h.Sum(nil)
}

func TestDiagnoseNamesTheMistake(t *testing.T) {
	const (
		path, query = "/api/v1/a%20b/%c3%a9/events/", "limit=5&offset=7"
		// Python's spacing, keys that are not sorted, and all that encoders write differently.
		body = `{"b": 12345678901234567890, "a": ["\u00e9<&>", {}, [], "x/y"], "c": {"\ud83d\ude00": 1.50, "d": null}}`
		s    = `"c2VjcmV0IG9mIGFjbWUhIQ=="` // base64, in quotes
	)
	acme := authentication.Caller{
		ID: "acme", Secrets: []signing.Secret{signing.NewSecret(s), signing.NewSecret(" 68656c6c6f ")},
		Retired: []signing.Secret{signing.NewSecret("an old one")},
	}
	over := func(text ...string) string { return standard(mac(sha256.New, s, text...)) }
	with := func(secret string) string { return standard(mac(sha256.New, secret, key, path, body)) }
	right := mac(sha256.New, s, key, path, body)
	digest := func(text ...string) string {
		sum := sha256.Sum256([]byte(strings.Join(text, "")))
		return standard(sum[:])
	}
	bodySum := sha256.Sum256([]byte(body))
	for _, c := range []struct{ name, signature, want string }{
		{"nothing", "", "is empty"},
		{"white space", "  ", "is empty"},
		{"a placeholder", "string", "not base64"},
		{"half a signature", standard(right[:16]), "not base64"},
		{"another secret", with("who knows"),
			"none of the usual mistakes explains it, so the secret is probably another one"},

		// The encoding of the signature.
		{"hexadecimal", hex.EncodeToString(right), "the signature is hexadecimal"},
		{"hexadecimal in upper case", strings.ToUpper(hex.EncodeToString(right)), "the signature is hexadecimal"},
		{"hexadecimal in base64", standard([]byte(hex.EncodeToString(right))), "base64 of the hexadecimal text"},
		{"no padding", base64.RawStdEncoding.EncodeToString(right), "padding"},
		{"a line break after it", standard(right) + "\n", "something around it"},
		{"quotes", `"` + standard(right) + `"`, "something around it"},
		{"an algorithm before it", "sha256=" + standard(right), "something around it"},
		{"an algorithm before hexadecimal", "sha256=" + hex.EncodeToString(right),
			"something around it: send the base64 alone; and the signature is hexadecimal"},
		{"broken lines", standard(right)[:20] + "\r\n" + standard(right)[20:], "broken up"},
		{"hexadecimal with another secret", hex.EncodeToString(mac(sha256.New, "who knows", key, path, body)),
			"hexadecimal: send base64; and none of"},

		// The algorithm.
		{"SHA-1", standard(mac(sha1.New, s, key, path, body)), "HMAC-SHA-1 was used"},
		{"SHA-384", standard(mac(sha512.New384, s, key, path, body)), "HMAC-SHA-384 was used"},
		{"SHA-512", standard(mac(sha512.New, s, key, path, body)), "HMAC-SHA-512 was used"},
		{"SHA-512 in hexadecimal", hex.EncodeToString(mac(sha512.New, s, key, path, body)),
			"hexadecimal: send base64; and HMAC-SHA-512 was used"},
		{"SHA-512 with another secret", standard(mac(sha512.New, "who knows", key, path, body)),
			"not one of HMAC-SHA-256"},
		{"no HMAC", digest(key, path, body), "without a secret"},
		{"no HMAC, the secret first", digest(s, key, path, body), "SHA-256 of the secret and the text"},
		{"no HMAC, the secret last", digest(key, path, body, s), "SHA-256 of the text and the secret"},
		{"secret and text swapped", standard(mac(sha256.New, key+path+body, s)), "changed places"},

		// The secret.
		{"a retired secret", with("an old one"), "a retired secret"},
		{"the bearer token", with(token), "the bearer token was used"},
		{"the whole Authorization header", with("Bearer " + token), "the bearer token was used"},
		{"the key", with(key), "the idempotency key was used as the secret"},
		{"no secret at all", with(""), "an empty secret"},
		{"a secret with a line break", with(s + "\n"), "line break was taken for a part of the secret"},
		{"a secret with spaces", with(" " + s), "spaces around the secret"},
		{"a trimmed secret", standard(mac(sha256.New, "68656c6c6f", key, path, body)), "was trimmed"},
		{"a quoted secret", with("'" + s + "'"), "with quotes around it"},
		{"a secret without its quotes", with(strings.Trim(s, `"`)), "quotes of the secret were taken off"},
		{"a secret in another case", with(strings.ToUpper(s)), "in another case"},
		{"a secret in hexadecimal", with(hex.EncodeToString([]byte(s))), "encoded before its use"},
		{"a secret in base64", with(standard([]byte(s))), "encoded before its use"},

		// The key.
		{"no key", over(path, body), "idempotency key was not signed"},
		{"the key in upper case", over(strings.ToUpper(key), path, body), "another spelling than its header"},
		{"the key without hyphens", over(strings.ReplaceAll(key, "-", ""), path, body),
			"another spelling than its header"},
		{"the key in braces", over("{", key, "}", path, body), "another spelling than its header"},
		{"the key as a URN", over("urn:uuid:", key, path, body), "another spelling than its header"},
		{"the key of an earlier request", over("0b6ff1a2-9d0e-4f7c-8a1b-2f1f5a3c9d11", path, body),
			"of an earlier request"},

		// The path.
		{"no trailing slash", over(key, strings.TrimSuffix(path, "/"), body), "without its trailing slash"},
		{"no leading slash", over(key, path[1:], body), "without its leading slash"},
		{"no slashes", over(key, strings.Trim(path, "/"), body), "slashes at both ends"},
		{"two trailing slashes", over(key, path, "/", body), "not sent with"},
		{"two leading slashes", over(key, "/", path, body), "one slash too many"},
		{"the query string", over(key, path, "?", query, body), "query string"},
		{"the query string without its mark", over(key, path, query, body), "query string"},
		{"the query string and no slash", over(key, strings.TrimSuffix(path, "/"), "?", query, body), "query string"},
		{"an unescaped path", over(key, "/api/v1/a b/é/events/", body), "with the escapes that it is sent with"},
		{"escapes in upper case", over(key, strings.ReplaceAll(path, "%c3%a9", "%C3%A9"), body),
			"with the escapes that it is sent with"},
		{"the end of the path", over(key, "/events/", body), "only the end of the path"},
		{"the end of the path without its slash", over(key, "v1/a%20b/%c3%a9/events/", body),
			"only the end of the path"},
		{"the URL", over(key, "https://api.example.com:8443", path, body), "whole URL"},
		{"the URL with its query string", over(key, "http://api.example.com:8443", path, "?", query, body),
			"whole URL"},
		{"the host", over(key, "api.example.com:8443", path, body), "the host was signed"},
		{"no path", over(key, body), "path was not signed"},

		// What is put together, and how.
		{"the method", over(key, "POST", path, body), "the method was signed"},
		{"the method first", over("POST", path, key, body), "the method was signed"},
		{"the method in lower case", over(key, "post", path, body), "the method was signed"},
		{"line breaks", over(key, "\n", path, "\n", body), "separators"},
		{"dots", over(key, ".", path, ".", body), "separators"},
		{"the method and line breaks", over("POST\n", path, "\n", key, "\n", body), "the method and separators"},
		{"the path first", over(path, key, body), "another order"},
		{"the body first", over(body, key, path), "another order"},
		{"the body alone", over(body), "as of a webhook delivery"},

		// The body.
		{"no body", over(key, path), "body was not signed"},
		{"a hash of the body", over(key, path, hex.EncodeToString(bodySum[:])), "hash of the body"},
		{"the body in base64", over(key, path, standard([]byte(body))), "the body was signed in base64"},
		{"a line break after the body", over(key, path, body, "\n"), "line break at the end"},
		{"compact JSON",
			over(key, path,
				`{"b":12345678901234567890,"a":["\u00e9<&>",{},[],"x/y"],"c":{"\ud83d\ude00":1.50,"d":null}}`),
			"(compact)"},
		{"as JavaScript writes it",
			over(key, path, `{"b":12345678901234567890,"a":["é<&>",{},[],"x/y"],"c":{"😀":1.50,"d":null}}`),
			"(compact, nothing escaped)"},
		{"as Go writes it",
			over(key, path,
				`{"a":["é\u003c\u0026\u003e",{},[],"x/y"],"b":12345678901234567890,"c":{"d":null,"😀":1.50}}`),
			"keys sorted, <, > and & escaped"},
		{"as a Go encoder writes it",
			over(key, path,
				`{"a":["é\u003c\u0026\u003e",{},[],"x/y"],"b":12345678901234567890,"c":{"d":null,"😀":1.50}}`, "\n"),
			"keys sorted, <, > and & escaped"},
		{"as PHP writes it",
			over(key, path,
				`{"b":12345678901234567890,"a":["\u00e9<&>",{},[],"x\/y"],"c":{"\ud83d\ude00":1.50,"d":null}}`), "PHP"},
		{"Python with sorted keys",
			over(key, path,
				`{"a": ["\u00e9<&>", {}, [], "x/y"], "b": 12345678901234567890, `+
					`"c": {"d": null, "\ud83d\ude00": 1.50}}`),
			"Python's json.dumps does, keys sorted"},
		{"Python without escapes",
			over(key, path, `{"b": 12345678901234567890, "a": ["é<&>", {}, [], "x/y"], "c": {"😀": 1.50, "d": null}}`),
			"Python's json.dumps does, nothing escaped"},
		{"indented by two spaces",
			over(key, path,
				"{\n  \"b\": 12345678901234567890,\n  \"a\": [\n    \"é<&>\",\n    {},\n    [],\n    \"x/y\"\n  ],\n  "+
					"\"c\": {\n    \"😀\": 1.50,\n    \"d\": null\n  }\n}"), "indented by 2 spaces"},
		{"indented by four spaces",
			over(key, path,
				"{\n    \"b\": 12345678901234567890,\n    \"a\": [\n        \"\\u00e9<&>\",\n        {},\n        "+
					"[],\n "+
					"       \"x/y\"\n    ],\n    \"c\": {\n        \"\\ud83d\\ude00\": 1.50,\n        \"d\": null\n "+
					"   }\n}"),
			"indented by 4 spaces"},
		{"indented by tabs",
			over(key, path,
				"{\n\t\"b\": 12345678901234567890,\n\t\"a\": [\n\t\t\"\\u00e9<&>\",\n\t\t{},\n\t\t"+
					"[],\n\t\t\"x/y\"\n\t],"+
					"\n\t\"c\": {\n\t\t\"\\ud83d\\ude00\": 1.50,\n\t\t\"d\": null\n\t}\n}"), "indented by a tab"},
		// A rounded number would be another value, not another spelling.
		{"a rounded number",
			over(key, path,
				`{"b":12345678901234567000,"a":["\u00e9<&>",{},[],"x/y"],"c":{"\ud83d\ude00":1.50,"d":null}}`),
			"none of the usual mistakes"},

		// Two at once.
		{"no trailing slash and a line break in the secret",
			standard(mac(sha256.New, s+"\n", key, strings.TrimSuffix(path, "/"), body)),
			"line break was taken for a part of the secret: trim what is read from a file; and the path was signed " +
				"without its trailing slash"},
		{"the query string in hexadecimal", hex.EncodeToString(mac(sha256.New, s, key, path, "?", query, body)),
			"hexadecimal: send base64; and the query string"},
		{"no trailing slash, with the other secret",
			standard(mac(sha256.New, " 68656c6c6f ", key, strings.TrimSuffix(path, "/"), body)),
			"the path was signed without its trailing slash"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := authentication.Diagnose(acme, authentication.Attempt{
				Key: key, Method: "POST", Host: "api.example.com:8443", Path: path, RawQuery: query, Body: []byte(body),
				Signature: c.signature,
				Token:     signing.NewSecret(token),
				RecentKeys: []string{"5f0c9c0a-3a86-4b9b-9a53-1f2d8f1d4f10",
					"0b6ff1a2-9d0e-4f7c-8a1b-2f1f5a3c9d11"},
			})
			if !strings.Contains(got, c.want) {
				t.Errorf("Diagnose = %q; want it to mention %q", got, c.want)
			}
		})
	}
}

// Some mistakes need a request or a secret of their own.
func TestDiagnoseNamesTheMistakeOfOtherRequests(t *testing.T) {
	const path, s = "/api/v1/events/", "shared-secret-here"
	over := func(text ...string) string { return standard(mac(sha256.New, s, text...)) }
	digest := func(text ...string) string {
		sum := sha256.Sum256([]byte(strings.Join(text, "")))
		return standard(sum[:])
	}
	urlSafe := func(padding rune) string { // A signature that has both of the characters.
		for n := 0; ; n++ {
			sum := mac(sha256.New, s, key, path, strings.Repeat("x", n))
			if text := base64.URLEncoding.WithPadding(padding).EncodeToString(sum); strings.ContainsAny(text, "-_") {
				return text + " " + strings.Repeat("x", n)
			}
		}
	}
	padded, paddedBody, _ := strings.Cut(urlSafe('='), " ")
	raw, rawBody, _ := strings.Cut(urlSafe(base64.NoPadding), " ")
	compact := `{"a":1,"b":[2,3]}`
	large := "[" + strings.Repeat(`"0123456789", `, 5000) + `""]`
	huge := strings.Repeat("x", 2<<20)
	deep := strings.Repeat("[", 5000) + " " + strings.Repeat("]", 5000)
	for _, c := range []struct{ name, secret, path, body, signature, want string }{
		{"URL-safe", s, path, paddedBody, padded, "URL-safe base64: send the standard one"},
		{"URL-safe without padding", s, path, rawBody, raw, "URL-safe base64: send the standard, padded one"},
		{"an object for nothing", s, path, "", over(key, path, "{}"), "empty JSON object"},
		{"null for nothing", s, path, "", over(key, path, "null"), "a text was signed for an empty body"},
		{"None for nothing", s, path, "", over(key, path, "None"), "a text was signed for an empty body"},
		{"a separator without a body", s, path, "", over(key, ":", path), "separators"},
		{"a slash that was not sent", s, "/api/v1/events", "", over(key, path), "not sent with"},
		{"a line break that was sent alone", s, path, compact + "\n", over(key, path, compact),
			"line break at the end"},
		{"white space that was sent alone", s, path, " " + compact + "\t", over(key, path, compact),
			"white space around the body"},
		{"line ends for Windows", s, path, "{\r\n}", over(key, path, "{\n}"), "line ends"},
		{"line ends for Unix", s, path, "{\n}", over(key, path, "{\r\n}"), "line ends"},
		{"indented JSON signed, compact JSON sent", s, path, compact,
			over(key, path, "{\n  \"a\": 1,\n  \"b\": [\n    2,\n    3\n  ]\n}"), "indented by 2 spaces"},
		{"JSON whose escapes are written anew", s, path,
			`{"a b": "\u0020\u001f\u0022"}`, over(key, path, `{"a b":" \u001f\""}`), "(compact, nothing escaped)"},
		{"no JSON", s, path, "a=1&b=2", over(key, path, "a=1"), "the secret is probably another one"},
		{"a secret that is base64", "c2VjcmV0", path, "", standard(mac(sha256.New, "secret", key, path)),
			"decoded before its use"},
		{"a secret that is hexadecimal", "736563726574", path, "", standard(mac(sha256.New, "secret", key, path)),
			"decoded before its use"},
		{"a large body of which JSON is not spelled anew", s, path, large,
			over(key, path, strings.ReplaceAll(large, " ", "")), "none of the usual mistakes"},
		{"a large body and a slash", s, path, large, over(key, "/api/v1/events", large), "trailing slash"},
		{"a file that was not signed", s, path, huge, over(key, path), "body was not signed"},
		{"a file in hexadecimal", s, path, huge, hex.EncodeToString(mac(sha256.New, s, key, path, huge)),
			"hexadecimal"},
		{"a file and a slash, for which nobody looks", s, path, huge, over(key, "/api/v1/events", huge),
			"none of the usual mistakes"},
		{"deep nesting, which is not spelled anew", s, path, deep, over(key, path, strings.ReplaceAll(deep, " ", "")),
			"none of the usual mistakes"},
		{"the end of a path with two slashes in a row", s, "/api//v1/", "", over(key, "/v1/"),
			"only the end of the path"},
		{"the end of a path of which four parts are missing", s, "/a/b/c/d/e/f", "", over(key, "e/f"),
			"only the end of the path"},
		{"one mistake rather than two", "GET", path, "", digest("GET", key, path),
			"SHA-256 of the secret and the text"},
		{"a path that cannot be one", s, "api", "", over(key, "api"), "does not start with a slash"},
		{"an empty secret", "", path, "", over(key, path), "the secret is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			partner := authentication.Caller{Secrets: []signing.Secret{signing.NewSecret(c.secret)}}
			got := authentication.Diagnose(partner,
				authentication.Attempt{Key: key, Method: "GET", Path: c.path, Body: []byte(c.body),
					Signature: c.signature})
			if !strings.Contains(got, c.want) {
				t.Errorf("Diagnose = %q; want it to mention %q", got, c.want)
			}
		})
	}
	if got := authentication.Diagnose(authentication.Caller{},
		authentication.Attempt{Key: key, Path: path}); !strings.Contains(got, "no secret") {
		t.Errorf("without a secret: %q", got)
	}
	if got := authentication.Diagnose(authentication.Caller{Secrets: []signing.Secret{secret}},
		authentication.Attempt{Path: path}); !strings.Contains(got, "key is empty") {
		t.Errorf("without a key: %q", got)
	}
}

// attempt draws a request. Its texts are long enough not to stand in a sentence by chance.
func attempt(t *rapid.T) (authentication.Caller, authentication.Attempt, []string) {
	word := rapid.StringMatching(`[A-Z0-9"' =+\n]{12,30}`)
	texts := []string{word.Draw(t, "secret"), word.Draw(t, "other"), word.Draw(t, "retired"), word.Draw(t, "token"),
		word.Draw(t, "recent"), word.Draw(t, "name"), word.Draw(t, "value")}
	member, err := json.Marshal(map[string]any{texts[5]: texts[6], "n": rapid.Float64().Draw(t, "n")})
	if err != nil {
		t.Fatal(err)
	}
	a := authentication.Attempt{
		Key:      rapid.StringMatching(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).Draw(t, "key"),
		Path:     "/" + rapid.StringMatching(`[a-z/%0-9.]{0,20}`).Draw(t, "path"),
		RawQuery: rapid.StringMatching(`[a-z=&]{0,9}`).Draw(t, "query"),
		Method:   rapid.SampledFrom([]string{"GET", "POST", ""}).Draw(t, "method"),
		Host:     rapid.SampledFrom([]string{"", "x.test"}).Draw(t, "host"),
		Body: rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.Just(member), rapid.Just([]byte(nil)),
			rapid.Just([]byte("{}"))).Draw(t, "body"),
		Token: signing.NewSecret(texts[3]), RecentKeys: []string{texts[4]},
	}
	partner := authentication.Caller{
		Secrets: []signing.Secret{signing.NewSecret(texts[0]), signing.NewSecret(texts[1])},
		Retired: []signing.Secret{signing.NewSecret(texts[2])},
	}
	return partner, a, append(texts, a.Key)
}

// A key may be sent in one spelling and signed in another, whichever they are.
func TestDiagnoseKnowsTheSpellingsOfAKey(t *testing.T) {
	const path, s = "/api/v1/events/", "shared-secret-here"
	bare := strings.ReplaceAll(key, "-", "")
	for _, c := range []struct{ sent, signed, want string }{
		{bare, key, "another spelling than its header"},
		{"{" + key + "}", key, "another spelling than its header"},
		{strings.ToUpper(bare), strings.ToUpper(key), "another spelling than its header"},
		{"no UUID", key, "the secret is probably another one"},
	} {
		got := authentication.Diagnose(authentication.Caller{Secrets: []signing.Secret{signing.NewSecret(s)}},
			authentication.Attempt{Key: c.sent, Path: path, Method: "GET",
				Signature: standard(mac(sha256.New, s, c.signed, path))})
		if !strings.Contains(got, c.want) {
			t.Errorf("%s sent, %s signed: %s", c.sent, c.signed, got)
		}
	}
}

// The larger a body is, the fewer guesses are made, so that none takes long.
func TestWhatIsDiagnosedOfABodyOfItsSize(t *testing.T) {
	const path, s, none = "/api/v1/events/", "shared-secret-here", "none of the usual mistakes"
	over := func(secret string, text ...string) string { return standard(mac(sha256.New, secret, text...)) }
	twice := func(body string) string { return over(s+"\n", key, strings.TrimSuffix(path, "/"), body) }
	swapped := func(body string) string { return over(key+path+body, s) }
	compact := func(body string) string { return over(s, key, path, strings.ReplaceAll(body, " ", "")) }
	ended := func(body string) string { return over(s, key, path, body, "\n") }
	of := func(size int) string { return strings.Repeat("x", size) }
	list := func(size int) string { return "[ 1" + strings.Repeat("0", size-4) + "]" }
	nested := func(depth int) string { return strings.Repeat("[", depth) + " " + strings.Repeat("]", depth) }
	for _, c := range []struct {
		name, body string
		sign       func(body string) string
		want       string
	}{
		{"two mistakes with 4 KiB", of(4 << 10), twice,
			"trim what is read from a file; and the path was signed without its trailing slash"},
		{"two mistakes with a byte more", of(4<<10 + 1), twice, none},
		{"secret and text swapped with 4 KiB", of(4 << 10), swapped, "changed places"},
		{"secret and text swapped with a byte more", of(4<<10 + 1), swapped, none},
		{"another spelling of 64 KiB", list(64 << 10), compact, "(compact)"},
		{"another spelling of a byte more", list(64<<10 + 1), compact, none},
		{"another spelling of 33 lists in each other", nested(33), compact, "(compact)"},
		{"another spelling of one more", nested(34), compact, none},
		{"a line break that is missing from 1 MiB", of(1 << 20), ended, "line break at the end"},
		{"a line break that is missing from a byte more", of(1<<20 + 1), ended, none},
		{"another spelling and a mistake beside it", "[ 1]",
			func(string) string { return over(s+"\n", key, path, "[1]") }, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := authentication.Diagnose(authentication.Caller{Secrets: []signing.Secret{signing.NewSecret(s)}},
				authentication.Attempt{Key: key, Method: "GET", Path: path, Body: []byte(c.body),
					Signature: c.sign(c.body)})
			if !strings.Contains(got, c.want) {
				t.Errorf("Diagnose = %q; want it to mention %q", got, c.want)
			}
		})
	}
}

func TestDiagnoseSaysNothingOfARightSignature(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partner, a, _ := attempt(t)
		var err error
		if a.Signature,
			err = signing.Sign(rapid.SampledFrom(partner.Secrets).Draw(t, "by"), a.Key, a.Path, a.Body); err != nil {
			t.Fatal(err)
		}
		before := bytes.Clone(a.Body)
		if got := authentication.Diagnose(partner, a); got != "" {
			t.Fatalf("%q", got)
		}
		// And a claim is never made for chance.
		a.Signature = standard(mac(sha256.New, "somebody else's", string(a.Body)))
		if got := authentication.Diagnose(partner, a); !strings.HasPrefix(got, "none of the usual mistakes") {
			t.Fatalf("%q", got)
		}
		if !bytes.Equal(before, a.Body) {
			t.Fatal("the body was changed")
		}
	})
}

func TestADiagnosisRepeatsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partner, a, texts := attempt(t)
		sum := mac(sha256.New, rapid.SampledFrom(texts).Draw(t, "by"),
			rapid.SampledFrom([]string{"", a.Key}).Draw(t, "k"), a.Path, string(a.Body))
		a.Signature = rapid.OneOf(rapid.Just(standard(sum)), rapid.Just(hex.EncodeToString(sum)),
			rapid.StringMatching(`[A-Za-z0-9+/=_-]{20,60}`)).Draw(t, "signature")
		got := authentication.Diagnose(partner, a)
		right := false
		for _, secret := range partner.Secrets {
			right = right || signing.Verify(secret, a.Key, a.Path, a.Body, a.Signature) == nil
		}
		if (got == "") != right {
			t.Fatalf("%q of a signature that is right: %t", got, right)
		}
		for _, text := range append(texts, a.Signature) {
			if strings.Contains(got, text) {
				t.Fatalf("%q repeats %q", got, text)
			}
		}
	})
}

func FuzzDiagnose(f *testing.F) {
	f.Add(key, "/a/", "b=c", "POST", "x.test", []byte(`{"a": [1, {"b": "c"}]}`),
		"r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94=")
	f.Add("", "", "", "", "", []byte(nil), "")
	f.Add(key, "/%", "?", "", "", []byte(`["\ud800", "\u0000", -0, 1e9, true]`), "sha256=00")
	f.Add(key, "/%zz/%4", "", "", "", []byte(` [ [ ] , { } ] `), strings.Repeat("ab", 32))
	partner := authentication.Caller{Secrets: []signing.Secret{signing.NewSecret("\"6a6b\" "), secret},
		Retired: []signing.Secret{{}}}
	f.Fuzz(func(t *testing.T, key, path, query, method, host string, body []byte, signature string) {
		a := authentication.Attempt{Key: key, Path: path, RawQuery: query, Method: method, Host: host, Body: body,
			Signature: signature, RecentKeys: []string{key, ""}}
		right := false
		for _, secret := range partner.Secrets {
			right = right || signing.Verify(secret, key, path, body, signature) == nil
		}
		if got := authentication.Diagnose(partner, a); (got == "") != right {
			t.Errorf("%q for a signature that is right: %t", got, right)
		}
	})
}
