package partner_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// putFile is a request with a body that the door has to hold, as nothing says how to open it anew.
func putFile(t testing.TB, a *api, body io.Reader) *http.Request {
	t.Helper()
	r := own(t, "POST", a.URL+"/api/v1/customers/497f6eca-6276-4993-bfeb-53cbbbba6f08/documents/OTHER/file/", body)
	r.Header.Set("Content-Type", "application/pdf")
	return r
}

// temporaries redirects temporary files, and says which of them there are and which are open.
func temporaries(t *testing.T) func() []string {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	return func() []string {
		var found []string
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			found = append(found, entry.Name())
		}
		links, _ := filepath.Glob("/proc/self/fd/*") // Where there is no /proc, the folder alone is looked at.
		for _, link := range links {
			if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, folder) {
				found = append(found, target)
			}
		}
		return found
	}
}

func TestABodyThatIsReadOnceIsHeld(t *testing.T) {
	content := pattern(300_000)
	for _, c := range []struct {
		name  string
		limit int64
		body  io.Reader
		// length is what the request says, 0 when it does not know.
		length int64
		want   []byte
		inFile bool
	}{
		{"in memory", 0, bare{bytes.NewReader(content)}, 0, content, false},
		{"in memory, its length known", 0, bare{bytes.NewReader(content)}, 300_000, content, false},
		{"in memory to the last byte", 300_000, bare{bytes.NewReader(content)}, 0, content, false},
		{"in a file from the byte after", 299_999, bare{bytes.NewReader(content)}, 0, content, true},
		{"in a file, its length known", 1000, bare{bytes.NewReader(content)}, 300_000, content, true},
		{"in a file, from a reader of one byte at a time", 1, iotest.OneByteReader(bytes.NewReader(content[:5000])), 0,
			content[:5000], true},
		{"from a reader that ends with its last bytes", 0, iotest.DataErrReader(bytes.NewReader(content)), -1, content,
			false},
	} {
		t.Run(c.name, func(t *testing.T) {
			left := temporaries(t)
			var (
				got    []byte
				size   int64
				opened []string
				tries  int
			)
			a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
				uploaded(t, &got, &size)(discard{w.Header()}, r)
				opened = left()
				if tries++; tries < 3 {
					status(503)(w, r)
					return
				}
				answer(w, 201, `{}`)
			})
			client := a.configured(t, func(config *partner.Config) { config.HeldBytes = c.limit })
			newClock(client)
			r := putFile(t, a, c.body)
			r.ContentLength = c.length
			// With a key of its own, the body is read once more, for the memory of keys.
			ctx := partner.ContextWithOptions(r.Context(), partner.WithIdempotencyKey(partner.NewKey()))
			response, err := client.Do(r.WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}
			drain(t, response)
			if sum := sha256.Sum256(c.want); !bytes.Equal(got, sum[:]) || tries != 3 {
				t.Errorf("%d bytes arrive at try %d, and they are others", size, tries)
			}
			if runtime.GOOS == "linux" && (len(opened) == 1) != c.inFile {
				t.Errorf("while it is sent, there are the files %q", opened)
			}
			if c.inFile && runtime.GOOS == "linux" && !strings.HasSuffix(opened[0], " (deleted)") {
				t.Errorf("the file %q has a name", opened[0])
			}
			if files := left(); len(files) != 0 {
				t.Errorf("there are files left: %q", files)
			}
		})
	}
}

// discard is a ResponseWriter that answers nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func TestAHeldFileIsPrivateToItsOwner(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it looks at /proc")
	}
	left := temporaries(t)
	var mode os.FileMode
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		links, _ := filepath.Glob("/proc/self/fd/*")
		for _, link := range links {
			if target, _ := os.Readlink(link); strings.Contains(target, "partner-body-") {
				if info, err := os.Stat(link); err == nil {
					mode = info.Mode()
				}
			}
		}
		answer(w, 201, `{}`)
	})
	client := a.configured(t, func(config *partner.Config) { config.HeldBytes = 1 })
	response, err := client.Do(putFile(t, a, bare{strings.NewReader("%PDF")}))
	if err != nil {
		t.Fatal(err)
	}
	drain(t, response)
	if mode != 0o600 {
		t.Errorf("its mode is %v", mode)
	}
	if files := left(); len(files) != 0 {
		t.Errorf("there are files left: %q", files)
	}
}

