package validation_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/validation"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schematest"
)

func TestEachStatus(t *testing.T) {
	with := func(r *http.Request, change func(*http.Request)) *http.Request {
		change(r)
		return r
	}
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
	}
	for _, c := range []struct {
		name string
		r    *http.Request
		want int
	}{
		{"what the contract allows passes", request("POST", transfers, transfer), 0},
		{"an unknown query parameter passes", request("GET", "/api/v1/wires/?surprise=1", ""), 0},
		{"a body for an operation without one passes unread", request("GET", "/api/v1/wires/", "{"), 0},
		{"a charset of UTF-8 passes", with(request("POST", transfers, transfer),
			header("Content-Type", "application/json; charset=UTF-8")), 0},
		{"HEAD, where there is a GET", request("HEAD", "/api/v1/wires/", ""), 0},
		{"login needs no signature", with(request("POST", "/api/v1/login/", `{"username":"a","password":"b"}`),
			header("x-jiko-signature")), 0},

		{"an unknown path", request("GET", "/api/v1/nothing/", ""), 404},
		{"a path without its trailing slash", request("GET", "/api/v1/wires", ""), 404},
		{"a path with a slash too many", request("GET", "/api/v1//wires/", ""), 404},
		{"a path with an empty parameter", request("GET", "/api/v1/customers//", ""), 404},
		{"another spelling of the path", request("GET", "/api/v1/%77ires/", ""), 404},

		{"another method", request("DELETE", transfers, ""), 405},
		{"HEAD, where there is no GET", request("HEAD", transfers, ""), 405},
		{"OPTIONS, which the contract does not have", request("OPTIONS", "/api/v1/wires/", ""), 405},
		{"a method in lower case", request("get", "/api/v1/wires/", ""), 405},

		{"another media type", with(request("POST", transfers, transfer), header("Content-Type", "text/plain")), 415},
		{"no media type", with(request("POST", transfers, transfer), header("Content-Type")), 415},
		{"two media types", with(request("POST", transfers, transfer),
			header("Content-Type", "application/json", "application/json")), 415},
		{"a malformed media type", with(request("POST", transfers, transfer),
			header("Content-Type", "application/json; charset")), 415},
		{"another charset", with(request("POST", transfers, transfer),
			header("Content-Type", "application/json; charset=latin1")), 415},
		{"a compressed body", with(request("POST", transfers, transfer), header("Content-Encoding", "gzip")), 415},
		{"a file of another type", with(request("POST", upload, "GIF89a"), header("Content-Type", "image/gif")), 415},

		{"a body over the limit", request("POST", transfers, transfer+strings.Repeat(" ", 1<<20)), 413},
		{"a body over the limit, of unknown length", with(request("POST", transfers, ""), func(r *http.Request) {
			r.Header.Set("Content-Type", "application/json")
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(strings.Repeat(" ", 1<<20+1))), -1
		}), 413},
		{"a length over the limit, before anything is read",
			with(request("POST", transfers, "{}"), func(r *http.Request) {
				r.Body, r.ContentLength = io.NopCloser(iotest.ErrReader(errors.New("read"))), 1<<20+1
			}), 413},
		{"a file over the limit", with(request("POST", upload, "PNG"), func(r *http.Request) {
			r.Header.Set("Content-Type", "image/png")
			r.ContentLength = 64<<20 + 1
		}), 413},
		{"a body that a reader before this one cut off",
			with(request("POST", transfers, transfer), func(r *http.Request) {
				r.Body = http.MaxBytesReader(nil, r.Body, 5)
			}), 413},

		{"a body that cannot be read", with(request("POST", transfers, transfer), func(r *http.Request) {
			r.Body = io.NopCloser(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(transfer))))
		}), 400},

		{"no body", request("POST", transfers, ""), 422},
		{"no body, although it has a media type", with(request("POST", transfers, ""),
			header("Content-Type", "application/json")), 422},
		{"an empty body of unknown length", with(request("POST", transfers, "{}"), func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("")), -1
		}), 422},
		{"no signature", with(request("POST", transfers, transfer), header("x-jiko-signature")), 422},
		{"no idempotency key", with(request("POST", transfers, transfer), header("x-jiko-idempotency")), 422},
		{"the nil UUID as idempotency key", with(request("POST", transfers, transfer),
			header("x-jiko-idempotency", nilID)), 422},
		{"a wrong body", request("POST", transfers, "{}"), 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := refusal(t, shared().CheckRequest(c.r))
			got := 0
			if e != nil {
				got = e.Status
			}
			if got != c.want {
				t.Fatalf("status = %d; want %d: %v", got, c.want, e)
			}
			if e != nil && (e.Status == 422 || e.Status == 404) != (len(e.Violations) > 0) {
				t.Errorf("%d with %d violations", e.Status, len(e.Violations))
			}
		})
	}
}

