package partner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var secret = signing.NewSecret("signing-secret-marker")

// api is a server that logs in anybody and hands everything else to a function.
type api struct {
	*httptest.Server
	logins  atomic.Int64
	expires time.Duration
}

func newAPI(t *testing.T, serve http.HandlerFunc) *api {
	t.Helper()
	a := &api{expires: time.Hour}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/api/v1/login/") {
			serve(w, r)
			return
		}
		for _, name := range []string{"Authorization", idempotency.Header, signing.HeaderSignature} {
			if r.Header.Get(name) != "" {
				t.Errorf("the login carries %s", name)
			}
		}
		n := a.logins.Add(1)
		answer(w, http.StatusOK, fmt.Sprintf(`{"token":"token-%d","expires":%q}`, n,
			time.Now().Add(a.expires).Format(time.RFC3339Nano)))
	}))
	t.Cleanup(a.Close)
	return a
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (a *api) client(t *testing.T) *partner.Client {
	t.Helper()
	client, err := partner.New(partner.Config{BaseURL: a.URL, Username: "user",
		Password: signing.NewSecret("password-marker"), SigningSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

const agreements = `{"version":"1","release_date":"2023-01-01","documents":[]}`

func TestNewNamesEverythingThatIsWrong(t *testing.T) {
	_, err := partner.New(partner.Config{Middleware: []func(http.RoundTripper) http.RoundTripper{nil}})
	if err == nil {
		t.Fatal("a configuration of nothing is accepted")
	}
	for _, want := range []string{"BaseURL", "Username", "Password", "SigningSecret", "Middleware"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
}

func TestNewTakesHTTPSAndLoopbackOnly(t *testing.T) {
	for _, c := range []struct {
		name, url string
		ok        bool
	}{
		{"https", "https://acme.sandbox-api.jikoservices.com", true},
		{"https with a path", "https://gateway.example.com/jiko/", true},
		{"plain http to localhost", "http://localhost:8080", true},
		{"plain http to 127.0.0.1", "http://127.0.0.1:8080", true},
		{"plain http to another loopback address", "http://127.8.8.8", true},
		{"plain http to ::1", "http://[::1]:8080", true},
		{"plain http to a host", "http://acme.sandbox-api.jikoservices.com", false},
		{"plain http to a name that begins like loopback", "http://localhost.example.com", false},
		{"plain http to a private address", "http://10.0.0.1", false},
		{"another scheme", "ftp://example.com", false},
		{"no scheme", "example.com", false},
		{"no host", "https://", false},
		{"a port without a host", "https://:443", false},
		{"a password in the URL", "https://user:url-password-marker@example.com", false},
		{"a query string", "https://example.com/?a=b", false},
		{"a fragment", "https://example.com/#a", false},
		{"no URL", "https://exa mple.com", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, err := partner.New(partner.Config{BaseURL: c.url, Username: "u",
				Password: signing.NewSecret("password-marker"), SigningSecret: secret})
			if (err == nil) != c.ok || (client != nil) != c.ok {
				t.Fatalf("New = %v, %v", client, err)
			}
			if err != nil && strings.Contains(err.Error(), "marker") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestEveryCallIsSigned(t *testing.T) {
	type seen struct {
		method, path, query, contentType, key string
		body                                  []byte
	}
	var got seen
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = seen{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Content-Type"),
			r.Header.Get(idempotency.Header), body}
		if err := signing.Verify(secret, got.key, got.path, body, r.Header.Get(signing.HeaderSignature)); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		if token := r.Header.Get("Authorization"); token != "Bearer token-1" {
			t.Errorf("Authorization = %q", token)
		}
		answer(w, http.StatusOK, `{}`)
	})
	client := a.client(t)
	id := uuid.MustParse("160c0c4b-9966-4dc1-a916-8407eb10d74e")
	limit, name := 7, "New name"
	for _, c := range []struct {
		name string
		call func() error
		want seen
	}{
		{"a read", func() error { _, err := client.Pockets.Get(t.Context(), id, nil); return err },
			seen{method: "GET", path: "/api/v2/pockets/160c0c4b-9966-4dc1-a916-8407eb10d74e/"}},
		{"a list with parameters", func() error {
			_, err := client.Pockets.List(t.Context(), &partnerapi.ListPocketsParams{
				Limit: &limit, FilterStatus: []partnerapi.PocketStatus{partnerapi.PocketStatusOpen,
					partnerapi.PocketStatusFrozen},
			})
			return err
		}, seen{method: "GET", path: "/api/v2/pockets/",
			query: "filter%5Bstatus%5D=OPEN&filter%5Bstatus%5D=FROZEN&limit=7"}},
		{"a write", func() error {
			_, err := client.Pockets.Update(t.Context(), id, id, partnerapi.UpdatePocketRequest{PocketName: &name})
			return err
		}, seen{method: "PATCH",
			path: "/api/v2/customers/160c0c4b-9966-4dc1-a916-8407eb10d74e/pockets/" +
				"160c0c4b-9966-4dc1-a916-8407eb10d74e/",
			contentType: "application/json", body: []byte(`{"pocket_name":"New name"}`)}},
		{"an upload", func() error {
			_, err := client.Customers.UploadDocument(t.Context(), id, partnerapi.DocumentTypeBylaws, "application/pdf",
				strings.NewReader("%PDF"))
			return err
		}, seen{method: "POST", path: "/api/v1/customers/160c0c4b-9966-4dc1-a916-8407eb10d74e/documents/BYLAWS/file/",
			contentType: "application/pdf", body: []byte("%PDF")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got = seen{}
			if err := c.call(); err != nil {
				t.Fatal(err)
			}
			if _, err := idempotency.ParseKey(got.key); err != nil {
				t.Errorf("key %q: %v", got.key, err)
			}
			got.key = ""
			if got.method != c.want.method || got.path != c.want.path || got.query != c.want.query ||
				got.contentType != c.want.contentType ||
				!bytes.Equal(got.body, c.want.body) {
				t.Errorf("sent %+v\nwant %+v", got, c.want)
			}
		})
	}
	if n := a.logins.Load(); n != 1 {
		t.Errorf("%d logins", n)
	}
}

func TestABasePathIsKeptAndSigned(t *testing.T) {
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/gateway/jiko/api/v1/agreements/" {
			t.Errorf("path = %s", r.URL.Path)
		}
		if err := signing.Verify(secret, r.Header.Get(idempotency.Header), r.URL.EscapedPath(), nil,
			r.Header.Get(signing.HeaderSignature)); err != nil {
			t.Error(err)
		}
		answer(w, http.StatusOK, agreements)
	})
	for _, base := range []string{a.URL + "/gateway/jiko", a.URL + "/gateway/jiko/"} {
		client, err := partner.New(partner.Config{BaseURL: base, Username: "u", Password: signing.NewSecret("p"),
			SigningSecret: secret})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Individuals.ListAgreements(t.Context()); err != nil {
			t.Error(err)
		}
		client.Close()
	}
}

func TestACallKeepsItsKey(t *testing.T) {
	var keys []string
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get(idempotency.Header))
		answer(w, http.StatusOK, agreements)
	})
	client := a.client(t)
	own := idempotency.NewKey()
	for _, options := range [][]partner.CallOption{{}, {}, {partner.WithIdempotencyKey(own)},
		{partner.WithIdempotencyKey(own)}} {
		if _, err := client.Individuals.ListAgreements(t.Context(), options...); err != nil {
			t.Fatal(err)
		}
	}
	if keys[0] == keys[1] {
		t.Error("two calls share a key")
	}
	if keys[2] != own.String() || keys[3] != own.String() {
		t.Errorf("the own key was not sent: %v", keys[2:])
	}
	if _, err := client.Individuals.ListAgreements(t.Context(),
		partner.WithIdempotencyKey(idempotency.Key{})); !errors.Is(err, idempotency.ErrKey) || len(keys) != 4 {
		t.Errorf("the Nil UUID: %v", err)
	}
}

