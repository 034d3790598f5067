package signing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

var secret = signing.NewSecret("shared-secret-here")

const key = "497f6eca-6276-4993-bfeb-53cbbbba6f08"

// The vectors come from the documented rule and were computed with two independent tools.
func TestVectors(t *testing.T) {
	for _, v := range []struct{ name, path, body, want string }{
		{"an empty body adds nothing", "/api/v1/agreements/", "", "r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94="},
		{"a body is signed as it is", "/api/v1/subscriptions/",
			`{"description":"Webhook subscription for application statuses"}`,
			"Qeh1Kecbe0KNqwb1V3JANwNTEGV2pSZKy+4+GeIbSds="},
	} {
		t.Run(v.name, func(t *testing.T) {
			got, err := signing.Sign(secret, key, v.path, []byte(v.body))
			if err != nil || got != v.want {
				t.Fatalf("Sign = %q, %v; want %q", got, err, v.want)
			}
			if err := signing.Verify(secret, key, v.path, []byte(v.body), v.want); err != nil {
				t.Fatalf("Verify: %v", err)
			}
		})
	}
	t.Run("a webhook is signed over its body alone", func(t *testing.T) {
		const want = "CpsQohiVi1LIQ3y8vFcGnWV+3Sysw37Y8HXXmyGBaHI="
		body := []byte(`{"event_id": "94444752-cfa7-5d08-a2da-7f42ffdc649c"}`)
		got, err := signing.SignWebhook(signing.NewSecret("0123456789123456"), body)
		if err != nil || got != want {
			t.Fatalf("SignWebhook = %q, %v; want %q", got, err, want)
		}
		if err := signing.VerifyWebhook(signing.NewSecret("0123456789123456"), body, want); err != nil {
			t.Fatalf("VerifyWebhook: %v", err)
		}
		if err := signing.VerifyWebhook(signing.NewSecret("0123456789123457"), body, want); !errors.Is(err,
			signing.ErrMismatch) {
			t.Fatalf("VerifyWebhook with another secret: %v", err)
		}
	})
}

func TestSignRefuses(t *testing.T) {
	for _, c := range []struct {
		name      string
		secret    signing.Secret
		key, path string
	}{
		{"an empty secret", signing.NewSecret(""), key, "/a/"},
		{"an empty key", secret, "", "/a/"},
		{"an empty path", secret, key, ""},
		{"a path without a leading slash", secret, key, "a/"},
		{"a path with a query string", secret, key, "/a/?b=c"},
		{"a path with a fragment", secret, key, "/a/#b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := signing.Sign(c.secret, c.key, c.path, nil); !errors.Is(err, signing.ErrInput) || got != "" {
				t.Errorf("Sign = %q, %v; want ErrInput", got, err)
			}
			if err := signing.Verify(c.secret, c.key, c.path, nil, "x"); !errors.Is(err, signing.ErrInput) {
				t.Errorf("Verify = %v; want ErrInput", err)
			}
		})
	}
	if _, err := signing.SignWebhook(signing.NewSecret(""), nil); !errors.Is(err, signing.ErrInput) {
		t.Errorf("SignWebhook with an empty secret: %v", err)
	}
	if err := signing.VerifyWebhook(signing.NewSecret(""), nil, ""); !errors.Is(err, signing.ErrInput) {
		t.Errorf("VerifyWebhook with an empty secret: %v", err)
	}
}

func TestVerifyRefusesEverySpellingButOne(t *testing.T) {
	right := "r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94="
	for name, signature := range map[string]string{
		"nothing":                  "",
		"no padding":               strings.TrimSuffix(right, "="),
		"a line break":             right[:10] + "\n" + right[10:],
		"a trailing space":         right + " ",
		"loose trailing bits":      strings.Replace(right, "94=", "95=", 1),
		"more bytes":               "AAAA" + right,
		"the sample's placeholder": "string",
		"hexadecimal":              "af9adc24541ee5729ac0a4c0c464ce6df448000edf887df6d8ae05b989ac6fde",
	} {
		t.Run(name, func(t *testing.T) {
			if err := signing.Verify(secret, key, "/api/v1/agreements/", nil, signature); !errors.Is(err,
				signing.ErrMalformed) {
				t.Fatalf("Verify = %v; want ErrMalformed", err)
			}
		})
	}
}

