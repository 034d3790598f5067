package server

import (
	"net/http/httptest"
	"testing"

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