func TestAThousandCallersLogInOnce(t *testing.T) {
	a := newAPI(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, agreements) })
	client := a.client(t)
	var group sync.WaitGroup
	for range 1000 {
		group.Go(func() {
			if _, err := client.Individuals.ListAgreements(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := a.logins.Load(); n != 1 {
		t.Errorf("%d logins", n)
	}
}

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	a := newAPI(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, agreements) })
	client := a.client(t)
	var elapsed atomic.Int64
	start := time.Now()
	partner.SetClock(client, func() time.Time { return start.Add(time.Duration(elapsed.Load())) }, nil)
	for _, c := range []struct {
		after  time.Duration
		logins int64
	}{
		{0, 1},
		{54 * time.Minute, 1},
		{56 * time.Minute, 2}, // In the background: the old token is still good.
		{57 * time.Minute, 2},
		{56*time.Minute + 54*time.Minute, 2},
		{4 * time.Hour, 3}, // Long idle: the call waits for the new token.
	} {
		elapsed.Store(int64(c.after))
		if _, err := client.Individuals.ListAgreements(t.Context()); err != nil {
			t.Fatal(err)
		}
		client.Close() // Waits for what runs in the background.
		if n := a.logins.Load(); n != c.logins {
			t.Fatalf("%d logins after %s; want %d", n, c.after, c.logins)
		}
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	var bodies, keys []string
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies, keys = append(bodies, string(body)), append(keys, r.Header.Get(idempotency.Header))
		if r.Header.Get("Authorization") == "Bearer token-1" {
			answer(w, http.StatusUnauthorized, `{"detail":"the token has ended"}`)
			return
		}
		answer(w, http.StatusAccepted, "")
	})
	client := a.client(t)
	if err := client.Sandbox.FundAccount(t.Context(), nil, partnerapi.FundAccountRequest{AmountUSDC: 5}); err != nil {
		t.Fatal(err)
	}
	if a.logins.Load() != 2 || len(bodies) != 2 || bodies[0] != bodies[1] || bodies[0] == "" || keys[0] != keys[1] {
		t.Errorf("%d logins, bodies %q, keys %q", a.logins.Load(), bodies, keys)
	}
}

