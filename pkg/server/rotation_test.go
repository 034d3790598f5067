package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Secrets are rotated while requests are served: the server takes both for a while, the clients change over one by one,
// and no request is refused. Nothing is started anew.
func TestSecretsAreRotatedUnderLoad(t *testing.T) {
	var active atomic.Pointer[[]signing.Secret]
	active.Store(&[]signing.Secret{oldSecret})
	handler := newServer(t, server.Config{
		Lookup: func(_ context.Context, got string) (authentication.Caller, error) {
			if got != token {
				return authentication.Caller{}, authentication.ErrUnknownToken
			}
			return authentication.Caller{ID: "acme", Secrets: *active.Load()}, nil
		},
	})
	listening := httptest.NewServer(handler)
	defer listening.Close()
	client := listening.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 8
	defer client.CloseIdleConnections()

	pay := func(secret signing.Secret, body string) (int, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, listening.URL+fund, strings.NewReader(body))
		if err != nil {
			return 0, err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		if err := authentication.SignRequest(r, secret, uuid.NewString(), []byte(body)); err != nil {
			return 0, err
		}
		response, err := client.Do(r)
		if err != nil {
			return 0, err
		}
		_, _ = io.Copy(io.Discard, response.Body)
		return response.StatusCode, response.Body.Close()
	}
	large := fundBody + strings.Repeat(" ", 50<<10) // It is in a file while its signature is made.

	secrets := make([]atomic.Pointer[signing.Secret], 8)
	for i := range secrets {
		secrets[i].Store(&oldSecret)
	}
	served := make(chan error) // nil for each request that is served
	stop := make(chan struct{})
	var group sync.WaitGroup
	for i := range secrets {
		group.Go(func() {
			for n := 0; ; n++ {
				body := fundBody
				if n%4 == 0 {
					body = large
				}
				status, err := pay(*secrets[i].Load(), body)
				if err == nil && status != http.StatusAccepted {
					err = fmt.Errorf("client %d is answered %d", i, status)
				}
				select {
				case served <- err:
				case <-stop:
					return
				}
			}
		})
	}
	// Requests that began before a step are over when as many as there are clients, and more, have been served.
	some := func() {
		t.Helper()
		for range 10 * len(secrets) {
			if err := <-served; err != nil {
				t.Error(err)
			}
		}
	}
	some()
	active.Store(&[]signing.Secret{newSecret, oldSecret})
	some()
	for i := range secrets {
		secrets[i].Store(&newSecret)
		some()
	}
	active.Store(&[]signing.Secret{newSecret})
	some()
	close(stop)
	group.Wait()
	if status, err := pay(oldSecret, fundBody); err != nil || status != http.StatusUnauthorized {
		t.Errorf("with the old secret, afterwards: %d, %v", status, err)
	}
}
