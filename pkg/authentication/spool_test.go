package authentication_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// file is a body that is not text, and not small.
func file(t testing.TB, size int) []byte {
	t.Helper()
	content := make([]byte, size)
	_, _ = rand.Read(content)
	return content
}

// signedFile is a request with a large body and everything right about it.
func signedFile(t testing.TB, secret signing.Secret, content []byte) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, target, bytes.NewReader(content))
	r.Header.Set("Authorization", "Bearer "+token)
	if err := authentication.SignRequest(r, secret, key, content); err != nil {
		t.Fatal(err)
	}
	return r
}

// A large body is signed like any other, by whichever secret, and nobody sees it before that is certain.
func TestTheSignatureOfALargeBody(t *testing.T) {
	const limit = 100 << 10
	needs := authentication.Requirement{MaxBodyBytes: 1 << 20}
	content := file(t, 300<<10)
	for _, c := range []struct {
		name   string
		size   int
		change func(r *http.Request, content []byte)
		want   authentication.Reason
	}{
		{"right", 300 << 10, func(*http.Request, []byte) {}, ""},
		{"by the other secret", 300 << 10, func(r *http.Request, content []byte) {
			_ = authentication.SignRequest(r, second, key, content)
		}, ""},
		{"right, of one that fits into memory once it is known", limit, func(*http.Request, []byte) {}, ""},
		{"by a retired secret", 300 << 10, func(r *http.Request, content []byte) {
			_ = authentication.SignRequest(r, retired, key, content)
		}, authentication.ReasonSignatureMismatch},
		{"of another key", 300 << 10, func(r *http.Request, _ []byte) {
			r.Header.Set(idempotency.Header, uuid.NewString())
		}, authentication.ReasonSignatureMismatch},
		{"of another path", 300 << 10, func(r *http.Request, _ []byte) { r.RequestURI = "/other/" },
			authentication.ReasonSignatureMismatch},
		{"of a path that none can have", 300 << 10,
			func(r *http.Request, _ []byte) { r.RequestURI = "*"; r.URL.Path = "*" },
			authentication.ReasonSignatureMismatch},
		{"of another first byte", 300 << 10, func(r *http.Request, content []byte) {
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("\x00"), bytes.NewReader(content[1:])))
			content[0] = 1
			_ = authentication.SignRequest(r, first, key, content)
		}, authentication.ReasonSignatureMismatch},
		{"of another last byte", 300 << 10, func(r *http.Request, content []byte) {
			other := bytes.Clone(content)
			other[len(other)-1]++
			_ = authentication.SignRequest(r, first, key, other)
		}, authentication.ReasonSignatureMismatch},
		{"of a byte less", 300 << 10, func(r *http.Request, content []byte) {
			_ = authentication.SignRequest(r, first, key, content[:len(content)-1])
		}, authentication.ReasonSignatureMismatch},
		{"of nothing", 300 << 10, func(r *http.Request,
			_ []byte) {
			_ = authentication.SignRequest(r, first, key, nil)
		},
			authentication.ReasonSignatureMismatch},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, development := range []bool{false, true} {
				for _, announced := range []bool{true, false} {
					directory := t.TempDir()
					g := newGate(t, authentication.Config{
						Require:      func(*http.Request) authentication.Requirement { return needs },
						MaxBodyBytes: limit, Development: development,
						Spool: authentication.Spool{Directory: directory, MaxBytes: 8 << 20},
					})
					sent := bytes.Clone(content[:c.size])
					r := signedFile(t, first, sent)
					c.change(r, sent)
					if !announced {
						r.ContentLength = -1
					}
					if reason, _ := g.serve(t, r); reason != c.want {
						t.Errorf("announced %t: %q; want %q", announced, reason, c.want)
					}
					if c.want == "" && g.bodies[0] != string(sent) {
						t.Error("the handler got other bytes")
					}
					if names, _ := filepath.Glob(filepath.Join(directory, "*")); len(names) > 0 {
						t.Errorf("left behind: %q", names)
					}
				}
			}
		})
	}
}

