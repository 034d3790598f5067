package partner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// The race detector sees whether it may.
func TestCloseAtAnyTime(t *testing.T) {
	a := newAPI(t, agreementsOK)
	client := a.client(t)
	clock := newClock(client)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				clock.advance(14 * time.Minute) // So that tokens are renewed, in the background and not.
				if err := read(t.Context(), client); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 50 {
				client.Close()
			}
		})
	}
	all.Wait()
	client.Close()
	if err := read(t.Context(), client); err != nil {
		t.Errorf("after Close: %v", err)
	}
}

func TestCloseWaitsForTheLoginUnderWayAndForNoLaterOne(t *testing.T) {
	a, release := hangingLogin(t)
	client := a.client(t)
	var all sync.WaitGroup
	for range 10 {
		all.Go(client.Close) // There is none.
	}
	all.Wait()
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		if err := read(t.Context(), client); err != nil {
			t.Error(err)
		}
	}()
	for a.logins.Load() == 0 {
		runtime.Gosched()
	}
	var closed atomic.Int64
	for range 10 {
		all.Go(func() {
			client.Close()
			closed.Add(1)
		})
	}
	if closed.Load() != 0 {
		t.Error("Close returns before the login")
	}
	release()
	all.Wait()
	<-logged
}

// A hook may end its goroutine, as t.Fatal does. Whoever waits for the login must not wait for ever.
func TestALoginWhoseGoroutineEndsFailsItsCallers(t *testing.T) {
	a := newAPI(t, agreementsOK)
	var ended atomic.Bool
	client := a.configured(t, func(c *partner.Config) {
		c.Hooks.OnRequest = func(attempt partner.Attempt, _ *http.Request) {
			if attempt.Operation.ID == "login" && ended.CompareAndSwap(false, true) {
				runtime.Goexit()
			}
		}
	})
	clock := newClock(client)
	if err := read(t.Context(), client); !errors.Is(err, partner.ErrNotSent) ||
		!strings.Contains(err.Error(), "ended early") {
		t.Errorf("the login never ended: %v", err)
	}
	client.Close()
	clock.advance(time.Minute)
	if err := read(t.Context(), client); err != nil {
		t.Error(err)
	}
}

func TestATokenThatCannotArriveAsItIsIsNotSent(t *testing.T) {
	for name, token := range map[string]string{
		"an empty one": "", "a line break after it": "token-marker\n", "a space after it": "token-marker ",
		"a space before it": " token-marker", "a line break within": "token\nmarker",
		"a byte order mark": "\ufefftoken-marker",
	} {
		t.Run(name, func(t *testing.T) {
			a, s := scripted(t, agreementsOK)
			own := a.configured(t, func(c *partner.Config) {
				c.Username, c.Password = "", signing.NewSecret("")
				c.Tokens = tokens(func(string) (string, error) { return token, nil })
			})
			text, _ := json.Marshal(token)
			server := httptest.NewServer(raw(200, "application/json",
				fmt.Sprintf(`{"token":%s,"expires":"2999-01-01T00:00:00Z"}`, text)))
			defer server.Close()
			login := (&api{Server: server}).client(t)
			for _, client := range []*partner.Client{own, login} {
				err := read(t.Context(), client)
				if !errors.Is(err, partner.ErrNotSent) || !strings.Contains(err.Error(), "token") ||
					strings.Contains(err.Error(), "marker") || len(s.requests()) != 0 {
					t.Errorf("%v after %d requests", err, len(s.requests()))
				}
			}
		})
	}
}

// bank is a server whose secrets can be replaced, all at once and without a grace.
type bank struct {
	*httptest.Server
	mu               sync.Mutex
	username         string
	password, secret string
	token            string
	logins, refused  int
	paid             map[string]int
}

func newBank(t *testing.T) *bank {
	t.Helper()
	b := &bank{username: "user-0", password: "password-0", secret: "secret-0", token: "none", paid: map[string]int{}}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/login/") {
		var login partner.LoginRequest
		if json.Unmarshal(body, &login) != nil || login.Username != b.username || login.Password != b.password {
			b.refused++
			answer(w, 401, `{"detail":"no"}`)
			return
		}
		b.logins++
		b.token = fmt.Sprintf("token of %s, %s and %d", b.username, b.password, b.logins)
		answer(w, 200, fmt.Sprintf(`{"token":%q,"expires":"2999-01-01T00:00:00Z"}`, b.token))
		return
	}
	key := r.Header.Get(idempotency.Header)
	if r.Header.Get("Authorization") != "Bearer "+b.token || signing.Verify(signing.NewSecret(b.secret), key,
		r.URL.EscapedPath(), body, r.Header.Get(signing.HeaderSignature)) != nil {
		answer(w, 401, `{"detail":"no"}`)
		return
	}
	b.paid[key]++
	transferCreated(w, r)
}

// rotate replaces the secrets.
func (b *bank) rotate(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.username, b.password = fmt.Sprintf("user-%d", n), fmt.Sprintf("password-%d", n)
	b.secret, b.token = fmt.Sprintf("secret-%d", n), "none"
}

