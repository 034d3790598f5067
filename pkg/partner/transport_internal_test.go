package partner

import (
	"net/http"
	"testing"
	"time"
)

// A dead connection is found within half an attempt, whatever an attempt may take.
func TestPingsFollowTheTimeoutOfAttempts(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{
		0: 15 * time.Second, 10 * time.Minute: 15 * time.Second, time.Minute: 15 * time.Second,
		20 * time.Second: 5 * time.Second, 4 * time.Second: time.Second, time.Second: time.Second,
		time.Millisecond: time.Second,
	} {
		client := Config{AttemptTimeout: timeout}.httpClient()
		transport, ok := client.Transport.(wrappedTransport).base.base.(*http.Transport)
		if !ok || transport.HTTP2.SendPingTimeout != want || transport.HTTP2.PingTimeout != want {
			t.Errorf("%s: %+v, want %s", timeout, transport.HTTP2, want)
		}
	}
}

// A transport of the caller's is sent through as it is.
func TestACallersTransportIsNotChanged(t *testing.T) {
	own := &http.Transport{}
	client := Config{HTTPClient: &http.Client{Transport: own, Timeout: time.Second}}.httpClient()
	if client.Transport.(wrappedTransport).base.base != own || own.HTTP2 != nil || own.TLSClientConfig != nil ||
		client.Timeout != 0 {
		t.Errorf("%+v", client)
	}
	if !(network{tracked{http.DefaultTransport}}).shared() || (network{tracked{own}}).shared() {
		t.Error("which transport the program shares")
	}
}
