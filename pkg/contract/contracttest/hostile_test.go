package contracttest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// endless writes until nobody listens.
func endless(w http.ResponseWriter, r *http.Request) {
	chunk := []byte(strings.Repeat(" ", 64<<10))
	for r.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// hostileAlone says that this process is for the hostile targets alone, so that what it takes is what they cost.
const hostileAlone = "CONTRACT_HOSTILE"

// mostResident is how much memory a run may take, with the target beside it in the same process.
const mostResident = 256 << 20

// resident is how many bytes of memory this process has held at most, or 0 where the system does not say.
func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		t.Error(err)
	}
	return kilobytes << 10
}

// A target may do what it likes. The run ends, says what it found, and has not used up the machine.
func TestAHostileTargetIsAFinding(t *testing.T) {
	if os.Getenv(hostileAlone) == "" {
		t.Parallel()
		alone := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAHostileTargetIsAFinding$",
			"-test.parallel=1")
		alone.Env = append(os.Environ(), hostileAlone+"=1", contracttest.DirectoryVariable+"=")
		output, err := alone.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, output)
		}
		return
	}
	t.Cleanup(func() {
		if most := resident(t); most > mostResident {
			t.Errorf("the process has held %d MiB", most>>20)
		}
	})
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		code   string
	}{
		{"it hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "F930"},
		{"it answers without end", endless, "F930"},
		{"its JSON has no end", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"token":"`)
			endless(w, r)
		}, "F930"},
		{"it answers a byte at a time", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte("["))
				_ = http.NewResponseController(w).Flush()
				time.Sleep(10 * time.Millisecond)
			}
		}, "F930"},
		{"it hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "F930"},
		{"it has ten thousand headers", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 10_000 {
				w.Header().Set(fmt.Sprintf("X-Header-%d", i), "a value")
			}
		}, "F930"},
		{"it speaks something else", func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(connection, "SSH-2.0-OpenSSH_9.2\r\n")
			_ = connection.Close()
		}, "F930"},
		{"it redirects to itself", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, "F920"},
		{"its JSON is broken", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"token":`)
		}, "F101"},
		{"its JSON is ten thousand brackets", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, strings.Repeat("[", 10_000))
		}, "F101"},
		{"it always fails", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
			"F100"},
		{"its lists have thousands of items", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"token":"a","items":[{}`+
				strings.Repeat(`,{"id":"8a7ec6c0-2701-40a1-8954-68870964b50d","status":"OPEN"}`, 5_000)+"]}")
		}, "F101"},
		{"its members have names that nobody has seen", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			var b strings.Builder
			for range 4_000 {
				fmt.Fprintf(&b, `"%d":{"id":%d},`, rand.Uint64(), rand.Uint64())
			}
			_, _ = io.WriteString(w, `{`+b.String()+`"token":"a"}`)
		}, "F101"},
		{"its statuses are drawn", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-"+strconv.Itoa(rand.Int()), "a")
			w.WriteHeader(200 + rand.IntN(799))
		}, "F920"},
		{"it is always well", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }, "F921"},
	} {
		for _, from := range []struct {
			name  string
			after int64
		}{{"from the first request", 0}, {"after a while", 60}} {
			t.Run(c.name+" "+from.name, func(t *testing.T) {
				t.Parallel()
				config := bank(t)
				right, sent := config.Handler, atomic.Int64{}
				config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if sent.Add(1) > from.after && !strings.HasPrefix(r.URL.Path, "/__sandbox/") {
						c.answer(w, r)
						return
					}
					right.ServeHTTP(w, r)
				})
				config.Timeout, config.MaxTime, config.MaxRequests = 50*time.Millisecond, 30*time.Second, 160
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				report, err := contracttest.Run(ctx, config)
				if err != nil {
					t.Fatal(err)
				}
				found := false
				for _, f := range report.Findings {
					found = found || f.Check.Code == c.code
				}
				if !found {
					t.Errorf("it is not noticed: %v", report.Findings)
				}
			})
		}
	}
}

func TestARunThatCannotTakePlaceIsAnError(t *testing.T) {
	t.Parallel()
	closed := bank(t)
	closed.Handler, closed.URL = nil, "http://127.0.0.1:1"
	if _, err := contracttest.Run(context.Background(), closed); !errors.Is(err, contracttest.ErrUnreachable) {
		t.Errorf("without a server: %v", err)
	}
	stranger := bank(t)
	stranger.Username = "stranger"
	if _, err := contracttest.Run(context.Background(), stranger); err == nil ||
		!strings.Contains(err.Error(), "login was answered with 401") {
		t.Errorf("with wrong credentials: %v", err)
	}
	for name, change := range map[string]func(*contracttest.Config){
		"no target":                 func(c *contracttest.Config) { c.Handler = nil },
		"two targets":               func(c *contracttest.Config) { c.URL = "https://example.com" },
		"no credentials":            func(c *contracttest.Config) { c.Username = "" },
		"an operation that is none": func(c *contracttest.Config) { c.Operations = []string{"payTwice"} },
		"an exclusion without reason": func(c *contracttest.Config) {
			c.Excluded = []contracttest.Exclusion{{Check: "F100"}}
		},
		"a check that is none": func(c *contracttest.Config) {
			c.Excluded = []contracttest.Exclusion{{Check: "F1", Reason: "x"}}
		},
		"no TLS to another machine": func(c *contracttest.Config) {
			c.Handler, c.URL = nil, "http://api.example.com"
		},
		"credentials in the URL": func(c *contracttest.Config) {
			c.Handler, c.URL = nil, "https://a:b@api.example.com"
		},
		"a bound below zero": func(c *contracttest.Config) { c.MaxRequests = -1 },
		"writes to production": func(c *contracttest.Config) {
			c.Handler, c.URL = nil, "https://acme.PARTNER-api.jikoservices.com.:443/x"
		},
	} {
		config := bank(t)
		change(&config)
		if _, err := contracttest.Run(context.Background(), config); !errors.Is(err, contracttest.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
