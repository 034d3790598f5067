package server_test

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// What is checked is what runs: the operation that a request is checked against is the one that the generated server
// dispatches it to, however its path is spelled, or else the request is refused before.
func TestTheOperationThatIsCheckedIsTheOneThatRuns(t *testing.T) {
	document, err := contract.Document()
	if err != nil {
		t.Fatal(err)
	}
	validator := validation.Must(validation.Config{Document: document})

	// ran is the operation that the generated server has chosen. Parameters of the path are read before, which fails
	// for most of those that are sent here.
	var ran string
	note := func(r *http.Request) {
		ran = r.Method + " " + strings.Join(chi.RouteContext(r.Context()).RoutePatterns, "")
	}
	generated := partnerserver.HandlerWithOptions(partnerserver.Unimplemented{}, partnerserver.ChiServerOptions{
		Middlewares: []partnerserver.MiddlewareFunc{func(http.Handler) http.Handler {
			return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { note(r) })
		}},
		ErrorHandlerFunc: func(_ http.ResponseWriter, r *http.Request, _ error) { note(r) },
	})
	passed := false
	guarded := validator.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed = true }))

	methods := []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	same, refused, runs := 0, 0, map[string]bool{}
	for _, path := range spellings(slices.Sorted(maps.Keys(document.Paths.Map()))) {
		for _, method := range methods {
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(
				method + " " + path + " HTTP/1.1\r\nHost: example.com\r\n\r\n")))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			ran, passed = "", false
			generated.ServeHTTP(httptest.NewRecorder(), r.Clone(t.Context()))
			match := validator.Match(r)
			if match != nil {
				if checked := match.Operation.Method + " " + match.Operation.Path; checked != ran {
					t.Errorf("%s %s is checked as %s, but what runs is %q", method, path, checked, ran)
				}
				runs[ran] = true
				same++
				continue
			}
			refused++
			w := httptest.NewRecorder()
			if guarded.ServeHTTP(w, r); passed || w.Code != http.StatusNotFound &&
				w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s is no operation of the contract, but answered %d", method, path, w.Code)
			}
		}
	}
	operations := 0
	for _, item := range document.Paths.Map() {
		operations += len(item.Operations())
	}
	t.Logf("%d requests to %d operations, and %d that are none", same, len(runs), refused)
	if len(runs) != operations {
		t.Errorf("%d of %d operations were called", len(runs), operations)
	}
}

// spellings are the paths of a contract with many values for their parameters, in ways that a router might take for
// something else: needless escapes, escapes of slashes and dots, slashes and dots too many, and slashes too few.
func spellings(templates []string) []string {
	paths := make(map[string]bool)
	for _, template := range templates {
		values := []string{pocketID, "a%2Fb", "a%2fb", "%2F", ".", "..", "%2e", "%2E%2e", "a%20b", "a;b", "a:b", "a+b",
			"*", "{x}", "%7Bx%7D", "%00", "%25", "%252F", "a%2F..%2Fb"}
		// A value that is spelled as the contract spells a literal may lead elsewhere.
		for _, other := range templates {
			for segment := range strings.SplitSeq(strings.Trim(other, "/"), "/") {
				if !strings.HasPrefix(segment, "{") && strings.Contains(template, "{") {
					values = append(values, segment, escape(segment, 0, "%%%02X"))
				}
			}
		}
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			path := fill(template, value)
			paths[path] = true
			if value != pocketID {
				continue
			}
			for i := range path {
				if path[i] != '/' {
					paths[escape(path, i, "%%%02x")], paths[escape(path, i, "%%%02X")] = true, true
					continue
				}
				for _, instead := range []string{"//", "/./", "/../", "/%2e/", "/x/../", "%2F", "%2f", "/%2F", "/;/",
					""} {
					if spelled := path[:i] + instead + path[i+1:]; strings.HasPrefix(spelled, "/") {
						paths[spelled] = true
					}
				}
			}
			paths[path+"/"] = true
			paths[path+"?x=/"] = true
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

// fill puts a value in place of every parameter.
func fill(template, value string) string {
	segments := strings.Split(template, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			segments[i] = value
		}
	}
	return strings.Join(segments, "/")
}

// escape spells one character of a path as an escape.
func escape(path string, i int, format string) string {
	return path[:i] + fmt.Sprintf(format, path[i]) + path[i+1:]
}

// What stands before the server may change the path and forget that there is an escaped one as well.
func TestTheParametersAreThoseOfThePathThatWasChecked(t *testing.T) {
	s := start(t)
	var ran uuid.UUID
	s.upload = func(_ context.Context, in partnerserver.UploadCustomerDocumentInput) (
		partnerserver.UploadCustomerDocumentOutput, error) {
		ran = in.CustomerID
		return partnerserver.UploadCustomerDocumentOK{
			Body: partnerapi.UploadedDocument{DocumentID: uuid.New(), Success: true}}, nil
	}
	r := request(t, http.MethodPost, upload, "%PDF")
	r.Header.Set("Content-Type", "application/pdf")
	r.URL.RawPath = strings.Replace(upload, pocketID, "%31111111-1111-4111-8111-111111111111", 1)
	if w := serve(t, plain(), r); w.Code != http.StatusOK || ran.String() != pocketID {
		t.Errorf("%d %s, ran for %s", w.Code, w.Body, ran)
	}
}
