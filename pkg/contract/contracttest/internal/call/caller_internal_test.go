package call

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Behind a firewall that drops what comes, an address does not even refuse a connection.
func TestAHostThatDropsEverythingIsUnreachable(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	drop := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for _, c := range []struct {
		name string
		dial func(ctx context.Context, network, address string) (net.Conn, error)
		want Trouble
	}{{"a host that drops everything", drop, TroubleUnreachable}, {"a server that is silent", nil, TroubleTimeout}} {
		caller, err := New(Config{URL: silent.URL, Timeout: 100 * time.Millisecond, MaxBytes: 1000})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(caller.Close)
		if transport, ok := caller.client.Transport.(*http.Transport); ok && c.dial != nil {
			transport.DialContext = c.dial
		}
		answer, err := caller.Send(t.Context(), Message{Method: http.MethodGet, Target: "/", Bare: true})
		if err != nil || answer.Trouble != c.want {
			t.Errorf("%s: %q, not %q: %v", c.name, answer.Trouble, c.want, err)
		}
	}
}

func TestALoginIsSentAgainToAServerThatAsksForPatience(t *testing.T) {
	t.Parallel()
	logins := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/base/login/" || r.Header.Get("Authorization") != "" {
			t.Errorf("%s is called with %q", r.URL.Path, r.Header.Get("Authorization"))
		}
		if logins++; logins < 3 {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = w.Write([]byte(`{"token":"a"}`))
	}))
	t.Cleanup(server.Close)
	caller, err := New(Config{URL: server.URL + "/base", LoginPath: "/login/", Timeout: time.Second, MaxBytes: 1000,
		Credentials: Credentials{Username: "acme"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(caller.Close)
	if err := caller.LogIn(t.Context(), ""); err != nil || logins != 3 {
		t.Errorf("%d logins: %v", logins, err)
	}
}
