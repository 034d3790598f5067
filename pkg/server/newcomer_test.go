package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// overHTTP2 serves a handler over HTTP/2, and returns a client with one connection to it.
func overHTTP2(t *testing.T, handler http.Handler) (client *http.Client, url string) {
	t.Helper()
	httpServer := server.NewHTTPServer("", handler)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	httpServer.Protocols = protocols
	s := listen(t, httpServer, patience)
	transport := &http.Transport{Protocols: protocols, MaxConnsPerHost: 1}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}, "http://" + s.addr
}

// slow is a body whose end comes when it is told to.
type slow struct {
	io.Reader
	end <-chan struct{}
}

func (s slow) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		<-s.end
	}
	return n, err
}

// noting notes that a body is read.
type noting struct {
	io.ReadCloser
	read chan<- struct{}
	once sync.Once
}

func (n *noting) Read(p []byte) (int, error) {
	n.once.Do(func() { n.read <- struct{}{} })
	return n.ReadCloser.Read(p)
}

func login(t *testing.T, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/login/", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return r
}

func paid(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+fund, strings.NewReader(fundBody))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	sign(t, r, newSecret, uuid.NewString(), fundBody)
	return r
}

// status sends a request and returns what it was answered.
func status(client *http.Client, r *http.Request) (int, string, error) {
	response, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), errors.Join(err, response.Body.Close())
}

// On a connection where nobody has proven who they are, requests are served one at a time, and whoever waits too long
// is sent away. As soon as a signature is right, all are served at once.
func TestANewcomerIsServedOneAtATime(t *testing.T) {
	handler, reading := newServer(t, server.Config{}), make(chan struct{}, 100)
	client, url := overHTTP2(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			r.Body = &noting{ReadCloser: r.Body, read: reading}
		}
		handler.ServeHTTP(w, r)
	}))
	end := make(chan struct{})
	first := make(chan int, 1)
	go func() {
		code, _, _ := status(client, login(t, url, slow{strings.NewReader(`{"username":"u","password":"p"}`), end}))
		first <- code
	}()
	<-reading // It is its turn.
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			code, body, err := status(client, login(t, url, strings.NewReader(`{}`)))
			if code != http.StatusServiceUnavailable || body != "" || err != nil {
				t.Errorf("beside another: %d %s %v", code, body, err)
			}
		})
	}
	group.Wait()
	close(end)
	if code := <-first; code != http.StatusUnauthorized {
		t.Errorf("the first: %d", code)
	}
	for range 3 { // One after the other.
		if code, _, err := status(client, login(t, url, strings.NewReader(`{}`))); code != 422 || err != nil {
			t.Errorf("%d %v", code, err)
		}
	}
	// Who signs gets in, and all others with it.
	if code, body, err := status(client, paid(t, url)); code != http.StatusAccepted || err != nil {
		t.Fatalf("%d %s %v", code, body, err)
	}
	end = make(chan struct{})
	var waiting sync.WaitGroup
	for range 5 {
		waiting.Go(func() {
			body := slow{strings.NewReader(`{"username":"u","password":"p"}`), end}
			if code, _, err := status(client, login(t, url, body)); code != http.StatusUnauthorized || err != nil {
				t.Errorf("%d %v", code, err)
			}
		})
	}
	if code, _, err := status(client, paid(t, url)); code != http.StatusAccepted || err != nil {
		t.Errorf("beside five that do not end: %d %v", code, err)
	}
	close(end)
	waiting.Wait()
}

// Requests that are sent away at once are no way to keep a server busy: the connection takes none after the first.
func TestANewcomerThatIsSentAwayNeedsAnotherConnection(t *testing.T) {
	handler, reading := newServer(t, server.Config{}), make(chan struct{}, 100)
	client, url := overHTTP2(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &noting{ReadCloser: r.Body, read: reading}
		handler.ServeHTTP(w, r)
	}))
	client.Transport.(*http.Transport).MaxConnsPerHost = 0
	end, first := make(chan struct{}), make(chan int, 1)
	go func() {
		code, _, _ := status(client, login(t, url, slow{strings.NewReader(`{}`), end}))
		first <- code
	}()
	<-reading // It is its turn.
	if code, _, err := status(client, login(t, url, strings.NewReader(`{}`))); code != 503 || err != nil {
		t.Fatalf("beside another: %d %v", code, err)
	}
	if code, _, err := status(client, login(t, url, strings.NewReader(`{}`))); code != 422 || err != nil {
		t.Errorf("on another connection: %d %v", code, err)
	}
	close(end)
	if code := <-first; code != http.StatusUnprocessableEntity {
		t.Errorf("the first: %d", code)
	}
}

// Many signed requests at once, on a connection that nobody knows yet, are all served: they wait for the first to be
// verified, and for nothing else.
func TestManySignedRequestsAtOnceOnANewConnection(t *testing.T) {
	entered, leave := make(chan struct{}, 100), make(chan struct{})
	api := &bank{fund: func(context.Context, partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error) {
		entered <- struct{}{}
		<-leave
		return partnerserver.FundAccountAccepted{}, nil
	}}
	client, url := overHTTP2(t, newServer(t, server.Config{API: api}))
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if code, body, err := status(client, paid(t, url)); code != http.StatusAccepted || err != nil {
				t.Errorf("%d %s %v", code, body, err)
			}
		})
	}
	for range 10 { // All are under way at the same time.
		select {
		case <-entered:
		case <-time.After(patience):
			t.Fatal("they do not run at once")
		}
	}
	close(leave)
	group.Wait()
}