func TestErrorSaysWhatIsAllowed(t *testing.T) {
	e := refusal(t, shared().CheckRequest(request("PUT", "/api/v1/subscriptions/", "")))
	if !slices.Equal(e.Allow, []string{"GET", "HEAD", "POST"}) || e.Operation.Path != "/api/v1/subscriptions/" {
		t.Errorf("405 with Allow %v of %+v", e.Allow, e.Operation)
	}
	r := request("POST", upload, "x")
	r.Header.Set("Content-Type", "text/html")
	if e = refusal(t, shared().CheckRequest(r)); !slices.Equal(e.Accept,
		[]string{"application/pdf", "image/jpeg", "image/png"}) {
		t.Errorf("415 with Accept %v", e.Accept)
	}
}

func TestErrorUnwrapsToTheReason(t *testing.T) {
	r := request("POST", transfers, "{}")
	r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	if err := shared().CheckRequest(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("CheckRequest = %v; want it to wrap the reader's error", err)
	}
	if _, err := io.ReadAll(r.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("reading again = %v; want the reader's error", err)
	}
}

// Every example in the contract must fit the contract.
func TestExamplesOfTheContractPass(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	requests, responses := 0, 0
	schematest.EachExample(doc, func(method, path, status string, body []byte) {
		r := request(method, path, "")
		if status == "" {
			requests++
			r = request(method, path, string(body))
			if err := shared().CheckRequest(r); err != nil {
				t.Errorf("%s %s: %v", method, path, err)
			}
			return
		}
		responses++
		code := 503
		if status != "default" {
			code = int(status[0]-'0')*100 + int(status[1]-'0')*10 + int(status[2]-'0')
		}
		if err := shared().CheckResponse(answer(r, code, string(body))); err != nil {
			t.Errorf("%s %s %s: %v", method, path, status, err)
		}
	})
	if requests < 20 || responses < 50 {
		t.Errorf("found %d examples of requests and %d of responses", requests, responses)
	}
}

