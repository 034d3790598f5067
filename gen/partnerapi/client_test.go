package partnerapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// The generated client alone, as one who brings his own transport uses it.
func TestTheGeneratedClient(t *testing.T) {
	const agreements = `{"version":"1","release_date":"2023-01-01","documents":[]}`
	for _, c := range []struct {
		name        string
		status      int
		contentType string
		body        string
		want        string
		wrapped     error
	}{
		{"a success", 200, "application/json; charset=utf-8", agreements, "", nil},
		{"a refusal", 422, "application/json", `{"detail":[]}`, "listAgreements: 422 Unprocessable Entity", nil},
		{"HTML with 503", 503, "text/html", "<html>", "listAgreements: 503 Service Unavailable", nil},
		{"a redirect", 302, "text/html", "", "listAgreements: 302 Found", nil},
		{"HTML with 200", 200, "text/html", "<html>", "listAgreements: 200 OK: the answer is not application/json",
			nil},
		{"nothing with 200", 200, "application/json", " ", "listAgreements: 200 OK: the answer is empty", nil},
		{"null with 200", 200, "application/json", "null", "listAgreements: 200 OK: the answer is empty", nil},
		{"a list with 200", 200, "application/json", "[]", "listAgreements: 200 OK: the answer is no " +
			"partnerapi.AgreementBundle", nil},
		{"a list in a member with 200", 200, "application/json", `{"version":[]}`, "listAgreements: 200 OK: the " +
			"answer does not fit the contract: member version is no string", nil},
		{"too much", 200, "application/json", strings.Repeat(" ", 2000) + agreements,
			"the answer is longer than the limit", partnerapi.ErrResponseTooLarge},
		{"a success without a limit", 200, "application/json", agreements, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					t.Error("the redirect was followed")
				}
				if r.URL.Path != "/base/api/v1/agreements/" || r.Header.Get("X-Own") != "1" {
					t.Errorf("%s %v", r.URL, r.Header)
				}
				w.Header().Set("Content-Type", c.contentType)
				if c.status == http.StatusFound {
					w.Header().Set("Location", "/elsewhere")
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer server.Close()
			limit := int64(1000)
			if c.name == "a success without a limit" {
				limit = math.MaxInt64
			}
			client, err := partnerapi.NewClient(server.URL+"/base", partnerapi.WithMaxResponseBytes(limit),
				partnerapi.WithRequestEditor(func(_ context.Context,
					r *http.Request) error {
					r.Header.Set("X-Own", "1")
					return nil
				}))
			if err != nil {
				t.Fatal(err)
			}
			bundle, err := client.ListAgreements(t.Context())
			if c.want == "" {
				if err != nil || bundle.Version != "1" {
					t.Fatalf("%v, %v", bundle, err)
				}
				return
			}
			var failure *partnerapi.ResponseError
			if !errors.As(err, &failure) || !strings.Contains(err.Error(), c.want) || failure.StatusCode != c.status ||
				bundle != nil {
				t.Errorf("%v, %v; want %q", bundle, err, c.want)
			}
			if c.wrapped != nil && !errors.Is(err, c.wrapped) {
				t.Errorf("%v is not %v", err, c.wrapped)
			}
		})
	}
}

func TestTheGeneratedClientRefusesWhatItCannotSend(t *testing.T) {
	for name, url := range map[string]string{
		"no scheme": "example.com", "another scheme": "ftp://example.com", "a user": "https://u:p@example.com",
		"a query": "https://example.com/?a",
		"no host": "https:///x", "a malformed one": "https://a b",
	} {
		if _, err := partnerapi.NewClient(url); err == nil {
			t.Errorf("%s: %q is accepted", name, url)
		}
	}
	for name, option := range map[string]partnerapi.ClientOption{
		"a nil doer": partnerapi.WithDoer(nil), "a nil editor": partnerapi.WithRequestEditor(nil),
		"no limit": partnerapi.WithMaxResponseBytes(0),
	} {
		if _, err := partnerapi.NewClient("https://example.com", option); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	client, err := partnerapi.NewClient("https://example.com",
		partnerapi.WithDoer(doer(func(*http.Request) (*http.Response, error) {
			t.Error("something was sent")
			return nil, errors.New("sent")
		})))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []partnerapi.DocumentType{"", ".", ".."} {
		if _, err := client.UploadCustomerDocument(t.Context(), uuid.New(), kind, "image/png",
			strings.NewReader("x")); err == nil {
			t.Errorf("a document type of %q changes the path", kind)
		}
	}
	if _, err := client.CreateOnUsTransfer(t.Context(), partnerapi.CreateOnUsTransferRequest{}); err == nil {
		t.Error("an empty union is sent")
	}
	stop := func(context.Context, *http.Request) error { return fmt.Errorf("stop") }
	if _, err := client.ListAgreements(t.Context(), stop); err == nil ||
		!strings.Contains(err.Error(), "listAgreements: stop") {
		t.Errorf("an editor's error: %v", err)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// Without a Doer, a server that never answers is not waited for for ever.
func TestAClientWithoutADoerGivesUp(t *testing.T) {
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	synctest.Test(t, func(t *testing.T) {
		http.DefaultTransport = transport(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		client, err := partnerapi.NewClient("https://example.com")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := client.GetHealth(t.Context()); !errors.Is(err, context.DeadlineExceeded) ||
			time.Since(began) != time.Minute {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// A Doer can name the operation that it sends.
func TestTheGeneratedClientNamesTheOperation(t *testing.T) {
	var seen partnerapi.Operation
	client, err := partnerapi.NewClient("https://example.com",
		partnerapi.WithDoer(doer(func(r *http.Request) (*http.Response, error) {
			seen, _ = partnerapi.OperationFromContext(r.Context())
			return nil, errors.New("no")
		})))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetHealth(t.Context()); err == nil || seen.ID != "getHealth" || seen.String() != "getHealth" {
		t.Errorf("%v, %v", seen, err)
	}
	if n := len(partnerapi.Operations()); n != 99 {
		t.Errorf("%d operations", n)
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }
