package contracttest_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// watched is a test that somebody else's code has.
type watched struct {
	mu      sync.Mutex
	errors  []string
	logs    []string
	cleanup []func()
	ended   bool
}

func (w *watched) Helper()      {}
func (w *watched) Name() string { return "TestOfSomebody" }
func (w *watched) Errorf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		panic("Fail in goroutine after TestOfSomebody has completed")
	}
	w.errors = append(w.errors, fmt.Sprintf(format, args...))
}
func (w *watched) Logf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		panic("Log in goroutine after TestOfSomebody has completed: …")
	}
	w.logs = append(w.logs, fmt.Sprintf(format, args...))
}
func (w *watched) Cleanup(f func()) { w.cleanup = append(w.cleanup, f) }

func (w *watched) end() {
	for _, f := range w.cleanup {
		f()
	}
	w.ended = true
}

// sender is a transport of a function.
type sender func(*http.Request) (*http.Response, error)

func (s sender) RoundTrip(r *http.Request) (*http.Response, error) { return s(r) }

// answering answers everything alike, when it has read the request.
func answering(status int, mediaType, body string) sender {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
		}
		header := http.Header{}
		if mediaType != "" {
			header.Set("Content-Type", mediaType)
		}
		content := io.NopCloser(strings.NewReader(body))
		if body == "" {
			content = http.NoBody
		}
		return &http.Response{StatusCode: status, Header: header, Body: content, ContentLength: int64(len(body)),
			ProtoMajor: 1, ProtoMinor: 1, Request: r}, nil
	}
}

const (
	pocket = "0b6e5c0a-3f1d-4a5e-9d9e-1f6a2b3c4d5e"
	// hidden is a value that nobody must be told.
	hidden       = "hunter2"
	transferPath = "/api/v1/transfers/on-us/"
)

// signed is a request as a client signs it.
func signed(t testing.TB, method, target, body string) *http.Request {
	t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, "https://bank.example"+target, content)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Jiko-Idempotency", uuid.NewString())
	r.Header.Set("X-Jiko-Signature", "c2lnbmF0dXJl")
	r.Header.Set("Authorization", "Bearer "+hidden)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func transferOf(change func(map[string]string)) string {
	members := map[string]string{
		"type": `"PEER_TO_PEER"`, "from_account": `{"type":"JIKO_ACCOUNT","id":"` + pocket + `"}`,
		"to_account": `{"type":"JIKO_ACCOUNT","id":"` + pocket + `"}`,
		"amount":     `{"type":"REQUESTED_AMOUNT","amount_usdc":100}`, "description": `"` + hidden + `"`,
	}
	if change != nil {
		change(members)
	}
	var all []string
	for name, value := range members {
		all = append(all, `"`+name+`":`+value)
	}
	return "{" + strings.Join(all, ",") + "}"
}

const (
	strategies = `{"object_type":"List","offset":0,"count":0,"items":[]}`
	agreements = `{"version":"1","release_date":"2026-01-02","documents":[{"pdf_download_url":"https://a.example/b",` +
		`"title":"` + hidden + `","type":"CARD","category":"BANK"}]}`
)