// What goes to a file is not read again for its signature. That of a small body is made when all of it is there.
func TestTheSignatureOfALargeBodyIsMadeAsItArrives(t *testing.T) {
	for _, c := range []struct {
		name            string
		size, announced int64
		unsigned        bool
		want            []string
	}{
		{"announced", 100 << 10, 100 << 10, false, []string{"signature", "body"}},
		{"in chunks", 100 << 10, -1, false, []string{"signature", "body"}},
		{"a byte too large for memory", 16<<10 + 1, 16<<10 + 1, false, []string{"signature", "body"}},
		{"small enough for memory", 16 << 10, 16 << 10, false, []string{"body", "signature"}},
		{"small, and not announced", 100, 0, false, []string{"body", "signature"}},
		{"unsigned", 100 << 10, 100 << 10, true, []string{"body"}},
	} {
		var order []string
		g := newGate(t, authentication.Config{
			Require: func(*http.Request) authentication.Requirement {
				return authentication.Requirement{SignatureOptional: true}
			},
			Path: func(r *http.Request) string {
				order = append(order, "signature")
				return authentication.WirePath(r)
			},
		})
		r := signedFile(t, second, file(t, int(c.size)))
		if c.unsigned {
			r.Header.Del(signing.HeaderSignature)
		}
		content := r.Body
		r.ContentLength, r.Body = c.announced, io.NopCloser(readerFunc(func(p []byte) (int, error) {
			order = append(order, "body")
			return content.Read(p)
		}))
		g.handler.ServeHTTP(httptest.NewRecorder(), r)
		if got := slices.Compact(order); len(g.bodies) != 1 || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q; want %q", c.name, got, c.want)
		}
	}
}

// Something before may have put another body in the place of the one that arrived, as what decompresses it does.
func TestALargeBodyThatWasAnnouncedAsASmallOne(t *testing.T) {
	for _, announced := range []int64{0, 100, 16 << 10} {
		g := newGate(t, authentication.Config{})
		content := file(t, 30<<10)
		r := signedFile(t, first, content)
		r.ContentLength = announced
		if reason, _ := g.serve(t, r); reason != "" || g.bodies[0] != string(content) {
			t.Errorf("%d announced: %q", announced, reason)
		}
		r = signedFile(t, first, content[1:])
		r.ContentLength, r.Body = announced, io.NopCloser(bytes.NewReader(content))
		if reason, _ := g.serve(t, r); reason != authentication.ReasonSignatureMismatch {
			t.Errorf("%d announced, of another byte: %q", announced, reason)
		}
	}
}

// What is vouched for, and is not larger than JSON may be, is in memory for whoever comes next; a file stays on disk
// until the request is over.
func TestWhereABodyIs(t *testing.T) {
	var held *wire.Body
	authenticator, err := authentication.New(authentication.Config{
		Lookup:       authentication.FixedTokens(map[string]authentication.Caller{token: acme}),
		MaxBodyBytes: 64 << 10,
		Require: func(r *http.Request) authentication.Requirement {
			return authentication.Requirement{MaxBodyBytes: 1 << 20, SignatureOptional: r.Method == http.MethodPut}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	handler := authenticator.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		held, _ = r.Body.(*wire.Body)
		if got := r.Method == http.MethodPut || held.Len() > 64<<10; held.Len() > 20<<10 && held.InFile() != got {
			t.Errorf("%s of %d bytes is in a file: %t", r.Method, held.Len(), held.InFile())
		}
	}))
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		for _, size := range []int{10, 30 << 10, 64 << 10, 65 << 10} {
			r := signedFile(t, first, file(t, size))
			r.Method = method
			if method == http.MethodPut {
				r.Header.Del(signing.HeaderSignature)
			}
			held = nil
			handler.ServeHTTP(httptest.NewRecorder(), r)
			if held == nil {
				t.Fatal("refused")
			}
			if _, err := held.ReadAt(make([]byte, 1), 0); held.InFile() && err == nil {
				t.Errorf("%s of %d bytes is there when the request is over", method, size)
			}
		}
	}
}

// A body that somebody before has read into a file is not read again, and its signature counts all the same.
func TestABodyThatIsInAFileAlready(t *testing.T) {
	spool := wire.NewSpool(t.TempDir(), 1<<20, 1<<20)
	g := newGate(t, authentication.Config{})
	content := file(t, 100<<10)
	for secret, want := range map[signing.Secret]authentication.Reason{
		first: "", second: "", retired: authentication.ReasonSignatureMismatch,
	} {
		r := signedFile(t, secret, content)
		body, err := wire.Read(httptest.NewRecorder(), r, wire.Bounds{MaxBytes: 1 << 20, Spool: spool})
		if err != nil || !body.InFile() {
			t.Fatal(err)
		}
		wire.Put(r, body)
		if reason, _ := g.serve(t, r); reason != want {
			t.Errorf("%q; want %q", reason, want)
		}
	}
}

