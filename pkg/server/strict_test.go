package server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// The client makes what the server asks for: reads with and without a query, writes, and files of which nobody knows
// the length. A read that somebody has recorded cannot be sent again as something else.
func TestClientAndServerAgreeOnStrictSignatures(t *testing.T) {
	handler := newServer(t, server.Config{StrictAge: 5 * time.Minute})
	var mu sync.Mutex
	var recorded *http.Request
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if r.Method == http.MethodGet && r.Header.Get(signing.HeaderStrict) != "" {
			recorded = r.Clone(t.Context())
		}
		mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	defer listening.Close()
	connect := func(strict bool) *partner.Client {
		client, err := partner.New(partner.Config{
			BaseURL: listening.URL, Tokens: fixed{}, SigningSecret: newSecret, StrictSignatures: strict, MaxRetries: -1,
			HTTPClient: listening.Client(),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		return client
	}
	limit := 7
	// The test's bank has neither operation: 501 says that the request got as far as that.
	for strict, want := range map[bool]int{true: http.StatusNotImplemented, false: http.StatusUnauthorized} {
		client := connect(strict)
		_, list := client.Individuals.ListAgreements(t.Context())
		_, pockets := client.Pockets.List(t.Context(), &partnerapi.ListPocketsParams{Limit: &limit})
		for name, err := range map[string]error{"a read": list, "a read with a query": pockets} {
			var refusal *partner.Error
			if !errors.As(err, &refusal) || refusal.StatusCode != want {
				t.Errorf("strict %t, %s: %v; want %d", strict, name, err, want)
			}
		}
	}
	client := connect(true)
	for _, body := range []string{fundBody, fundBody + strings.Repeat(" ", 100<<10)} {
		for name, reader := range map[string]io.Reader{
			"which can be read again": strings.NewReader(body),
			"which can be read once":  io.MultiReader(strings.NewReader(body)),
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, listening.URL+fund, reader)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			response, err := client.Do(r)
			if err != nil {
				t.Fatalf("%d bytes %s: %v", len(body), name, err)
			}
			_ = response.Body.Close()
			if response.StatusCode != http.StatusAccepted {
				t.Errorf("%d bytes %s: %s", len(body), name, response.Status)
			}
		}
	}
	again := recorded.Clone(t.Context())
	again.Method = http.MethodDelete
	w := httptest.NewRecorder()
	if handler.ServeHTTP(w, again); w.Code != http.StatusUnauthorized {
		t.Errorf("a recorded read as a DELETE: %d %s", w.Code, w.Body)
	}
	if _, err := uuid.Parse(recorded.Header.Get("x-jiko-idempotency")); err != nil ||
		recorded.Header.Get(signing.HeaderStrict) == "" {
		t.Errorf("%v", recorded.Header)
	}
}

// fixed has the one token.
type fixed struct{}

func (fixed) Token(context.Context, string) (string, error) { return token, nil }
