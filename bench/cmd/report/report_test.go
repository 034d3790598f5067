package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/bench"
)

func TestMain(m *testing.M) {
	becomeChild()
	serveIfService()
	os.Exit(m.Run())
}

func TestManyCallersOfAColdClientLogInOnce(t *testing.T) {
	if err := reportLogins(context.Background(), io.Discard, options{}); err != nil {
		t.Fatal(err)
	}
}

var sink []byte

func TestCompareCountsPerCallAndByThePeer(t *testing.T) {
	allocate := func(n int) func(context.Context) error {
		return func(context.Context) error {
			for range n {
				sink = make([]byte, 64)
			}
			return nil
		}
	}
	results, err := compare(context.Background(), 3, 1000, 1,
		[]way{{name: "three", do: allocate(3)}, {name: "two", do: allocate(2)}})
	if err != nil {
		t.Fatal(err)
	}
	if three := results[0]; three.allocations < 3 || three.allocations > 3.1 || three.allocationRatio < 1.4 ||
		three.allocationRatio > 1.6 {
		t.Errorf("three allocations by two are reported as %+v", three)
	}
	if two := results[1]; two.timeRatio != 1 || two.allocationRatio != 1 {
		t.Errorf("the peer by itself is reported as %+v", two)
	}
	failure := errors.New("no")
	if _, err := compare(context.Background(), 1, 1, 0,
		[]way{{name: "fails", do: func(context.Context) error { return failure }}}); !errors.Is(err, failure) {
		t.Errorf("a failing way is reported as %v", err)
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		values  []float64
		q, want float64
	}{
		{[]float64{5}, 0.5, 5},
		{[]float64{3, 1, 2}, 0.5, 2},
		{[]float64{5, 4, 3, 2, 1}, 0.25, 2},
		{[]float64{5, 4, 3, 2, 1}, 0.75, 4},
	} {
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("quantile(%v, %v) = %v; want %v", c.values, c.q, got, c.want)
		}
	}
}

func TestCostsAreAboveThoseOfTheBase(t *testing.T) {
	s := samples{times: [][]float64{{5, 7, 9}, {12, 13, 14}, {2, 3, 4}},
		allocations: [][]float64{{4, 4, 4}, {8, 8, 8}, {1, 1, 1}},
		bytes:       [][]float64{{40, 40, 40}, {80, 80, 80}, {0, 0, 0}}}
	costs := s.above(2).figures(1)
	if c := costs[0]; c.time != 4 || c.allocations != 3 || c.bytes != 40 || c.timeRatio != 0.4 || c.low != 0.4 ||
		c.high != 0.5 {
		t.Errorf("the costs of the first way are %+v", c)
	}
	if c := costs[2]; c.time != 0 || c.timeRatio != 0 {
		t.Errorf("the base costs %+v", c)
	}
}

func TestSectionsAreChosenByName(t *testing.T) {
	var o options
	if err := o.choose("logins,start"); err != nil || !slices.Equal(o.only, []string{"logins", "start"}) {
		t.Errorf("%v %v", o.only, err)
	}
	for _, names := range []string{"", "logins,", "login"} {
		if err := o.choose(names); err == nil {
			t.Errorf("%q is accepted", names)
		}
	}
	var out strings.Builder
	if err := report(t.Context(), &out, options{only: []string{"logins"}}); err != nil ||
		!strings.Contains(out.String(), "cold client") || strings.Contains(out.String(), "Signatures") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestWhatWrkSays(t *testing.T) {
	const good = "Running 1s test @ http://127.0.0.1:1/\n  40000 requests in 1.00s, 80.00MB read\nRequests/sec:  " +
		"39999.50\nTransfer/sec:     80.00MB\n"
	if answered, rate, err := parseWrk(good); err != nil || answered != 40000 || rate != 39999.5 {
		t.Errorf("%v %v %v", answered, rate, err)
	}
	for name, output := range map[string]string{
		"nothing":             "",
		"no request answered": "  0 requests in 1.00s, 0.00B read\nRequests/sec:      0.00\n",
		"refusals":            "  Non-2xx or 3xx responses: 40000\n" + good,
		"broken connections":  "  Socket errors: connect 0, read 3, write 0, timeout 0\n" + good,
	} {
		if _, rate, err := parseWrk(output); err == nil {
			t.Errorf("%s: %v", name, rate)
		}
	}
}

func TestALoadIsReported(t *testing.T) {
	t.Parallel()
	if err := reportLoad(t.Context(), io.Discard, options{rounds: 1, seconds: 1}); err != nil &&
		!errors.Is(err, errTarget) {
		t.Fatal(err)
	}
}

func TestAWrongRequestIsNoLoad(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("wrk")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip("there is no wrk: install the package of that name")
	}
	servers, stop, err := startLoad(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	script := filepath.Join(t.TempDir(), "request.lua")
	if err := os.WriteFile(script, []byte(lua(bench.NewRequest("", "/api/v1/nowhere/", nil))), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, rate, err := wrk(t.Context(), program, script, servers.addresses[bench.CheckedServer]+"/api/v1/nowhere/",
		1); err == nil {
		t.Errorf("%v requests/s of a path that is not in the contract", rate)
	}
}

func TestAValidatorThatIsNotThereIsNotStarted(t *testing.T) {
	if _, err := measureStart("nothing"); err == nil {
		t.Error("something is started")
	}
}

// A server that strangers call says what it holds for them.
func TestWhatAConnectionHoldsIsMeasured(t *testing.T) {
	t.Parallel()
	h, err := startHolder(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before, err := h.held()
	if err != nil {
		t.Fatal(err)
	}
	login := slices.IndexFunc(states1, func(s state) bool { return s.name == "a login without an end" })
	for name, reach := range map[string]func(net.Conn) error{
		"HTTP/1.1": states1[login].reach, "HTTP/2": streams(1, "/api/v1/login/", 4<<10, 0),
	} {
		// A login that does not end holds a goroutine, buffers and a body, and not much more.
		during, err := h.during(t.Context(), h.guarded, 100, reach)
		if each := (during - before) / 100; err != nil || each < 8<<10 || each > 256<<10 {
			t.Errorf("%s: %d bytes for each of a hundred, %v", name, each, err)
		}
	}
	if err := h.stop(); err != nil {
		t.Error(err)
	}
}

func TestStrangersAreCounted(t *testing.T) {
	t.Parallel()
	servers, stop, err := startLoad(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	address := strings.TrimPrefix(servers.addresses[guardedServer], "http://")
	for _, kind := range bench.Strangers() {
		var rate float64
		// A file takes a while on a machine that has much else to do.
		for wait := 500 * time.Millisecond; rate == 0 && wait < time.Minute; wait *= 5 {
			end := disturb(t.Context(), address, kind)
			time.Sleep(wait)
			rate = end()
		}
		if rate == 0 {
			t.Errorf("%s: nobody was answered", kind.Name)
		}
	}
}
