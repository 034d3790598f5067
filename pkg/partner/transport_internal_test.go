package partner

import (
	"context"
	"errors"
	"io"
	"net"
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

// A program may have set how its default transport dials, in either of two ways.
func TestTheDefaultTransportsDialingIsKept(t *testing.T) {
	standard := http.DefaultTransport
	defer func() { http.DefaultTransport = standard }()
	gone := errors.New("dialled")
	for name, own := range map[string]*http.Transport{
		"with a context": {DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, gone }},
		"without one":    {Dial: func(string, string) (net.Conn, error) { return nil, gone }},
	} {
		http.DefaultTransport = own
		if _, err := NewTransport().DialContext(t.Context(), "tcp", "127.0.0.1:1"); !errors.Is(err, gone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is shown of an error of the network is chosen; what it is stays.
func TestAnErrorOfTheNetworkKeepsItsKind(t *testing.T) {
	cause := &net.AddrError{Err: "marker", Addr: "marker"}
	for _, err := range []error{nil, io.EOF, context.Canceled, cause, &net.OpError{Op: "dial", Err: cause},
		&networkError{cause}, errContextLost, errors.New("tls: bad certificate")} {
		if discreet(err) != err { //nolint:errorlint // It is the very same.
			t.Errorf("%v is changed", err)
		}
	}
	wrapped := discreet(errors.Join(cause, errors.New("marker")))
	var typed interface{ ErrorType() string }
	if !errors.Is(wrapped, cause) || !errors.As(wrapped, &typed) || typed.ErrorType() != "*errors.joinError" ||
		wrapped.Error() != "the network failed (*errors.joinError)" {
		t.Errorf("%v", wrapped)
	}
}

// A transport that breaks its contract is told so by http.Client.
func TestATransportThatReturnsNothingIsAnError(t *testing.T) {
	client := Config{HTTPClient: &http.Client{Transport: nothing{}}}.httpClient()
	request, err := http.NewRequestWithContext(context.WithValue(t.Context(), writtenKey{}, &written{}), "GET",
		"http://127.0.0.1:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(request); err == nil {
		t.Error("nothing is an answer")
	}
}

type nothing struct{}

func (nothing) RoundTrip(*http.Request) (*http.Response, error) { return nil, nil }