// One caller cannot take the room of all, and whoever finds none is told to come again.
func TestTheRoomForLargeBodiesIsShared(t *testing.T) {
	other := authentication.Caller{ID: "other", Secrets: []signing.Secret{first}}
	g := newGate(t, authentication.Config{
		Lookup: authentication.FixedTokens(map[string]authentication.Caller{token: acme, "other": other}),
		Spool:  authentication.Spool{MaxBytes: 300 << 10, MaxCallerBytes: 200 << 10}, MaxBodyBytes: 200 << 10,
	})
	content := file(t, 100<<10)
	// Whoever waits for a byte that does not come holds room.
	release := make(chan struct{})
	waiting := make(chan string)
	hold := func(by string) {
		r := signedFile(t, first, content)
		r.Header.Set("Authorization", "Bearer "+by)
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(content[1:]), readerFunc(func(p []byte) (int, error) {
			waiting <- by
			<-release
			return copy(p, content[:1]), io.EOF
		})))
		g.handler.ServeHTTP(httptest.NewRecorder(), r)
		waiting <- "done"
	}
	refused := func(by string, want authentication.Reason) {
		t.Helper()
		r := signedFile(t, first, content)
		r.Header.Set("Authorization", "Bearer "+by)
		r.Body = io.NopCloser(readerFunc(func([]byte) (int, error) {
			t.Error("the body is read")
			return 0, io.EOF
		}))
		g.mu.Lock()
		at := len(g.refusals)
		g.mu.Unlock()
		w := httptest.NewRecorder()
		g.handler.ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "5" ||
			!strings.Contains(w.Body.String(), "nothing was executed") || g.refusals[at].Reason != want ||
			g.refusals[at].Err != nil {
			t.Errorf("%s: %d %v %s", by, w.Code, w.Header(), w.Body)
		}
	}
	for _, by := range []string{token, token} {
		go hold(by)
		<-waiting
	}
	refused(token, authentication.ReasonShareTaken)
	go hold("other")
	<-waiting
	refused("other", authentication.ReasonRoomTaken)
	close(release)
	for range 3 {
		<-waiting
	}
	if reason, _ := g.serve(t, signedFile(t, first, content)); reason != "" {
		t.Errorf("when there is room again: %s", reason)
	}
}

func TestADiskThatFailsIsNotTheCallersFault(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	g := newGate(t, authentication.Config{Spool: authentication.Spool{Directory: directory}})
	if err := os.Remove(directory); err != nil { // It is empty: New has left nothing behind.
		t.Fatal(err)
	}
	reason, w := g.serve(t, signedFile(t, first, file(t, 100<<10)))
	if reason != authentication.ReasonRoomTaken || w.Code != http.StatusServiceUnavailable || g.refusals[0].Err == nil {
		t.Errorf("%q, %d, %v", reason, w.Code, g.refusals[0].Err)
	}
}

