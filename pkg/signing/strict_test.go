package signing_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

var signedAt = time.Date(2025, 1, 5, 9, 0, 0, 999, time.UTC)

// The vectors come from the rule and were computed with two independent tools.
func TestStrictVectors(t *testing.T) {
	for _, v := range []struct{ name, method, target, body, want string }{
		{"a read", "GET", "/api/v1/agreements/", "",
			"t=1736067600,v1=MvfBBh2JegH2AcWf1RCCWfhXEYBTuYJVuZEWpWVsrpo="},
		{"a write with a query", "POST", "/api/v1/subscriptions/?a=b&c=%2F",
			`{"description":"Webhook subscription for application statuses"}`,
			"t=1736067600,v1=yl3fl5d9WXWOrFl9pqOqwNX+iGjGcuC8Ut+6zGROsOc="},
	} {
		t.Run(v.name, func(t *testing.T) {
			s := signing.Strict{Time: signedAt, Method: v.method, Target: v.target, Key: key}
			signer, err := s.Signer(secret)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = signer.Write([]byte(v.body))
			if got := s.Header(signer.Signature()); got != v.want {
				t.Errorf("%s; want %s", got, v.want)
			}
			at, signature, err := signing.ParseStrict(v.want)
			if err != nil || at.Unix() != signedAt.Unix() || signer.Verify(signature) != nil {
				t.Errorf("%v, %v, %v", at, err, signer.Verify(signature))
			}
		})
	}
}

// Another time, method, path, query, key, secret or body is another signature; so is the provider's own.
func TestAStrictSignatureCoversAllOfIt(t *testing.T) {
	right := signing.Strict{Time: signedAt, Method: "GET", Target: "/a/?b=c", Key: key}
	of := func(s signing.Strict, secret signing.Secret, body string) string {
		signer, err := s.Signer(secret)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = signer.Write([]byte(body))
		return signer.Signature()
	}
	want := of(right, secret, "body")
	for name, change := range map[string]func(*signing.Strict){
		"a second later":  func(s *signing.Strict) { s.Time = s.Time.Add(time.Second) },
		"another method":  func(s *signing.Strict) { s.Method = "DELETE" },
		"another path":    func(s *signing.Strict) { s.Target = "/a?b=c" },
		"another query":   func(s *signing.Strict) { s.Target = "/a/?b=d" },
		"no query":        func(s *signing.Strict) { s.Target = "/a/" },
		"another key":     func(s *signing.Strict) { s.Key = "497f6eca-6276-4993-bfeb-53cbbbba6f09" },
		"parts that move": func(s *signing.Strict) { s.Method, s.Target = "GE", "/T/a/?b=c" },
	} {
		s := right
		if change(&s); of(s, secret, "body") == want {
			t.Errorf("%s: the signature is the same", name)
		}
	}
	plain, err := signing.Sign(secret, key, "/a/", []byte("body"))
	if err != nil || plain == want || of(right, signing.NewSecret("another"), "body") == want ||
		of(right, secret, "bod") == want {
		t.Error("it is the signature of something else")
	}
	later := right
	later.Time = later.Time.Add(999 * time.Millisecond)
	if of(later, secret, "body") != want {
		t.Error("fractions of a second count")
	}
}

func TestStrictRefusesWhatCannotBeSigned(t *testing.T) {
	right := signing.Strict{Time: signedAt, Method: "GET", Target: "/a/", Key: key}
	first := signing.Strict{Time: time.Unix(0, 0), Method: "GET", Target: "/a/", Key: key}
	if _, err := first.Signer(secret); err != nil {
		t.Errorf("the first second of 1970: %v", err)
	}
	if _, err := right.Signer(signing.Secret{}); !errors.Is(err, signing.ErrInput) {
		t.Errorf("without a secret: %v", err)
	}
	for name, change := range map[string]func(*signing.Strict){
		"no method":                 func(s *signing.Strict) { s.Method = "" },
		"no key":                    func(s *signing.Strict) { s.Key = "" },
		"no target":                 func(s *signing.Strict) { s.Target = "" },
		"a whole URL":               func(s *signing.Strict) { s.Target = "http://x/" },
		"a line in the method":      func(s *signing.Strict) { s.Method = "GET\n/b/" },
		"a line in the target":      func(s *signing.Strict) { s.Target = "/a/\nkey" },
		"a line in the key":         func(s *signing.Strict) { s.Key = key + "\n" },
		"a space":                   func(s *signing.Strict) { s.Target = "/a b/" },
		"a time before all of this": func(s *signing.Strict) { s.Time = time.Time{} },
	} {
		s := right
		change(&s)
		if signer, err := s.Signer(secret); signer != nil || !errors.Is(err, signing.ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseStrictTakesOneSpelling(t *testing.T) {
	const sum = "MvfBBh2JegH2AcWf1RCCWfhXEYBTuYJVuZEWpWVsrpo="
	for _, value := range []string{"", "t=1736067600", "t=,v1=" + sum, "t=x,v1=" + sum, "t=1,v1=", "t=1,v1=x",
		"1,v1=" + sum,
		"t=-1,v1=" + sum, "t=+1,v1=" + sum, "t=01,v1=" + sum, "t=1, v1=" + sum, "t=1,v1=" + sum + " ", " t=1,v1=" + sum,
		"t=1.5,v1=" + sum, "t=99999999999999999999,v1=" + sum, "t=1,v2=" + sum, "t=1,v1=" + sum + ",v1=" + sum,
		"v1=" + sum + ",t=1", "T=1,v1=" + sum} {
		if at, signature, err := signing.ParseStrict(value); !errors.Is(err, signing.ErrMalformed) || !at.IsZero() ||
			signature != "" {
			t.Errorf("%q: %v, %q, %v", value, at, signature, err)
		}
	}
	if at, signature, err := signing.ParseStrict("t=0,v1=" + sum); err != nil || at.Unix() != 0 || signature != sum {
		t.Errorf("the first second: %v, %q, %v", at, signature, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := signing.Strict{Time: time.Unix(rapid.Int64Range(0, 1<<40).Draw(t, "time"), 0)}
		at, signature, err := signing.ParseStrict(s.Header(sum))
		if err != nil || !at.Equal(s.Time) || signature != sum {
			t.Fatalf("%v, %q, %v", at, signature, err)
		}
	})
}

// Whatever arrives, only what Header makes is taken, and it is what Header makes of it.
func FuzzParseStrict(f *testing.F) {
	f.Add("t=1736067600,v1=MvfBBh2JegH2AcWf1RCCWfhXEYBTuYJVuZEWpWVsrpo=")
	f.Add("t=-1,v1=")
	f.Fuzz(func(t *testing.T, value string) {
		at, signature, err := signing.ParseStrict(value)
		if err == nil && (signing.Strict{Time: at}).Header(signature) != value {
			t.Errorf("%q becomes %v and %q", value, at, signature)
		}
	})
}