func TestACallThatTheContractDoesNotAllowFailsTheTest(t *testing.T) {
	t.Parallel()
	pockets := "/api/v2/pockets/"
	for name, c := range map[string]struct {
		method, target, body string
		change               func(*http.Request)
		want                 string
	}{
		"a query parameter that is misspelt": {"GET", pockets + "?filter[staus]=" + hidden, "", nil,
			"listPockets: … query filter[staus]: unknown_parameter: "},
		"a query parameter of another type": {"GET", pockets + "?limit=" + hidden, "", nil,
			"listPockets: … query limit: type: "},
		"a query parameter out of bounds": {"GET", pockets + "?limit=101", "", nil, "query limit: maximum: "},
		"an enum value that there is not": {"GET", pockets + "?filter[status]=" + hidden, "", nil,
			"query filter[status]/0: enum: "},
		"a query parameter twice": {"GET", pockets + "?limit=1&limit=2", "", nil, "query limit: duplicate_parameter: "},
		"an id that is none":      {"GET", pockets + hidden + "/", "", nil, "getPocket: … path pocket_id: format: "},
		"no signature": {"GET", pockets, "", func(r *http.Request) { r.Header.Del("X-Jiko-Signature") },
			"header x-jiko-signature: required: "},
		"the nil UUID for a key": {"GET", pockets, "", func(r *http.Request) {
			r.Header.Set("X-Jiko-Idempotency", uuid.Nil.String())
		}, "header x-jiko-idempotency: format: "},
		"a member that is misspelt": {"POST", transferPath,
			transferOf(func(m map[string]string) {
				m["from_account"] = `{"type":"JIKO_ACCOUNT","id":"` + pocket +
					`","a/b~":"` + hidden + `"}`
			}), nil,
			"createOnUsTransfer: … body /from_account/a~1b~0: unknown_member: "},
		"a member that is missing": {"POST", transferPath,
			transferOf(func(m map[string]string) { delete(m, "to_account") }), nil, "body /to_account: required: "},
		"a member of another type": {"POST", transferPath,
			transferOf(func(m map[string]string) {
				m["amount"] = `{"type":"REQUESTED_AMOUNT","amount_usdc":"` +
					hidden + `"}`
			}), nil,
			"body /amount/amount_usdc: type: "},
		"a fraction for an amount": {"POST", transferPath,
			transferOf(func(m map[string]string) { m["amount"] = `{"type":"REQUESTED_AMOUNT","amount_usdc":1.5}` }),
			nil, "body /amount/amount_usdc: "},
		"a member twice": {"POST", transferPath, `{"type":"PEER_TO_PEER",` + transferOf(nil)[1:], nil,
			"body /type: duplicate_member: "},
		"what is no JSON": {"POST", transferPath, `{"type":` + hidden, nil, "body: json_invalid: "},
		"no body": {"POST", transferPath, "", func(r *http.Request) {
			r.Header.Set("Content-Type",
				"application/json")
		},
			"body: required: "},
		"a body where there is none": {"GET", pockets, `{"a":"` + hidden + `"}`, nil, "body: unknown_body: "},
		"another media type": {"POST", transferPath, transferOf(nil), func(r *http.Request) {
			r.Header.Set("Content-Type", "text/plain")
		}, "header Content-Type: media_type: must be one of application/json"},
		"a path without its slash": {"GET", "/api/v2/pockets", "", nil,
			"GET: … path: path: must be a path of the contract; with a slash at its end it would be /api/v2/pockets/"},
		"a path that is misspelt": {"GET", "/api/v2/pokets/", "", nil, "the nearest one is /api/v2/pockets/"},
		"another method":          {"PUT", pockets, "", nil, "PUT: … method: method: must be one of GET"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := new(watched)
			sent := false
			transport := contracttest.Transport(own, sender(func(r *http.Request) (*http.Response, error) {
				sent = true
				return answering(422, "application/json", `{"detail":[]}`)(r)
			}))
			r := signed(t, c.method, c.target, c.body)
			if c.change != nil {
				c.change(r)
			}
			line := lineAfter()
			response, err := transport.RoundTrip(r)
			if err != nil || response.StatusCode != 422 || !sent {
				t.Fatal(response, err, sent)
			}
			own.end()
			if len(own.errors) != 1 {
				t.Fatalf("%q %q", own.errors, own.logs)
			}
			got := own.errors[0]
			for part := range strings.SplitSeq(c.want, " … ") {
				if !strings.Contains(got, part) {
					t.Errorf("%s\nwant it to have %q", got, part)
				}
			}
			if !strings.Contains(got, "called at "+line+"\n") && !strings.HasSuffix(got, "called at "+line) {
				t.Errorf("%s\nwant it to be of %s", got, line)
			}
			if strings.Contains(strings.ReplaceAll(got, "getPocket", ""), hidden) || strings.Contains(got, pocket) {
				t.Errorf("it has a value: %s", got)
			}
		})
	}
}

// lineAfter is the line after the one that calls it.
func lineAfter() string {
	_, file, line, _ := runtime.Caller(1)
	return file[strings.LastIndexByte(file, '/')+1:] + ":" + strconv.Itoa(line+1)
}