func TestA401IsNotRepeatedForEver(t *testing.T) {
	var calls atomic.Int64
	a := newAPI(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		answer(w, http.StatusUnauthorized, `{"detail":"no"}`)
	})
	_, err := a.client(t).Individuals.ListAgreements(t.Context())
	var refusal *partner.Error
	if !errors.As(err, &refusal) || refusal.StatusCode != http.StatusUnauthorized || refusal.Attempts != 2 ||
		calls.Load() != 2 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func TestAWaiterForALoginMayGiveUp(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/login/") {
			<-release
			answer(w, http.StatusOK, `{"token":"t","expires":"2999-01-01T00:00:00Z"}`)
			return
		}
		answer(w, http.StatusOK, agreements)
	}))
	defer server.Close()
	client, err := partner.New(partner.Config{BaseURL: server.URL, Username: "u", Password: signing.NewSecret("p"),
		SigningSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	first, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() { _, err := client.Individuals.ListAgreements(first); gaveUp <- err }()
	patient := make(chan error, 1)
	go func() { _, err := client.Individuals.ListAgreements(t.Context()); patient <- err }()
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that gave up: %v", err)
	}
	close(release)
	if err := <-patient; err != nil {
		t.Errorf("the one that waited: %v", err)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host got %s with %d signature headers", r.URL,
			len(r.Header.Values(signing.HeaderSignature)))
	}))
	defer other.Close()
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/x/", http.StatusTemporaryRedirect)
	})
	// Even when the caller's own http.Client would follow.
	client, err := partner.New(partner.Config{BaseURL: a.URL, Username: "u", Password: signing.NewSecret("p"),
		SigningSecret: secret, HTTPClient: a.Client()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Individuals.ListAgreements(t.Context())
	var refusal *partner.Error
	if !errors.As(err, &refusal) || refusal.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("ListAgreements = %v", err)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name, contentType, body string
		status                  int
		want                    []string
		fields                  []partner.FieldError
	}{
		{"the first shape of a 422", "application/json",
			`{"detail":[{"loc":["body","items",0,"amount"],"msg":"must be positive","type":"minimum",` +
				`"input":"input-marker"}]}`, 422,
			[]string{"listAgreements: 422 Unprocessable Entity: body.items.0.amount (minimum)"},
			[]partner.FieldError{{Location: "body.items.0.amount", Rule: "minimum", Message: "must be positive"}}},
		{"the second shape of a 422", "application/json",
			`{"type":"pocket_not_empty","instance":"/x/","detail":"The pocket has money.","trace_id":"trace-1"}`, 422,
			[]string{"422 Unprocessable Entity: pocket_not_empty", "request trace-1"}, nil},
		{"an undocumented error", "application/json", `{"detail":"Too many input-marker"}`, 429,
			[]string{"429 Too Many Requests"}, nil},
		{"HTML from a proxy", "text/html", "<html>input-marker</html>", 503, []string{"503 Service Unavailable"}, nil},
		{"nothing", "", "", 500, []string{"500 Internal Server Error"}, nil},
		{"a list where an object is expected", "application/json", `["input-marker"]`, 400, []string{"400 Bad Request"},
			nil},
		{"a detail of another kind", "application/json", `{"detail":{"a":"input-marker"}}`, 400,
			[]string{"400 Bad Request"}, nil},
		{"a text that would break a log", "application/json", `{"detail":"one\ntwo` + strings.Repeat("x", 5000) + `"}`,
			400, []string{"400 Bad Request"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAPI(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			key := idempotency.NewKey()
			_, err := a.client(t).Individuals.ListAgreements(t.Context(), partner.WithIdempotencyKey(key))
			var refusal *partner.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("ListAgreements = %v", err)
			}
			if refusal.Operation.ID != "listAgreements" || refusal.StatusCode != c.status ||
				refusal.IdempotencyKey != key || string(refusal.Body) != c.body {
				t.Errorf("%+v", refusal)
			}
			for _, want := range append(c.want, key.String()) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "marker") || strings.Contains(err.Error(), "\n") ||
				len(err.Error()) > 600 {
				t.Errorf("the error shows what it must not: %v", err)
			}
			if fmt.Sprint(refusal.Fields) != fmt.Sprint(c.fields) {
				t.Errorf("fields %v", refusal.Fields)
			}
		})
	}
}