// A server that is not ours has no such limit, nor has HTTP/1.1.
func TestWithoutOurServerNobodyIsANewcomer(t *testing.T) {
	inner, reading := newServer(t, server.Config{}), make(chan struct{}, 100)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &noting{ReadCloser: r.Body, read: reading}
		inner.ServeHTTP(w, r)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	httpServer := &http.Server{Handler: handler, Protocols: new(http.Protocols)}
	httpServer.Protocols.SetUnencryptedHTTP2(true)
	httpServer.Protocols.SetHTTP1(true)
	go func() { _ = httpServer.Serve(listener) }()
	defer func() { _ = httpServer.Close() }()
	for _, two := range []bool{false, true} {
		transport := &http.Transport{Protocols: new(http.Protocols)}
		transport.Protocols.SetUnencryptedHTTP2(two)
		transport.Protocols.SetHTTP1(!two)
		client := &http.Client{Transport: transport}
		end := make(chan struct{})
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				body := slow{strings.NewReader(`{}`), end}
				code, _, err := status(client, login(t, "http://"+listener.Addr().String(), body))
				if code != http.StatusUnprocessableEntity || err != nil {
					t.Errorf("HTTP/2 %t: %d %v", two, code, err)
				}
			})
		}
		for range 3 {
			<-reading // All of them at the same time.
		}
		close(end)
		group.Wait()
		transport.CloseIdleConnections()
	}
}

// An upload of 12 MiB over HTTP/2 gets through the small windows.
func TestAFileGetsThroughHTTP2(t *testing.T) {
	content := bytes.Repeat([]byte("%PDF-1.7"), 12<<20/8)
	got := 0
	api := &bank{upload: func(_ context.Context, in partnerserver.UploadCustomerDocumentInput) (
		partnerserver.UploadCustomerDocumentOutput, error) {
		n, err := io.Copy(io.Discard, in.Body)
		got = int(n)
		return partnerserver.UploadCustomerDocumentOK{}, err
	}}
	client, url := overHTTP2(t, newServer(t, server.Config{API: api}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+upload, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/pdf")
	r.Header.Set("Authorization", "Bearer "+token)
	if err := authentication.SignRequest(r, newSecret, uuid.NewString(), content); err != nil {
		t.Fatal(err)
	}
	if code, body, err := status(client, r); code != http.StatusOK || err != nil || got != len(content) {
		t.Errorf("%d %s %v, %d bytes", code, body, err, got)
	}
	// A wrong signature is found at the end, and nothing of the file reaches the operation.
	got = 0
	r.Body = io.NopCloser(bytes.NewReader(content))
	if err := authentication.SignRequest(r, signing.NewSecret("another"), uuid.NewString(), content); err != nil {
		t.Fatal(err)
	}
	if code, body, err := status(client, r); code != http.StatusUnauthorized || err != nil || got != 0 {
		t.Errorf("%d %s %v, %d bytes", code, body, err, got)
	}
}

// A token can be stolen: a file that it lets in unsigned proves nothing.
func TestAnUnsignedFileProvesNothing(t *testing.T) {
	handler, reading := newServer(t, server.Config{AcceptUnsignedUploads: true}), make(chan struct{}, 100)
	client, url := overHTTP2(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &noting{ReadCloser: r.Body, read: reading}
		handler.ServeHTTP(w, r)
	}))
	send := func(path, mediaType string, body io.Reader) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+path, body)
		if err != nil {
			t.Error(err)
			return 0
		}
		r.Header.Set("Content-Type", mediaType)
		r.Header.Set("Authorization", "Bearer "+token)
		if path == fund {
			err = authentication.SignRequest(r, signing.NewSecret("another"), uuid.NewString(), nil)
		} else {
			r.Header.Set(idempotency.Header, uuid.NewString())
		}
		if err != nil {
			t.Error(err)
		}
		code, _, _ := status(client, r)
		return code
	}
	if code := send(upload, "application/pdf", strings.NewReader("%PDF-1.7")); code != http.StatusOK {
		t.Fatalf("the file: %d", code)
	}
	for len(reading) > 0 {
		<-reading
	}
	end, first := make(chan struct{}), make(chan int, 1)
	go func() {
		first <- send(fund, "application/json", slow{strings.NewReader(strings.Repeat(" ", 32<<10)), end})
	}()
	<-reading
	if code, body, err := status(client, paid(t, url)); code != http.StatusServiceUnavailable || err != nil {
		t.Errorf("beside a body without an end: %d %s %v", code, body, err)
	}
	close(end)
	<-first
}

// A file may take minutes: what comes beside it on a new connection does not wait for that.
func TestAFileOfANewcomerHoldsUpNobody(t *testing.T) {
	handler, reading := newServer(t, server.Config{}), make(chan struct{}, 100)
	client, url := overHTTP2(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &noting{ReadCloser: r.Body, read: reading}
		handler.ServeHTTP(w, r)
	}))
	for _, c := range []struct {
		path, mediaType string
		waits           bool
	}{
		{fund, "application/json", true},
		{upload, "application/pdf", false},
	} {
		content, end := strings.Repeat(" ", 32<<10), make(chan struct{})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+c.path,
			slow{strings.NewReader(content), end})
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", c.mediaType)
		r.Header.Set("Authorization", "Bearer "+token)
		err = authentication.SignRequest(r, signing.NewSecret("another"), uuid.NewString(), []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		first := make(chan int, 1)
		go func() {
			code, _, _ := status(client, r)
			first <- code
		}()
		<-reading
		code, body, err := status(client, paid(t, url))
		if waits := code == http.StatusServiceUnavailable; waits != c.waits || err != nil {
			t.Errorf("beside %s: %d %s %v", c.path, code, body, err)
		}
		close(end)
		if code := <-first; code != http.StatusUnauthorized {
			t.Errorf("%s: %d", c.path, code)
		}
	}
}