func TestAnAnswerThatTheContractDoesNotPromiseFailsTheTest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		target    string
		status    int
		mediaType string
		body      string
		want      string
	}{
		"a member that is missing": {"/api/v1/agreements/", 200, "application/json",
			`{"version":"` + hidden + `","documents":[]}`, "listAgreements: … body /release_date: required: "},
		"an enum value that there is not": {"/api/v1/agreements/", 200, "application/json",
			strings.Replace(agreements, "BANK", hidden, 1), "body /documents/0/category: enum: "},
		"a date that no calendar has": {"/api/v1/agreements/", 200, "application/json",
			strings.Replace(agreements, "2026-01-02", "2026-02-31", 1), "body /release_date: format: "},
		"another media type": {"/api/v1/agreements/", 200, "text/html", "<p>" + hidden,
			"header content-type: media_type: "},
		"a PDF":           {"/api/v1/agreements/", 200, "application/pdf", "%PDF-1.7", "media_type: "},
		"what is no JSON": {"/api/v1/agreements/", 200, "application/json", `{"a":` + hidden, "json_invalid"},
		"no body":         {"/api/v1/agreements/", 200, "application/json", "", "body: required: "},
		"a success that the contract does not name": {"/api/v1/agreements/", 202, "application/json", agreements,
			"status: status: must be 200 or one of an error; the contract does not name 202"},
		"an addition beside a real fault": {"/api/v1/agreements/", 200, "application/json",
			`{"version":"1","documents":[],"more":1}`, "body /release_date: required: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := new(watched)
			transport := contracttest.Transport(own, answering(c.status, c.mediaType, c.body))
			line := lineAfter()
			response, err := transport.RoundTrip(signed(t, "GET", c.target, ""))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if err != nil || string(body) != c.body {
				t.Errorf("%q, %v", body, err)
			}
			own.end()
			if len(own.errors) != 1 {
				t.Fatalf("%q %q", own.errors, own.logs)
			}
			for part := range strings.SplitSeq(c.want, " … ") {
				if !strings.Contains(own.errors[0], part) {
					t.Errorf("%s\nwant it to have %q", own.errors[0], part)
				}
			}
			if !strings.HasSuffix(own.errors[0], "called at "+line) || strings.Contains(own.errors[0], hidden) ||
				strings.Contains(own.errors[0], "unknown_member") {
				t.Error(own.errors[0])
			}
		})
	}
}