// The contract asks for the header content-length, which net/http keeps in a field.
func TestContentLengthComesFromTheRequest(t *testing.T) {
	r, err := http.NewRequest("POST", "https://example.com"+upload, strings.NewReader("PNG"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = request("POST", upload, "PNG").Header
	r.Header.Set("Content-Type", "image/png")
	if err := shared().CheckRequest(r); err != nil {
		t.Errorf("a file of known length: %v", err)
	}
	if body, _ := io.ReadAll(r.Body); string(body) != "PNG" {
		t.Errorf("the file is now %q", body)
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader("PNG")), -1
	if got := rules(refusal(t, shared().CheckRequest(r))); !slices.Equal(got,
		[]string{"header.content-length required"}) {
		t.Errorf("a file of unknown length: %q", got)
	}
}

func TestLimits(t *testing.T) {
	v := small(t, `{"type": "array", "items": {"type": "string"}}`,
		validation.Config{MaxBodyBytes: 20, MaxViolations: 3})
	if e := refusal(t, v.CheckRequest(request("POST", "/a/", "[1,2,3,4,5]"))); len(e.Violations) != 3 {
		t.Errorf("%d violations; want 3", len(e.Violations))
	}
	if e := refusal(t, v.CheckRequest(request("POST", "/a/", `["012345678901234"]`))); e != nil {
		t.Errorf("19 bytes: %v", e)
	}
	if e := refusal(t, v.CheckRequest(request("POST", "/a/", `["01234567890123456"]`))); e == nil || e.Status != 413 {
		t.Errorf("21 bytes: %v", e)
	}
}

// Whatever the body, whatever the verdict, the next reader gets the same bytes.
func TestBodiesStayTheSame(t *testing.T) {
	v := small(t,
		`{"type": "object", "properties": {"a": {"type": "integer", "default": 5}, "b": {"type": "object",
			"default": {}}}}`,
		validation.Config{MaxBodyBytes: 30})
	bodies := rapid.OneOf(
		rapid.SliceOfN(rapid.Byte(), 1, 60),
		rapid.Map(rapid.SampledFrom([]string{`{}`, ` { "a" : 1.0 } `, `{"b":{}}`, "{\"a\":\n1}", `{"c":1e2}`}),
			func(s string) []byte { return []byte(s) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		body := bodies.Draw(t, "body")
		r := httptest.NewRequest("POST", "/a/", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if rapid.Bool().Draw(t, "chunked") {
			r.ContentLength = -1
		}
		err := v.CheckRequest(r)
		got, readErr := io.ReadAll(r.Body)
		if readErr != nil || !bytes.Equal(got, body) {
			t.Fatalf("the body is now %q, %v", got, readErr)
		}
		if err == nil && r.ContentLength != int64(len(body)) {
			t.Fatalf("ContentLength = %d; want %d", r.ContentLength, len(body))
		}
		res := answer(r, 200, string(body))
		_ = v.CheckResponse(res)
		if got, readErr := io.ReadAll(res.Body); readErr != nil || !bytes.Equal(got, body) {
			t.Fatalf("the response's body is now %q, %v", got, readErr)
		}
	})
}

// No change of case gets a member past the check under another name.
func TestMembersKeepTheirCase(t *testing.T) {
	names := []string{"type", "from_account", "to_account", "amount", "transfer_id", "async_mode", "description"}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "name")
		other := strings.Map(func(r rune) rune {
			if rapid.Bool().Draw(t, "upper") {
				return unicode.ToUpper(r)
			}
			return r
		}, name)
		body := strings.TrimSuffix(transfer, "}") + "," + strconv.Quote(other) + ":null}"
		want := "member_case"
		if other == name {
			want = "duplicate_member"
		}
		err := shared().CheckRequest(request("POST", transfers, body))
		e, ok := err.(*validation.Refusal) //nolint:errorlint // it must not be wrapped
		if !ok || !slices.Contains(rules(e), "body."+name+" "+want) {
			t.Fatalf("%s beside %s: %v; want %s", other, name, err, want)
		}
	})
}

// kin-openapi renders errors with their values while it tries variants; for this body that once took 28 GB.
func TestDeepBodiesAreCheap(t *testing.T) {
	v := shared()
	body := "[" + strings.Repeat(strings.Repeat("[", 60)+strings.Repeat("]", 60)+",", 8_000) + "1]"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := v.CheckRequest(request("POST", transfers, body)); err == nil {
		t.Error("accepted")
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 400<<20 {
		t.Errorf("checking %d bytes allocated %d MiB", len(body), used>>20)
	}
}

// Refusing takes what the report takes, however large the request is and however much of it is wrong.
func TestARefusedRequestAllocatesForItsReportAlone(t *testing.T) {
	v := load(t, `{"/a/": {"post": {"operationId": "a", "parameters": [
		{"name": "n", "in": "query", "schema": {"type": "array", "items": {"type": "integer", "maximum": 5}}}],
		"requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["username"],
			"properties": {"username": {"type": "string"}}}}}}, "responses": {"200": {"description": "ok"}}}}}`,
		validation.Config{MaxBodyBytes: 1 << 20})
	var right uint64
	numbers := `{"x":[1` + strings.Repeat(",1", 1<<19-100) + `]`
	for _, c := range []struct {
		name, query, body string
		refused           bool
	}{
		{"a right body", "", numbers + `,"username":"a"}`, false},
		{"a wrong body", "", numbers + `}`, true},
		{"a body that is no JSON", "", numbers, true},
		{"a right query", strings.Repeat("n=1&", 9_999), "", false},
		{"a wrong query", strings.Repeat("n=9&", 9_999), "", true},
		{"a query whose end is wrong", strings.Repeat("n=1&", 9_999) + "n=9", "", true},
		{"a query that is too long", strings.Repeat("n=1&", 20_000), "", true},
	} {
		check := func() error {
			r := httptest.NewRequest("POST", "/a/?"+c.query, strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/json")
			return v.CheckRequest(r)
		}
		if err := check(); (err != nil) != c.refused {
			t.Errorf("%s: %v", c.name, err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_ = check()
		runtime.ReadMemStats(&after)
		used := after.TotalAlloc - before.TotalAlloc
		if !c.refused {
			right = used
		} else if used > right+256<<10 {
			t.Errorf("%s: %d KiB; a right one takes %d KiB", c.name, used>>10, right>>10)
		}
	}
}