func TestAHeldFileIsGoneWhateverHappens(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*partner.Config)
		step   http.HandlerFunc
		body   io.Reader
		cancel bool
	}{
		{"the server refuses", nil, status(422), nil, false},
		{"the answer gets lost", nil, hangUp, nil, false},
		{"the context ends", nil, hang, nil, true},
		{"the body fails", nil, status(201), iotest.ErrReader(errors.New("gone")), false},
		{"the body fails later", nil, status(201), io.MultiReader(bare{bytes.NewReader(pattern(100_000))},
			iotest.ErrReader(errors.New("gone"))), false},
		{"the body panics", nil, status(201), io.MultiReader(bare{bytes.NewReader(pattern(100_000))}, panicking{}),
			false},
		{"the body is too large", func(c *partner.Config) { c.MaxUploadBytes = 50_000 }, status(201), nil, false},
		{"the token fails", func(c *partner.Config) {
			c.Username, c.Password = "", partner.Secret{}
			c.Tokens = tokens(func(string) (string, error) { return "", errors.New("no") })
		}, status(201), nil, false},
		{"a hook panics before an attempt", func(c *partner.Config) {
			c.Hooks.OnRequest = func(a partner.Attempt, _ *http.Request) { panicUnlessLogin(a) }
		}, status(201), nil, false},
		{"a hook panics after an attempt", func(c *partner.Config) {
			c.Hooks.OnResponse = func(a partner.Attempt, _ *http.Response, _ error) { panicUnlessLogin(a) }
		}, status(201), nil, false},
		{"the transport panics", func(c *partner.Config) {
			c.Middleware = append(c.Middleware, func(next http.RoundTripper) http.RoundTripper {
				return roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.ContentLength > 1000 {
						panic("marker")
					}
					return next.RoundTrip(r)
				})
			})
		}, status(201), nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			left := temporaries(t)
			a, _ := scripted(t, c.step)
			client := a.configured(t, func(config *partner.Config) {
				config.HeldBytes = 1000
				if c.change != nil {
					c.change(config)
				}
			})
			newClock(client)
			body := c.body
			if body == nil {
				body = bytes.NewReader(pattern(100_000))
			}
			closed := &closing{Reader: body}
			r := putFile(t, a, closed)
			if c.cancel {
				ctx, cancel := context.WithTimeout(r.Context(), 50*time.Millisecond)
				defer cancel()
				r = r.WithContext(ctx)
			}
			func() {
				defer func() { _ = recover() }()
				_, _ = client.With().Do(r)
			}()
			closed.over.Store(true)
			if files := left(); len(files) != 0 {
				t.Errorf("there are files left: %q", files)
			}
			if n := closed.closes.Load(); n != 1 {
				t.Errorf("the body is closed %d times", n)
			}
			if n := closed.late.Load(); n != 0 {
				t.Errorf("the body is read %d times more", n)
			}
		})
	}
}

func panicUnlessLogin(a partner.Attempt) {
	if a.Operation.ID != "login" {
		panic("marker")
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("marker") }

func TestABodyWithGetBodyIsOpenedAnew(t *testing.T) {
	a, got := receiving(t, status(503))
	client := a.client(t)
	newClock(client)
	var opened, closed atomic.Int64
	first := newClosing("never read")
	r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", first)
	r.ContentLength = 0 // It is not known.
	r.GetBody = func() (io.ReadCloser, error) {
		opened.Add(1)
		return struct {
			io.Reader
			io.Closer
		}{strings.NewReader(`{"amount":1}`), closer(func() error { closed.Add(1); return nil })}, nil
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	drain(t, response)
	// For the signature and for each of three attempts.
	if len(*got) != 3 || opened.Load() != 6 || closed.Load() != 6 || first.closes.Load() != 1 {
		t.Errorf("%d requests, opened %d times and closed %d, the first %d", len(*got), opened.Load(), closed.Load(),
			first.closes.Load())
	}
	for _, sent := range *got {
		if sent.body != `{"amount":1}` || sent.length != 12 {
			t.Errorf("it sends %+v", sent)
		}
	}
}

type closer func() error

func (c closer) Close() error { return c() }

func TestABodyThatChangesIsNeverSentWhole(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, c := range []struct {
		name  string
		texts []string
		// length is what the request says, 0 when it does not know.
		length int64
	}{
		{"shorter than its length", []string{"abc"}, 4},
		{"longer than its length", []string{"abcde"}, 4},
		{"shorter after the signature", []string{"abcd", "abc"}, 0},
		{"empty after the signature", []string{"abcd", ""}, 4},
		{"longer after the signature", []string{"abcd", "abcde"}, 4},
		{"much longer after the signature", []string{"abcd", long}, 0},
		{"much shorter after the signature", []string{long, "abcd"}, 0},
		{"a little shorter after the signature", []string{long, long[1:]}, 0},
		{"a little longer after the signature", []string{long, long + "x"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var whole atomic.Int64
			a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err == nil {
					whole.Add(1)
				}
				answer(w, 201, `{}`)
			})
			client := a.client(t)
			newClock(client)
			r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", strings.NewReader(""))
			r.Body, r.GetBody, r.ContentLength = newClosing(""), opening(c.texts...), c.length
			response, err := client.Do(r)
			var failure *partner.Error
			if response != nil || !errors.As(err, &failure) || failure.Outcome != partner.OutcomeNotSent ||
				!strings.Contains(err.Error(), "another length") || failure.Attempts > 1 {
				t.Errorf("Do = %v, %+v", response, err)
			}
			if n := whole.Load(); n != 0 {
				t.Errorf("%d requests arrive whole", n)
			}
		})
	}
}