func TestWhatTheContractAllowsIsNoFinding(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, target, body string
		answer               sender
	}{
		"a read": {"GET", "/api/v2/trading-strategies/", "", answering(200, "application/json",
			strategies)},
		"a read with parameters": {"GET", "/api/v2/pockets/?limit=1&filter[status]=OPEN", "", answering(200,
			"application/json", `{"items":[]}`)},
		"a HEAD": {"HEAD", "/api/v2/trading-strategies/", "", answering(200, "application/json", "")},
		"a 204":  {"DELETE", "/api/v1/subscriptions/" + pocket + "/", "", answering(204, "", "")},
		"a refusal of the default": {"GET", "/api/v2/trading-strategies/", "", answering(503, "application/json",
			`{"detail":"later"}`)},
		"a write": {"POST", transferPath, transferOf(nil), answering(422, "application/json",
			`{"detail":[]}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := new(watched)
			response, err := contracttest.Transport(own, c.answer, contracttest.StrictAnswers()).
				RoundTrip(signed(t, c.method, c.target, c.body))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			own.end()
			if len(own.errors)+len(own.logs) > 0 {
				t.Errorf("%q %q", own.errors, own.logs)
			}
		})
	}
}

func TestAMemberThatAnAnswerAddsIsLoggedOnce(t *testing.T) {
	t.Parallel()
	own := new(watched)
	more := strings.Replace(agreements, `"title"`, `"new":"`+hidden+`","title"`, 1)
	transport := contracttest.Transport(own, answering(200, "application/json", more))
	for range 3 {
		if _, err := transport.RoundTrip(signed(t, "GET", "/api/v1/agreements/", "")); err != nil {
			t.Fatal(err)
		}
	}
	own.end()
	if len(own.errors) != 0 || len(own.logs) != 1 || !strings.Contains(own.logs[0], "body /documents/0/new") ||
		strings.Contains(own.logs[0], hidden) {
		t.Errorf("%q %q", own.errors, own.logs)
	}
}

func TestAMemberThatAnAnswerAddsFailsOnRequest(t *testing.T) {
	t.Parallel()
	own := new(watched)
	more := strings.Replace(agreements, `"title"`, `"new":"`+hidden+`","title"`, 1)
	transport := contracttest.Transport(own, answering(200, "application/json", more), contracttest.StrictAnswers())
	if _, err := transport.RoundTrip(signed(t, "GET", "/api/v1/agreements/", "")); err != nil {
		t.Fatal(err)
	}
	if len(own.errors) != 1 || !strings.Contains(own.errors[0], "body /documents/0/new: unknown_member") ||
		strings.Contains(own.errors[0], hidden) {
		t.Errorf("%q %q", own.errors, own.logs)
	}
}

func TestAWrongCallIsKeptBackOnRequest(t *testing.T) {
	t.Parallel()
	own := new(watched)
	transport := contracttest.Transport(own, sender(func(*http.Request) (*http.Response, error) {
		t.Error("it was sent")
		return nil, io.ErrUnexpectedEOF
	}), contracttest.RefuseWrongCalls())
	response, err := transport.RoundTrip(signed(t, "GET", "/api/v2/pockets/?limits=1", ""))
	var refusal *validation.Refusal
	if response != nil || !errors.As(err, &refusal) || refusal.Operation.ID != "listPockets" || len(own.errors) != 1 {
		t.Error(response, err, own.errors)
	}
}

func TestWhatFailsBelowIsHandedOn(t *testing.T) {
	t.Parallel()
	own := new(watched)
	broken := errors.New("broken")
	for _, next := range []sender{
		func(*http.Request) (*http.Response, error) { return nil, broken },
		func(r *http.Request) (*http.Response, error) {
			response, _ := answering(200, "application/json", "")(r)
			response.Body, response.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(agreements[:9]),
				iotest.ErrReader(broken))), int64(len(agreements))
			return response, nil
		},
	} {
		response, err := contracttest.Transport(own, next).RoundTrip(signed(t, "GET", "/api/v1/agreements/", ""))
		if err == nil {
			var body []byte
			if body, err = io.ReadAll(response.Body); string(body) != agreements[:9] {
				t.Errorf("%q", body)
			}
		}
		if !errors.Is(err, broken) {
			t.Error(err)
		}
	}
	if len(own.errors) > 0 || len(own.logs) != 1 || !strings.Contains(own.logs[0], "broke off") {
		t.Errorf("%q %q", own.errors, own.logs)
	}
}

// A body that the caller cannot read is no finding: the transport below says so.
func TestABodyThatCannotBeReadIsTheCallersError(t *testing.T) {
	t.Parallel()
	own := new(watched)
	broken := errors.New("broken")
	r := signed(t, "POST", transferPath, transferOf(nil))
	r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("{"), iotest.ErrReader(broken))), -1
	_, err := contracttest.Transport(own, sender(func(r *http.Request) (*http.Response, error) {
		got, err := io.ReadAll(r.Body)
		if string(got) != "{" {
			t.Errorf("%q", got)
		}
		return nil, err
	})).RoundTrip(r)
	if !errors.Is(err, broken) || len(own.errors) > 0 {
		t.Error(err, own.errors)
	}
}

func TestBytesAreHandedOnAsTheyAre(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	paths := []string{transferPath, "/api/v1/agreements/", "/api/v1/documents/" + pocket + "/", "/nothing/",
		"/api/v1/login/"}
	types := []string{"application/json", "image/png", "text/plain", "", "application/json; charset=utf-8", "a/b/c"}
	for n := range 2000 {
		content := make([]byte, random.IntN(3000))
		for i := range content {
			content[i] = byte(random.IntN(256))
		}
		if random.IntN(2) == 0 {
			content = []byte(transferOf(nil))
		}
		answer := make([]byte, random.IntN(3000))
		for i := range answer {
			answer[i] = byte(random.IntN(256))
		}
		method := []string{"GET", "POST", "DELETE"}[random.IntN(3)]
		r := signed(t, method, paths[random.IntN(len(paths))], "")
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
		if random.IntN(2) == 0 {
			r.ContentLength = []int64{-1, 0}[random.IntN(2)]
		}
		length := r.ContentLength
		if kind := types[random.IntN(len(types))]; kind != "" {
			r.Header.Set("Content-Type", kind)
		}
		before := r.Header.Clone()
		kind := types[random.IntN(len(types))]
		transport := contracttest.Transport(new(watched), sender(func(got *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(got.Body)
			if err != nil || !bytes.Equal(body, content) || got.ContentLength != length ||
				fmt.Sprint(got.Header) != fmt.Sprint(before) || got.URL.String() != r.URL.String() {
				t.Errorf("%d: sent %d bytes, %v, length %d, of %d and %d", n, len(body), err, got.ContentLength,
					len(content), length)
			}
			return answering(200, kind, string(answer))(got)
		}))
		response, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(response.Body); err != nil || !bytes.Equal(body, answer) || response.Request != r {
			t.Errorf("%d: answered %d bytes, %v, of %d", n, len(body), err, len(answer))
		}
	}
}

// What is sent while it is made is neither held, nor kept back until it is whole.
func TestAnUploadIsNotHeld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		length int
		want   string
	}{
		"right": {1000, "header content-length: required"},
		// Its length is not known beforehand, which the contract asks for.
		"empty": {0, "body: required: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := new(watched)
			from, to := io.Pipe()
			r := signed(t, "POST", "/api/v1/documents/"+pocket+"/", "")
			r.Body, r.ContentLength = from, -1
			r.Header.Set("Content-Type", "image/png")
			r.Header.Set("Content-Disposition", `attachment; filename="a.png"`)
			transport := contracttest.Transport(own, sender(func(r *http.Request) (*http.Response, error) {
				for range c.length { // Each byte is made when the one before has been sent.
					go func() { _, _ = to.Write([]byte{'x'}) }()
					if _, err := io.ReadFull(r.Body, make([]byte, 1)); err != nil {
						t.Error(err)
					}
				}
				_ = to.Close()
				if n, err := io.Copy(io.Discard, r.Body); n != 0 || err != nil {
					t.Error(n, err)
				}
				return answering(422, "application/json", `{"detail":[]}`)(r)
			}))
			if _, err := transport.RoundTrip(r); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(own.errors, "\n"); !strings.Contains(got, c.want) {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			if c.length > 0 && len(own.errors) != 1 {
				t.Errorf("%q", own.errors)
			}
		})
	}
}

func TestAGatewaysPathIsTakenOff(t *testing.T) {
	t.Parallel()
	own := new(watched)
	transport := contracttest.Transport(own, answering(200, "application/json", strategies),
		contracttest.CallsBelow("/jiko/v%31/"))
	for target, right := range map[string]bool{
		"/jiko/v%31/api/v2/trading-strategies/": true, "/api/v2/trading-strategies/": true,
		"/jiko/v%31/api/v2/trading-strategie/": false,
	} {
		own.errors = nil
		if _, err := transport.RoundTrip(signed(t, "GET", target, "")); err != nil {
			t.Fatal(err)
		}
		if right != (len(own.errors) == 0) {
			t.Errorf("%s: %q", target, own.errors)
		}
	}
}

func TestCallsOfAnotherServerAreLeftAlone(t *testing.T) {
	t.Parallel()
	own := new(watched)
	transport := contracttest.Transport(own, answering(200, "text/plain", "ok"),
		contracttest.ExceptCalls(func(r *http.Request) bool { return r.URL.Path == "/ping" }))
	for _, target := range []string{"/ping", "/pong"} {
		if _, err := transport.RoundTrip(signed(t, "GET", target, "")); err != nil {
			t.Fatal(err)
		}
	}
	if len(own.errors) != 1 {
		t.Errorf("%q", own.errors)
	}
}

func TestAThousandCallersWhoDoTheSameWrongAreOneFinding(t *testing.T) {
	t.Parallel()
	own := new(watched)
	transport := contracttest.Transport(own, answering(200, "application/json", `{"items":[]}`))
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			if _, err := transport.RoundTrip(signed(t, "GET", "/api/v2/pockets/?limits=1", "")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	own.end()
	if len(own.errors) != 1 || len(own.logs) != 1 || !strings.Contains(own.logs[0], "999 times again") {
		t.Errorf("%q %q", own.errors, own.logs)
	}
}

// A test that has ended panics when it is told something.
func TestWhatIsFoundAfterTheTestIsNoPanic(t *testing.T) {
	t.Parallel()
	own := new(watched)
	transport := contracttest.Transport(own, answering(200, "application/json", `{"new":1,"items":[]}`))
	own.end()
	response, err := transport.RoundTrip(signed(t, "GET", "/api/v2/pockets/?limits=1", ""))
	if err != nil || response.StatusCode != http.StatusOK || len(own.errors) > 0 {
		t.Error(response, err, own.errors)
	}
}

// house is a sandbox, and a client whose calls are watched. between stands between what watches and the network.
func house(t testing.TB, own contracttest.TB, between func(http.RoundTripper) http.RoundTripper) *partner.Client {
	t.Helper()
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(bank)
	t.Cleanup(func() { server.Close(); _ = bank.Close() })
	middleware := []func(http.RoundTripper) http.RoundTripper{contracttest.Middleware(own)}
	if between != nil {
		middleware = append(middleware, between)
	}
	client, err := partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret, Middleware: middleware,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// spoiling has answers to one kind of request say that they are HTML.
func spoiling(path string) func(next http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return sender(func(r *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if err == nil && strings.HasPrefix(r.URL.Path, path) {
				response.Header.Set("Content-Type", "text/html")
			}
			return response, err
		})
	}
}

func TestTheLineIsTheCallers(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for name, call := range map[string]func(*partner.Client) string{
		"of a service": func(c *partner.Client) string {
			line := lineAfter()
			_, _ = c.TradingStrategies.List(ctx)
			return line
		},
		"of an iterator": func(c *partner.Client) string {
			line := lineAfter()
			for _, err := range c.Pockets.All(ctx, nil) {
				_ = err
			}
			return line
		},
		"of Do": func(c *partner.Client) string {
			r, _ := http.NewRequestWithContext(ctx, http.MethodGet, c.BaseURL()+"/api/v2/pockets/", nil)
			line := lineAfter()
			response, err := c.Do(r)
			if err == nil {
				_ = response.Body.Close()
			}
			return line
		},
		"on a goroutine of the caller's": func(c *partner.Client) string {
			var line string
			var one sync.WaitGroup
			one.Go(func() {
				line = lineAfter()
				_, _ = c.TradingStrategies.List(ctx)
			})
			one.Wait()
			return line
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := new(watched)
			line := call(house(t, own, spoiling("/api/v2/")))
			if len(own.errors) != 1 || !strings.HasSuffix(own.errors[0], "called at "+line) {
				t.Errorf("%q\nwant it to be of %s", own.errors, line)
			}
		})
	}
}

func TestTheLineOfAPlainClientIsTheCallers(t *testing.T) {
	t.Parallel()
	own := new(watched)
	plain := http.Client{Transport: contracttest.Transport(own, answering(200, "text/html", "")), Timeout: time.Hour}
	r := signed(t, http.MethodGet, "/api/v2/pockets/", "")
	line := lineAfter()
	response, err := plain.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if len(own.errors) != 1 || !strings.HasSuffix(own.errors[0], "called at "+line) {
		t.Errorf("%q\nwant it to be of %s", own.errors, line)
	}
}

// A login is made on a goroutine of the client's, as it is shared by those who wait for it.
func TestALoginNamesWhatStartedIt(t *testing.T) {
	t.Parallel()
	own := new(watched)
	client := house(t, own, spoiling("/api/v1/login/"))
	_, _ = client.TradingStrategies.List(t.Context())
	const want = "called on a goroutine that has no line of yours: " +
		"github.com/jiko-partner/partner-go/pkg/partner.(*tokenCache)."
	if len(own.errors) != 1 || !strings.Contains(own.errors[0], want) {
		t.Errorf("%q", own.errors)
	}
}