// Whatever is changed, the signature no longer verifies. A change that moves bytes between key, path and body is the
// one exception, since the rule has no separators.
func TestVerifyAcceptsOnlyWhatWasSigned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		path := "/" + rapid.StringMatching(`[a-z0-9/%.-]{0,40}`).Draw(t, "path")
		signature, err := signing.Sign(secret, key, path, body)
		if err != nil {
			t.Fatal(err)
		}
		if err := signing.Verify(secret, key, path, body, signature); err != nil {
			t.Fatalf("what was signed: %v", err)
		}
		for name, err := range map[string]error{
			"another secret":   signing.Verify(signing.NewSecret(secret.Reveal()+"x"), key, path, body, signature),
			"another key":      signing.Verify(secret, strings.ToUpper(key), path, body, signature),
			"a longer path":    signing.Verify(secret, key, path+"/", body, signature),
			"a longer body":    signing.Verify(secret, key, path, append(bytes.Clone(body), 0), signature),
			"a webhook's rule": signing.VerifyWebhook(secret, body, signature),
		} {
			if !errors.Is(err, signing.ErrMismatch) {
				t.Fatalf("%s: %v; want ErrMismatch", name, err)
			}
		}
	})
}

func TestASignatureCanBeMadePieceByPiece(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "pieces")
		signer, err := signing.NewSigner(secret, key, "/a/")
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range pieces {
			if n, err := signer.Write(piece); n != len(piece) || err != nil {
				t.Fatalf("Write = %d, %v", n, err)
			}
		}
		want, err := signing.Sign(secret, key, "/a/", bytes.Join(pieces, nil))
		if err != nil || signer.Signature() != want {
			t.Fatalf("Signature = %s; want %s, %v", signer.Signature(), want, err)
		}
	})
	if _, err := signing.NewSigner(signing.NewSecret(""), key, "/a/"); !errors.Is(err, signing.ErrInput) {
		t.Errorf("NewSigner without a secret: %v", err)
	}
}

// Servers verify each request, so the HMAC of a secret is set up once.
func TestVerifyAllocatesNothing(t *testing.T) {
	body := []byte(`{"a":1}`)
	signature, err := signing.Sign(secret, key, "/a/", body)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if err := signing.Verify(secret, key, "/a/", body, signature); err != nil {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestASecretSignsForManyAtOnce(t *testing.T) {
	shared := signing.NewSecret("shared-secret-here")
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 200 {
				path := fmt.Sprintf("/%d/%d/", n, i)
				want, err := signing.Sign(signing.NewSecret("shared-secret-here"), key, path, nil)
				if got, gotErr := signing.Sign(shared, key, path, nil); got != want || err != nil || gotErr != nil {
					t.Errorf("%s: %s, want %s; %v, %v", path, got, want, err, gotErr)
				}
			}
		})
	}
	all.Wait()
}

