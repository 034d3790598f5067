package bench_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/bench"
	"github.com/jiko-partner/partner-go/bench/loopback"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestMain(m *testing.M) {
	loopback.ServeIfChild()
	os.Exit(m.Run())
}

// A comparison is worth something only between programs that do the same.
func TestAllContendersMakeTheSameCallsAndGetTheSameAnswers(t *testing.T) {
	type call struct {
		Method, Path string
		Body         any
	}
	var calls []call
	keys := map[string]bool{}
	answers := &loopback.Handler{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/login/" {
			answers.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		key := r.Header.Get(idempotency.Header)
		if _, err := uuid.Parse(key); err != nil || keys[key] {
			t.Errorf("the key is not a UUID, or not fresh: %q", key)
		}
		keys[key] = true
		if err := signing.Verify(signing.NewSecret("a-signing-secret-of-the-usual-length"), key, r.URL.EscapedPath(),
			body, r.Header.Get(signing.HeaderSignature)); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer a-token-of-the-loopback-server" {
			t.Errorf("Authorization = %q", got)
		}
		c := call{Method: r.Method, Path: r.URL.Path}
		if len(body) > 0 {
			if err := json.Unmarshal(body, &c.Body); err != nil {
				t.Errorf("the body of %s is not JSON: %v", r.URL, err)
			}
		}
		calls = append(calls, c)
		answers.ServeHTTP(w, r)
	}))
	defer server.Close()
	contenders, err := bench.Contenders(server.URL)
	if err != nil {
		t.Fatal(err)
	}

	type outcome struct {
		calls                 []call
		pocket                *partnerapi.Pocket
		transfer, ofOwnMaking *partnerapi.OnUsTransfer
	}
	var want outcome
	for i, c := range contenders {
		var (
			got    outcome
			errors [3]error
		)
		calls = nil
		got.pocket, errors[0] = c.GetPocket(context.Background())
		got.transfer, errors[1] = c.Transfer(context.Background())
		got.ofOwnMaking, errors[2] = c.MakeAndTransfer(context.Background())
		got.calls = calls
		for _, err := range errors {
			if err != nil {
				t.Fatalf("%s: %v", c.Name, err)
			}
		}
		if len(calls) != 3 || !reflect.DeepEqual(calls[1], calls[2]) || got.pocket.Portfolio == nil {
			t.Fatalf("%s makes the calls %v and gets %v", c.Name, calls, got.pocket)
		}
		if i == 0 {
			want = got
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s differs from %s:\n%+v\n%+v", c.Name, contenders[0].Name, got, want)
		}
	}
}

func BenchmarkGetPocket(b *testing.B) {
	run(b, func(ctx context.Context, c bench.Contender) error { _, err := c.GetPocket(ctx); return err })
}

func BenchmarkTransfer(b *testing.B) {
	run(b, func(ctx context.Context, c bench.Contender) error { _, err := c.Transfer(ctx); return err })
}

func BenchmarkMakeAndTransfer(b *testing.B) {
	run(b, func(ctx context.Context, c bench.Contender) error { _, err := c.MakeAndTransfer(ctx); return err })
}

func run(b *testing.B, call func(context.Context, bench.Contender) error) {
	b.Helper()
	baseURL, stop, err := loopback.Start(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer stop()
	contenders, err := bench.Contenders(baseURL)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range contenders {
		b.Run(c.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := call(b.Context(), c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