func TestNewRefusesASpoolThatCannotBeMeant(t *testing.T) {
	lookup := authentication.FixedTokens(nil)
	for _, c := range []struct {
		name  string
		spool authentication.Spool
		limit int64
		ok    bool
	}{
		{"the default", authentication.Spool{}, 0, true},
		{"a share that has room for a body", authentication.Spool{MaxBytes: 4 << 20, MaxCallerBytes: 1 << 20}, 0, true},
		{"a share that has not", authentication.Spool{MaxBytes: 4 << 20, MaxCallerBytes: 1<<20 - 1}, 0, false},
		{"a quarter that has not", authentication.Spool{MaxBytes: 4<<20 - 4}, 0, false},
		{"less than a share", authentication.Spool{MaxBytes: 1 << 19, MaxCallerBytes: 1 << 20}, 0, false},
		{"larger bodies", authentication.Spool{}, authentication.DefaultMaxSpoolBytes/4 + 1, false},
		{"a negative size", authentication.Spool{MaxBytes: -1}, 0, false},
		{"a negative share", authentication.Spool{MaxCallerBytes: -1}, 0, false},
		{"a directory that is not there", authentication.Spool{Directory: filepath.Join(t.TempDir(), "none")}, 0,
			false},
	} {
		_, err := authentication.New(authentication.Config{Lookup: lookup, Spool: c.spool, MaxBodyBytes: c.limit})
		if (err == nil) != c.ok || err != nil && !strings.HasPrefix(err.Error(), "authentication: ") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// What the head shows to be wrong is answered before anybody asks whose token it is, and before the body is read.
func TestTheHeadComesFirst(t *testing.T) {
	var order []string
	admitted := true
	g := newGate(t, authentication.Config{
		Lookup: func(context.Context, string) (authentication.Caller, error) {
			order = append(order, "token")
			return acme, nil
		},
		Admit: func(w http.ResponseWriter, _ *http.Request) bool {
			order = append(order, "head")
			if !admitted {
				w.WriteHeader(http.StatusTeapot)
			}
			return admitted
		},
	})
	body := func(r *http.Request) *http.Request {
		content := r.Body
		r.Body = io.NopCloser(readerFunc(func(p []byte) (int, error) {
			order = append(order, "body")
			return content.Read(p)
		}))
		return r
	}
	for _, c := range []struct {
		name     string
		change   func(*http.Request)
		admitted bool
		want     []string
	}{
		{"all is well", func(*http.Request) {}, true, []string{"head", "token", "body"}},
		{"the head is wrong", func(*http.Request) {}, false, []string{"head"}},
		{"no token", func(r *http.Request) { r.Header.Del("Authorization") }, true, nil},
		{"no key", func(r *http.Request) { r.Header.Del(idempotency.Header) }, true, nil},
		{"a signature that cannot be one", func(r *http.Request) { r.Header.Set(signing.HeaderSignature, "x") }, true,
			nil},
		{"too large", func(r *http.Request) { r.ContentLength = 2 << 20 }, true, nil},
	} {
		order, admitted = nil, c.admitted
		r := body(request(t, first, target, sent))
		c.change(r)
		g.handler.ServeHTTP(httptest.NewRecorder(), r)
		if got := slices.Compact(order); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q; want %q", c.name, got, c.want)
		}
	}
	order = nil
	r := request(t, first, target, "")
	g.handler.ServeHTTP(httptest.NewRecorder(), r)
	if !slices.Equal(order, []string{"token"}) {
		t.Errorf("without a body: %q", order)
	}
}

// A caller who is known and one who is not are told the same, whatever is wrong with a request, as long as its
// signature is not right.
func TestNobodyLearnsWhetherATokenIsGood(t *testing.T) {
	defects := map[string]func(*http.Request){
		"nothing else":      func(*http.Request) {},
		"no key":            func(r *http.Request) { r.Header.Del(idempotency.Header) },
		"two keys":          func(r *http.Request) { r.Header.Add(idempotency.Header, key) },
		"a word for a key":  func(r *http.Request) { r.Header.Set(idempotency.Header, "word") },
		"no signature":      func(r *http.Request) { r.Header.Del(signing.HeaderSignature) },
		"two signatures":    func(r *http.Request) { r.Header.Add(signing.HeaderSignature, "x") },
		"no such signature": func(r *http.Request) { r.Header.Set(signing.HeaderSignature, "x") },
		"an empty body":     func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 },
		"a larger body":     func(r *http.Request) { r.ContentLength = 1 << 40 },
		"chunks":            func(r *http.Request) { r.ContentLength = -1 },
		"another path":      func(r *http.Request) { r.RequestURI = "/" },
		"no path":           func(r *http.Request) { r.RequestURI, r.URL.Path = "*", "*" },
		"another method":    func(r *http.Request) { r.Method = http.MethodDelete },
		"a body in a file": func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(make([]byte, 100<<10))), 100<<10
		},
	}
	g := newGate(t, authentication.Config{})
	for first, change := range defects {
		for second, andChange := range defects {
			var answers []string
			for _, bearer := range []string{token, "unknown-" + marker} {
				r := request(t, retired, target, sent)
				r.Header.Set("Authorization", "Bearer "+bearer)
				change(r)
				andChange(r)
				_, w := g.serve(t, r)
				var text bytes.Buffer
				_ = w.Result().Header.Write(&text)
				answers = append(answers, w.Result().Status+text.String()+w.Body.String())
			}
			if answers[0] != answers[1] {
				t.Errorf("%s and %s: %s for a token that is good, and %s for one that is not", first, second,
					answers[0], answers[1])
			}
		}
	}
}

// Without New there is nothing to check a request by, so nobody gets in.
func TestAZeroAuthenticatorPanicsLoudly(t *testing.T) {
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("somebody gets in") })
	for name, call := range map[string]func(){
		"Middleware":   func() { new(authentication.Authenticator).Middleware(next) },
		"Authenticate": func() { new(authentication.Authenticator).Authenticate(httptest.NewRecorder(), nil) },
		"nil":          func() { (*authentication.Authenticator)(nil).Middleware(next) },
	} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.Contains(text, "made with New") {
					t.Errorf("%s: %v", name, text)
				}
			}()
			call()
		}()
	}
}