// Whatever is replaced at the server at once is taken for the next attempt: no call is lost, and none is done twice.
func TestSecretsAreRotatedUnderLoad(t *testing.T) {
	b := newBank(t)
	client, err := partner.New(partner.Config{
		BaseURL: b.URL,
		CredentialsFunc: func(context.Context) (string, signing.Secret, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.username, signing.NewSecret(b.password), nil
		},
		SigningSecretFunc: func() (signing.Secret, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return signing.NewSecret(b.secret), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	clock := newClock(client)
	const workers, rotations = 8, 5
	var all sync.WaitGroup
	var calls atomic.Int64
	stop := make(chan struct{})
	for range workers {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := pay(t.Context(), t, client); err != nil {
					t.Error(err)
					return
				}
				calls.Add(1)
			}
		})
	}
	for n := 1; n <= rotations; n++ {
		for before := calls.Load(); calls.Load() < before+50 && !t.Failed(); {
			runtime.Gosched()
		}
		clock.advance(time.Minute) // Three in half a minute are taken for secrets that are wrong.
		b.rotate(n)
	}
	for before := calls.Load(); calls.Load() < before+50 && !t.Failed(); {
		runtime.Gosched()
	}
	close(stop)
	all.Wait()
	if int64(len(b.paid)) != calls.Load() {
		t.Errorf("%d calls, %d of them done", calls.Load(), len(b.paid))
	}
	for key, n := range b.paid {
		if n != 1 {
			t.Errorf("%s was done %d times", key, n)
		}
	}
	if b.logins > 1+rotations {
		t.Errorf("%d logins for %d rotations", b.logins, rotations)
	}
}