func TestASuccessThatCannotBeRead(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
	}{
		{"an empty body", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusCreated, "") }},
		{"null", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusCreated, " null ") }},
		{"half a body", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusCreated, `{"id":`) }},
		{"another media type", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, "<html>")
		}},
		{"a connection that breaks off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"id":`)
		}},
		{"more than the limit", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusCreated)
			chunk := bytes.Repeat([]byte(" "), 1<<20)
			for range partnerapi.DefaultMaxResponseBytes>>20 + 8 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			amount, err := partnerapi.NewTransferAmount(partnerapi.RequestedAmount{AmountUSDC: 1})
			if err != nil {
				t.Fatal(err)
			}
			order, err := partnerapi.NewCreateOnUsTransferRequest(
				partnerapi.CreateInternalReallocationTransfer{Amount: amount})
			if err != nil {
				t.Fatal(err)
			}
			transfer, err := newAPI(t, c.serve).client(t).OnUsTransfers.Create(t.Context(), order)
			var unreadable *partner.Error
			if !errors.As(err, &unreadable) || unreadable.StatusCode != http.StatusCreated || unreadable.Err == nil ||
				transfer != nil ||
				!errors.Is(err, partner.ErrUnreadable) || unreadable.Attempts != 1 {
				t.Fatalf("CreateOnUsTransfer = %v, %v; want the status 201 and the reason", transfer, err)
			}
		})
	}
}

func TestNoErrorShowsASecret(t *testing.T) {
	wrongPassword := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusUnauthorized, `{"detail":"the password is wrong"}`)
	}))
	defer wrongPassword.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	refusing := newAPI(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusTeapot, `{}`) })
	for name, url := range map[string]string{"a wrong password": wrongPassword.URL, "nobody listens": closed.URL,
		"a refusal": refusing.URL} {
		t.Run(name, func(t *testing.T) {
			config := partner.Config{BaseURL: url, Username: "u", Password: signing.NewSecret("password-marker"),
				SigningSecret: secret}
			client, err := partner.New(config)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			_, err = client.Individuals.ListAgreements(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			var failure *partner.Error
			if !errors.As(err, &failure) || failure.Operation.ID != "listAgreements" {
				t.Errorf("the error does not name the operation: %v", err)
			}
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", failure),
				fmt.Sprintf("%+v", config)} {
				if strings.Contains(text, "marker") || strings.Contains(text, "token-1") {
					t.Errorf("a secret is shown: %s", text)
				}
			}
		})
	}
}

func TestAnUploadIsBounded(t *testing.T) {
	a := newAPI(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	endless := io.LimitReader(zeros{}, 60<<20)
	_, err := a.client(t).Customers.UploadDocument(t.Context(), uuid.New(), partnerapi.DocumentTypeOther,
		"application/pdf", endless)
	if !errors.Is(err, partner.ErrRequestTooLarge) {
		t.Errorf("UploadCustomerDocument = %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
