package server

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/contract"
)

type nothing struct {
	partnerserver.UnimplementedStrictServer
}

func TestWhatIsReadFromTheContract(t *testing.T) {
	s, err := New(Config{API: nothing{}, Lookup: authentication.FixedTokens(nil)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, operation      string
		plain, open, problem bool
		unsigned             bool
	}{
		{name: "JSON, with a key and a signature alone", operation: "createOnUsTransfer", plain: true},
		{name: "JSON, with nothing at all", operation: "login", plain: true, open: true},
		{name: "JSON, with a parameter in the path", operation: "createWire"},
		{name: "JSON, with another header", operation: "fundAccount"},
		{name: "JSON, and a 422 of the other shape", operation: "updatePocket", problem: true},
		{name: "a file", operation: "uploadDocument"},
		{name: "no body", operation: "listAgreements"},
	} {
		o := s.operations[c.operation]
		if o == nil || o.plain != c.plain || o.requirement.Open != c.open || o.problem != c.problem ||
			o.requirement.SignatureOptional != c.unsigned {
			t.Errorf("%s, %s: %+v", c.operation, c.name, o)
		}
	}
}

// An answer that is no error is never a problem, and every error may be one.
func TestProblemsAreDocumentedForErrorsAlone(t *testing.T) {
	document, err := contract.Document()
	if err != nil {
		t.Fatal(err)
	}
	documentProblems(document)
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			for status, response := range operation.Responses.Map() {
				problem := response.Value.Content["application/problem+json"] != nil
				isError := status == "default" || status >= "400"
				if problem != (isError && response.Value.Content != nil) {
					t.Errorf("%s %s %s: a problem: %v", method, path, status, problem)
				}
			}
		}
	}
}

// The same holds for contracts that document more statuses than ours.
func TestProblemsAreDocumentedForEveryKindOfError(t *testing.T) {
	const problem = "application/problem+json"
	operation := openapi3.NewOperation()
	operation.Responses = openapi3.NewResponsesWithCapacity(0)
	content := func() openapi3.Content {
		return openapi3.NewContentWithJSONSchema(openapi3.NewStringSchema())
	}
	want := map[string]bool{
		"200": false, "2XX": false, "302": false, "404": true, "422": true, "4XX": true, "503": true, "5XX": true,
	}
	for status := range want {
		operation.Responses.Set(status, &openapi3.ResponseRef{Value: openapi3.NewResponse().WithContent(content())})
	}
	operation.Responses.Set("410", &openapi3.ResponseRef{Value: openapi3.NewResponse()}) // It may have any body.
	want["default"] = true                                                               // It is added.
	document := &openapi3.T{Paths: openapi3.NewPaths(openapi3.WithPath("/", &openapi3.PathItem{Get: operation}))}
	documentProblems(document)
	if alone := operation.Responses.Value("410").Value.Content; alone != nil {
		t.Errorf("what may have any body may have %v alone", alone)
	}
	for status, want := range want {
		if got := operation.Responses.Value(status).Value.Content.Get(problem) != nil; got != want {
			t.Errorf("%s may be a problem: %t; want %t", status, got, want)
		}
	}
	own := content()
	operation.Responses.Set("default", &openapi3.ResponseRef{Value: openapi3.NewResponse().WithContent(own)})
	documentProblems(document)
	if own.Get(problem) == nil || own.Get("application/json") == nil {
		t.Errorf("the default that is there has %v", own)
	}
}

func TestRequestIDsAreRandomUUIDs(t *testing.T) {
	var ones, zeros uuid.UUID
	for range 1000 {
		id, err := uuid.Parse(newRequestID())
		if err != nil || id.Version() != 4 || id.Variant() != uuid.RFC4122 {
			t.Fatalf("%s, %v", id, err)
		}
		for i := range id {
			ones[i] |= id[i]
			zeros[i] |= ^id[i]
		}
	}
	for i := range ones {
		fixed := map[int]byte{6: 0xf0, 8: 0xc0}[i]
		if ones[i]|fixed != 0xff || zeros[i]|fixed != 0xff {
			t.Errorf("bits of byte %d never change", i)
		}
	}
}

// What is logged is the answer's status, not one that is sent ahead of it.
func TestTheStatusThatIsLogged(t *testing.T) {
	for _, c := range []struct {
		name    string
		written []int
		want    int
	}{
		{"an answer", []int{200}, 200},
		{"an error", []int{404}, 404},
		{"hints, then an answer", []int{103, 201}, 201},
		{"another protocol", []int{101}, 101},
		{"a second answer", []int{200, 500}, 200},
		{"an error, then another one", []int{404, 500}, 404},
	} {
		l := requestLog{ResponseWriter: discarding{httptest.NewRecorder()}}
		for _, status := range c.written {
			l.WriteHeader(status)
		}
		if l.status != c.want {
			t.Errorf("%s: %d, want %d", c.name, l.status, c.want)
		}
	}
}

// discarding takes any number of statuses.
type discarding struct{ *httptest.ResponseRecorder }

func (discarding) WriteHeader(int) {}

// The generated code reads the parameters of a path as it would behind the router that it was made for.
func TestTheParametersOfAPathAreThoseOfTheRouter(t *testing.T) {
	for _, c := range []struct{ name, template, path string }{
		{"as they are", "/a/{x}/b/", "/a/1/b/"},
		{"with a space", "/a/{x}/b/", "/a/1%202/b/"},
		{"with a letter that is not ASCII", "/a/{x}/b/", "/a/%C3%A9/b/"},
		{"with a slash", "/a/{x}/b/", "/a/1%2F2/b/"},
		{"with a needless escape", "/a/{x}/b/", "/a/%31/b/"},
		{"with an escaped percent sign", "/a/{x}/b/", "/a/%2531/b/"},
		{"none", "/a/b/", "/a/b/"},
		{"more than any path of the contract has", "/{a}/{b}/{c}/{d}/{e}/{f}", "/1/2/3/4/5/%2F"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var want chi.RouteParams
			router := chi.NewRouter()
			router.Get(c.template, func(_ http.ResponseWriter, r *http.Request) {
				want = chi.RouteContext(r.Context()).URLParams
			})
			r := httptest.NewRequest(http.MethodGet, c.path, nil)
			router.ServeHTTP(httptest.NewRecorder(), r)
			e := exchange{operation: &operation{templates: []string{c.template}, parameters: parametersOf(c.template)}}
			e.setRoute(r)
			got := e.route.URLParams
			if !slices.Equal(got.Keys, want.Keys) || !slices.Equal(got.Values, want.Values) ||
				len(got.Values) != strings.Count(c.template, "{") {
				t.Errorf("%q; want %q", got, want)
			}
		})
	}
}