// rotating is a client of a bank whose credentials come from give, which counts.
func rotating(t *testing.T, b *bank, give func() (string, string, error)) (*partner.Client, *clock, *atomic.Int64) {
	t.Helper()
	asked := new(atomic.Int64)
	client, err := partner.New(partner.Config{
		BaseURL: b.URL, SigningSecret: signing.NewSecret("secret-0"),
		CredentialsFunc: func(context.Context) (string, signing.Secret, error) {
			asked.Add(1)
			username, password, err := give()
			return username, signing.NewSecret(password), err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client, newClock(client), asked
}

// The vault may be behind the server, but is not tried with the same password again and again.
func TestCredentialsThatAreRefusedAreTriedAgainOnceThereAreOthers(t *testing.T) {
	b := newBank(t)
	password := "old"
	client, clock, asked := rotating(t, b, func() (string, string, error) { return "user-0", password, nil })
	for range 20 {
		if err := pay(t.Context(), t, client); !errors.Is(err, partner.ErrUnauthorized) ||
			!errors.Is(err, partner.ErrNotSent) {
			t.Fatal(err)
		}
	}
	if b.refused != 1 || asked.Load() != 2 {
		t.Errorf("%d logins are refused, it was asked %d times", b.refused, asked.Load())
	}
	for range 10 {
		clock.advance(time.Second)
		for range 20 {
			if err := pay(t.Context(), t, client); !errors.Is(err, partner.ErrUnauthorized) {
				t.Fatal(err)
			}
		}
	}
	if b.refused != 1 || asked.Load() != 12 {
		t.Errorf("ten seconds on, %d logins are refused, it was asked %d times", b.refused, asked.Load())
	}
	password = "password-0"
	clock.advance(time.Second)
	if err := pay(t.Context(), t, client); err != nil || b.logins != 1 {
		t.Errorf("there are others: %v, %d logins", err, b.logins)
	}
	if err := pay(t.Context(), t, client); err != nil || asked.Load() != 13 {
		t.Errorf("with a token: %v, it was asked %d times", err, asked.Load())
	}
}

// Others are of no use to a server that fails.
func TestALoginThatFailsHasItsTimeThoughCredentialsRotate(t *testing.T) {
	var logins atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		logins.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	client, err := partner.New(partner.Config{
		BaseURL: server.URL, SigningSecret: secret, MaxRetries: -1,
		CredentialsFunc: func(context.Context) (string, signing.Secret, error) {
			return "user", signing.NewSecret("password"), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	newClock(client)
	for range 20 {
		if err := read(t.Context(), client); !errors.Is(err, partner.ErrNotSent) {
			t.Fatal(err)
		}
	}
	if n := logins.Load(); n != 1 {
		t.Errorf("%d logins at the same moment", n)
	}
}

// They may be replaced between the question and the login.
func TestCredentialsThatWereReplacedDuringTheLoginAreTriedAtOnce(t *testing.T) {
	b := newBank(t)
	passwords := []string{"old", "password-0"}
	client, _, asked := rotating(t, b, func() (string, string, error) {
		password := passwords[0]
		if len(passwords) > 1 {
			passwords = passwords[1:]
		}
		return "user-0", password, nil
	})
	if err := pay(t.Context(), t, client); err != nil || b.refused != 1 || b.logins != 1 || asked.Load() != 2 {
		t.Errorf("%v, %d refused, %d logins, asked %d times", err, b.refused, b.logins, asked.Load())
	}
}

func TestWithoutCredentialsNothingIsSent(t *testing.T) {
	gone := errors.New("the vault is sealed")
	for _, c := range []struct {
		name, username, password string
		err                      error
	}{
		{"an error", "", "", gone},
		{"no username", "", "password-0", nil},
		{"no password", "user-0", "", nil},
		{"a line break after the username", "user-0\n", "password-0", nil},
		{"a line break after the password", "user-0", "password-0\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBank(t)
			client, _, _ := rotating(t, b, func() (string, string, error) { return c.username, c.password, c.err })
			err := pay(t.Context(), t, client)
			if !errors.Is(err, partner.ErrNotSent) || b.logins+b.refused != 0 ||
				c.err != nil && !errors.Is(err, c.err) || !strings.Contains(err.Error(), "credentials") {
				t.Errorf("%v, %d logins, %d refused", err, b.logins, b.refused)
			}
			if strings.Contains(err.Error(), "password-0") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// A gateway may change the path on its way. What arrives is what must be signed.
func TestWhatIsSignedIsThePathThatTheServerSees(t *testing.T) {
	for _, c := range []struct{ name, base, signed, want string }{
		{"nothing is changed", "", "", "/api/v1/transfers/on-us/"},
		{"the path of the base is kept", "/jiko", "", "/jiko/api/v1/transfers/on-us/"},
		{"the path of the base is taken away", "/jiko", "/", "/api/v1/transfers/on-us/"},
		{"a part of it is taken away", "/gateway/jiko/", "/jiko", "/jiko/api/v1/transfers/on-us/"},
		{"a path is added", "", "/partners/acme", "/partners/acme/api/v1/transfers/on-us/"},
		{"a path is replaced", "/jiko", "/partners/a%2Fb/", "/partners/a%2Fb/api/v1/transfers/on-us/"},
		{"an escaped path is taken away", "/a%2Fb", "/", "/api/v1/transfers/on-us/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sent []string
			a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
				sent = append(sent, r.URL.EscapedPath())
				body, _ := io.ReadAll(r.Body)
				if err := signing.Verify(secret, r.Header.Get(idempotency.Header), c.want, body,
					r.Header.Get(signing.HeaderSignature)); err != nil {
					t.Errorf("%s: %v", r.URL, err)
				}
				transferCreated(w, r)
			})
			client := a.configured(t, func(config *partner.Config) {
				config.BaseURL, config.SignedBasePath = a.URL+c.base, c.signed
			})
			if err := pay(t.Context(), t, client); err != nil {
				t.Error(err)
			}
			below := a.URL + strings.TrimRight(c.base, "/") + "/api/v1/transfers/on-us/"
			for name, body := range map[string]io.Reader{"in memory": strings.NewReader("{}"),
				"in a stream": struct{ io.Reader }{bytes.NewReader([]byte("{}"))}} {
				response, err := client.Do(own(t, "POST", below, body))
				if err != nil {
					t.Fatal(name, err)
				}
				drain(t, response)
			}
			for _, path := range sent {
				if path != strings.TrimRight(c.base, "/")+"/api/v1/transfers/on-us/" {
					t.Errorf("it is sent to %s", path)
				}
			}
			if len(sent) != 3 {
				t.Errorf("%d requests", len(sent))
			}
		})
	}
}

// The login has a goroutine of its own, whose panic would end the process.
func TestAPanicOfACallbackOfTheLoginIsItsError(t *testing.T) {
	for name, change := range map[string]func(*partner.Config){
		"CredentialsFunc": func(c *partner.Config) {
			c.Username, c.Password = "", signing.Secret{}
			c.CredentialsFunc = func(context.Context) (string, signing.Secret, error) { panic("panic-marker") }
		},
		"CredentialsFunc, a runtime error": func(c *partner.Config) {
			c.Username, c.Password = "", signing.Secret{}
			c.CredentialsFunc = func(context.Context) (string, signing.Secret, error) {
				names := strings.Fields("")
				return names[0], signing.Secret{}, nil
			}
		},
		"OnRequest": func(c *partner.Config) {
			c.Hooks.OnRequest = func(partner.Attempt, *http.Request) { panic(errors.New("panic-marker")) }
		},
		"OnResponse": func(c *partner.Config) {
			c.Hooks.OnResponse = func(partner.Attempt, *http.Response, error) { panic("panic-marker") }
		},
		"Middleware": func(c *partner.Config) {
			c.Middleware = []func(http.RoundTripper) http.RoundTripper{func(http.RoundTripper) http.RoundTripper {
				return roundTripper(func(*http.Request) (*http.Response, error) { panic("panic-marker") })
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, s := scripted(t, transferCreated)
			client := a.configured(t, change)
			err := pay(t.Context(), t, client)
			if !errors.Is(err, partner.ErrNotSent) || !strings.Contains(err.Error(), "panic") ||
				strings.Contains(err.Error(), "panic-marker") || len(s.requests()) != 0 {
				t.Errorf("%v, and %d requests", err, len(s.requests()))
			}
		})
	}
}