func TestSecretIsNeverPrinted(t *testing.T) {
	s := signing.NewSecret("hunter2")
	if _, err := signing.SignWebhook(s, nil); err != nil { // From now on it carries an HMAC with it.
		t.Fatal(err)
	}
	config := struct {
		Secret signing.Secret
		Nested *struct{ Secret signing.Secret }
	}{s, &struct{ Secret signing.Secret }{s}}
	// fmt cannot call methods of what is in an unexported field; it must not get at the text either.
	hidden := struct {
		secret signing.Secret
		nested struct{ secret signing.Secret }
		list   []signing.Secret
		table  map[string]signing.Secret
	}{s, struct{ secret signing.Secret }{s}, []signing.Secret{s}, map[string]signing.Secret{"a": s}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "config", config)
	encoded, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	for verb, text := range map[string]string{
		"%v": fmt.Sprintf("%v", s), "%+v": fmt.Sprintf("%+v", config), "%#v": fmt.Sprintf("%#v", config),
		"%s": fmt.Sprintf("%s", s),
		"%q": fmt.Sprintf("%q", s), "%x": fmt.Sprintf("%x", s), "%d": fmt.Sprintf("%d", s), "Sprint": fmt.Sprint(s),
		"String": s.String(), "GoString": s.GoString(), "slog": log.String(), "json": string(encoded),
		"nested": fmt.Sprintf("%v", *config.Nested),
	} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e74657232") {
			t.Errorf("%s prints the secret: %s", verb, text)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(verb, hidden); strings.Contains(text, "hunter2") ||
			strings.Contains(text, "68756e74657232") {
			t.Errorf("%s prints a secret in an unexported field: %s", verb, text)
		}
	}
	var read struct{ Secret signing.Secret }
	if err := json.Unmarshal([]byte(`{"Secret":"hunter2"}`), &read); err != nil || read.Secret.Reveal() != "hunter2" ||
		read.Secret.IsZero() {
		t.Errorf("a secret is not read from a configuration: %v", err)
	}
	if got := signing.NewSecret("").String(); got != "" || !(signing.Secret{}).IsZero() {
		t.Errorf("an empty secret prints as %q: nobody would see that it is missing", got)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94=", key, "/api/v1/agreements/", []byte(nil))
	f.Add("", "", "", []byte("{}"))
	f.Add("string", key, "/a/", []byte(`{"a":1}`))
	f.Fuzz(func(t *testing.T, signature, key, path string, body []byte) {
		err := signing.Verify(secret, key, path, body, signature)
		right, signErr := signing.Sign(secret, key, path, body)
		if (err == nil) != (signErr == nil && signature == right) {
			t.Fatalf("Verify = %v for %q; the right signature is %q, %v", err, signature, right, signErr)
		}
	})
}

// A signature is right for the bytes that were written, in whatever pieces, and for no others.
func TestASignerVerifiesWhatItWasWritten(t *testing.T) {
	const path = "/api/v1/subscriptions/"
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "body")
		cut := rapid.IntRange(0, len(body)).Draw(t, "cut")
		right, err := signing.Sign(secret, key, path, body)
		if err != nil {
			t.Fatal(err)
		}
		for signature, want := range map[string]error{
			right: nil, "": signing.ErrMalformed, right + "=": signing.ErrMalformed,
			"r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94=": signing.ErrMismatch,
		} {
			signer, err := signing.NewSigner(secret, key, path)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = signer.Write(body[:cut])
			_, _ = signer.Write(body[cut:])
			for range 2 { // Asking changes nothing.
				if err := signer.Verify(signature); !errors.Is(err, want) {
					t.Errorf("%q: %v; want %v", signature, err, want)
				}
			}
			_, _ = signer.Write([]byte{0})
			if err := signer.Verify(signature); err == nil {
				t.Errorf("%q is right for a byte more", signature)
			}
		}
	})
}

// What has the right format may be wrong, and what has not cannot be right.
func TestCheckFormat(t *testing.T) {
	for signature, want := range map[string]error{
		"r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94=":  nil,
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=":  nil,
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=":  signing.ErrMalformed, // bits left over
		"r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94":   signing.ErrMalformed,
		"r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94==": signing.ErrMalformed,
		"r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94A":  signing.ErrMalformed, // another byte
		"r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb9\n=": signing.ErrMalformed,
		"r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb9-=":  signing.ErrMalformed,
		"": signing.ErrMalformed,
	} {
		if err := signing.CheckFormat(signature); !errors.Is(err, want) {
			t.Errorf("%q: %v; want %v", signature, err, want)
		}
	}
}