func TestABodyThatChangesAfterALostAnswerLeavesTheDoubt(t *testing.T) {
	a, _ := scripted(t, hangUp)
	client := a.client(t)
	newClock(client)
	r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", strings.NewReader(""))
	r.Body, r.GetBody = newClosing(""), opening("abcd", "abcd", "abc")
	if _, err := client.Do(r); !errors.Is(err, partner.ErrOutcomeUnknown) ||
		!strings.Contains(err.Error(), "another length") {
		t.Errorf("Do = %v", err)
	}
}

// A transport of the user's opens it again within an attempt: what went before was sent whole, so that the next attempt
// has to find out what became of it.
func TestABodyThatChangesWithinAnAttemptLeavesTheDoubt(t *testing.T) {
	a, _ := scripted(t, status(503))
	base := partner.NewTransport()
	defer base.CloseIdleConnections()
	client := a.configured(t, func(config *partner.Config) {
		config.HTTPClient = &http.Client{Transport: stubborn(base)}
	})
	newClock(client)
	r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", strings.NewReader(""))
	r.Body, r.GetBody = newClosing(""), opening("abcd", "abcd", "abc")
	if _, err := client.Do(r); !errors.Is(err, partner.ErrOutcomeUnknown) ||
		!strings.Contains(err.Error(), "3 bytes of 4") {
		t.Errorf("Do = %v, want what the next attempt found when it signed", err)
	}
}

func TestABodyOfTheLimitIsNotSent(t *testing.T) {
	content := pattern(1000)
	for name, prepare := range map[string]func(*http.Request){
		"held":                          func(r *http.Request) { r.GetBody, r.ContentLength = nil, 0 },
		"held, its length known":        func(r *http.Request) { r.GetBody = nil },
		"opened anew":                   func(r *http.Request) { r.ContentLength = 0 },
		"opened anew, its length known": func(*http.Request) {},
	} {
		for _, limit := range []int64{1000, 1001} {
			t.Run(name+" "+strconv.FormatInt(limit, 10), func(t *testing.T) {
				a, got := receiving(t, transferCreated)
				client := a.configured(t, func(c *partner.Config) { c.MaxUploadBytes = limit })
				r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", bytes.NewReader(content))
				prepare(r)
				response, err := client.Do(r)
				if limit == 1001 {
					if err != nil {
						t.Fatal(err)
					}
					drain(t, response)
					return
				}
				if !errors.Is(err, partner.ErrRequestTooLarge) || !errors.Is(err, partner.ErrNotSent) ||
					len(*got) != 0 {
					t.Errorf("Do = %v", err)
				}
				// A service has the same limit.
				err = upload(t.Context(), client, bytes.NewReader(content))
				if !errors.Is(err, partner.ErrRequestTooLarge) || !errors.Is(err, partner.ErrNotSent) ||
					len(*got) != 0 {
					t.Errorf("a service: %v", err)
				}
			})
		}
	}
}

// An answer may come before the body is sent, and whoever made the body may use it again then.
func TestNothingIsReadAfterTheCallReturns(t *testing.T) {
	content, none := pattern(8<<20), make([]byte, 8<<20)
	var closing sync.WaitGroup
	t.Cleanup(closing.Wait)
	for _, c := range []struct {
		name string
		call func(*api, *partner.Client, []byte) error
	}{
		{"held in a file", func(a *api, client *partner.Client, buffer []byte) error {
			r := putFile(t, a, bytes.NewReader(buffer))
			r.GetBody = nil
			_, err := client.With().Do(r)
			return err
		}},
		{"held in memory", func(a *api, client *partner.Client, buffer []byte) error {
			r := putFile(t, a, bytes.NewReader(buffer[:1<<20]))
			r.GetBody = nil
			_, err := client.With().Do(r)
			return err
		}},
		{"held in memory, its length not known", func(a *api, client *partner.Client, buffer []byte) error {
			r := putFile(t, a, bytes.NewReader(buffer[:1<<20]))
			r.GetBody, r.ContentLength = nil, -1
			_, err := client.With().Do(r)
			return err
		}},
		{"opened anew", func(a *api, client *partner.Client, buffer []byte) error {
			_, err := client.With().Do(putFile(t, a, bytes.NewReader(buffer)))
			return err
		}},
		{"opened anew, its length not known", func(a *api, client *partner.Client, buffer []byte) error {
			r := putFile(t, a, bytes.NewReader(buffer))
			r.ContentLength = -1
			_, err := client.With().Do(r)
			return err
		}},
		{"a service's file", func(_ *api, client *partner.Client, buffer []byte) error {
			return upload(t.Context(), client, bytes.NewReader(buffer))
		}},
		{"a service's stream", func(_ *api, client *partner.Client, buffer []byte) error {
			return upload(t.Context(), client, bare{bytes.NewReader(buffer)})
		}},
	} {
		for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
			t.Run(c.name+" "+protocol, func(t *testing.T) {
				t.Parallel() // With HTTP/2 net/http waits for a second before it gives a body up.
				release := make(chan struct{})
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Proto != protocol {
						t.Errorf("it is %s", r.Proto)
					}
					w.Header().Set("Content-Length", "2") // It reads nothing.
					answer(w, 413, `{}`)
					_ = http.NewResponseController(w).Flush()
					<-release
				}))
				server.EnableHTTP2 = protocol == "HTTP/2.0"
				server.StartTLS()
				// It takes half a second, with HTTP/2 a whole one, for a client that reads what is on its way.
				defer closing.Go(func() {
					close(release)
					server.Close()
				})
				client, err := partner.New(partner.Config{BaseURL: server.URL, Tokens: tokens(goodToken),
					SigningSecret: secret, HTTPClient: server.Client(), HeldBytes: 2 << 20})
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				buffer := bytes.Clone(content)
				err = c.call(&api{Server: server}, client, buffer)
				// The race detector sees who still reads, and takes a copy for one access.
				copy(buffer, none)
				var failure *partner.Error
				if !errors.As(err, &failure) || failure.StatusCode != 413 {
					t.Errorf("Do = %v", err)
				}
			})
		}
	}
}

// Sent again, it would go out empty.
func TestABodyThatWasReadIsNotSentAsNone(t *testing.T) {
	for name, length := range map[string]int64{"of unknown length": -1, "of no length given": 0,
		"of a known length": 12} {
		t.Run(name, func(t *testing.T) {
			a, got := receiving(t, transferCreated)
			client := a.client(t)
			r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", bare{strings.NewReader(`{"amount":1}`)})
			r.GetBody, r.ContentLength = nil, length
			response, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			drain(t, response)
			for _, r := range []*http.Request{r, r.Clone(t.Context())} {
				if response, err := client.Do(r); response != nil || !errors.Is(err, partner.ErrNotSent) ||
					len(*got) != 1 {
					t.Errorf("Do = %v, %v, after %d requests", response, err, len(*got))
				}
			}
		})
	}
}

// A large file is never in memory as a whole.
func TestLargeFilesGoThroughTheDoorInAStream(t *testing.T) {
	const size = 49 << 20
	for _, held := range []bool{true, false} {
		name := "opened anew"
		if held {
			name = "held"
		}
		t.Run(name, func(t *testing.T) {
			left := temporaries(t)
			var got []byte
			var arrived int64
			a := newAPI(t, uploaded(t, &got, &arrived))
			client := a.client(t)
			open := func() (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeros{}, size)), nil }
			body, _ := open()
			r := putFile(t, a, body)
			if !held {
				r.GetBody = open
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			response, err := client.Do(r)
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			drain(t, response)
			if arrived != size {
				t.Errorf("%d bytes arrive", arrived)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 6<<20 {
				t.Errorf("%d bytes are allocated for %d", allocated, size)
			}
			if files := left(); len(files) != 0 {
				t.Errorf("there are files left: %q", files)
			}
		})
	}
}

func TestTheDoorServesManyAtOnce(t *testing.T) {
	a, got := receiving(t, transferCreated)
	client := a.configured(t, func(c *partner.Config) { c.HeldBytes = 100 })
	doer := client.With(partner.WithMaxRetries(1))
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", strings.NewReader(strings.Repeat("x", 10*i)))
			if i%2 == 0 {
				r.GetBody = nil
			}
			response, err := doer.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			drain(t, response)
		})
	}
	all.Wait()
	if len(*got) != 40 {
		t.Errorf("%d requests", len(*got))
	}
}
