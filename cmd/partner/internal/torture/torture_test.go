package torture_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/torture"
	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/internal/redisserver"
)

// serves is set where this program is to be one of the servers.
const serves = "TORTURE_TEST_SERVES"

func TestMain(m *testing.M) {
	if os.Getenv(serves) != "" {
		if err := torture.Serve(context.Background(), os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// short is a run of a few seconds, with this program for its servers.
func short(variant torture.Variant) torture.Config {
	return torture.Config{
		Server:   []string{"/usr/bin/env", serves + "=yes", os.Args[0]},
		Variants: []torture.Variant{variant},
		Requests: 30, Servers: 3, Clients: 8,
	}
}

// run skips the test where there is nothing to run, except where the environment has CI set.
func run(t *testing.T, config torture.Config) torture.Result {
	t.Helper()
	report, err := torture.Run(t.Context(), config)
	missing := errors.Is(err, pgserver.ErrNotInstalled) || errors.Is(err, redisserver.ErrNotInstalled)
	switch {
	case missing && os.Getenv("CI") == "":
		t.Skipf("%v: install the packages redis-server and postgresql", err)
	case err != nil:
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := report.Write(&text); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", &text)
	if len(report.Results) != 1 || report.Results[0].Variant != config.Variants[0] {
		t.Fatalf("%d results", len(report.Results))
	}
	result := report.Results[0]
	if failed := report.Err() != nil; failed != strings.Contains(text.String(), "FAILED") ||
		failed != (len(result.Problems) > 0) {
		t.Errorf("%d problems, and the error is %v", len(result.Problems), report.Err())
	}
	return result
}

func TestWhatIsPromisedHolds(t *testing.T) {
	t.Parallel()
	for _, variant := range torture.Variants() {
		t.Run(string(variant), func(t *testing.T) {
			t.Parallel()
			result := run(t, short(variant))
			for _, p := range result.Problems {
				t.Errorf("%s: %s: %s", p.Key, p.Wrong, p.Effects)
			}
			// A run in which nothing happens shows nothing.
			if result.Killed == 0 || result.Stopped == 0 || result.Acknowledged == 0 ||
				result.Sent < 2*result.Requests {
				t.Errorf("%d killed, %d stopped, %d of %d acknowledged, %d sent", result.Killed, result.Stopped,
					result.Acknowledged, result.Requests, result.Sent)
			}
			if result.Twice > 0 || result.Missing > 0 || result.Effects < result.Acknowledged {
				t.Errorf("%d took effect twice, %d are missing, %d effects of %d acknowledged", result.Twice,
					result.Missing, result.Effects, result.Acknowledged)
			}
			if variant == torture.VariantTransactional && result.Effects != result.Requests {
				t.Errorf("%d effects of %d requests", result.Effects, result.Requests)
			}
		})
	}
}

func TestWithoutProtectionRequestsTakeEffectTwice(t *testing.T) {
	t.Parallel()
	result := run(t, short(torture.VariantUnprotected))
	if result.Twice == 0 || len(result.Problems) < result.Twice {
		t.Errorf("%d took effect twice, and there are %d problems", result.Twice, len(result.Problems))
	}
}

// folders returns what is in the folder of temporary files.
func folders(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Error(err)
	}
	return entries
}

func TestNothingIsLeftBehindByARunThatIsCutShort(t *testing.T) {
	// Not a folder of the test's own, which is for its user alone: PostgreSQL may have to run as another one.
	dir, err := os.MkdirTemp("", "torture-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	for _, c := range []struct {
		name  string
		limit time.Duration
		// after is how many databases have a folder when the caller has enough; 0 is never.
		after int
		want  error
	}{
		{"by its limit", time.Millisecond, 0, torture.ErrLimit},
		{"while PostgreSQL starts", time.Hour, 1, context.Canceled},
		{"once Redis starts", time.Hour, 2, context.Canceled},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			for ctx.Err() == nil && (c.after == 0 || len(folders(t, dir)) < c.after) {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		config := short(torture.VariantRedis)
		config.Requests, config.Limit = 100_000, c.limit
		_, err := torture.Run(ctx, config)
		cancel()
		<-watched
		missing := errors.Is(err, pgserver.ErrNotInstalled) || errors.Is(err, redisserver.ErrNotInstalled)
		if missing && os.Getenv("CI") == "" {
			t.Skip(err)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if left := folders(t, dir); len(left) > 0 {
			t.Errorf("%s: it leaves %v", c.name, left)
		}
	}
}

func TestAServerThatEndsByItselfEndsTheRun(t *testing.T) {
	t.Parallel()
	config := short(torture.VariantUnprotected)
	config.Server = []string{"/bin/sh", "-c", "echo no disk >&2; exit 3"}
	_, err := torture.Run(t.Context(), config)
	if errors.Is(err, pgserver.ErrNotInstalled) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err == nil || !strings.Contains(err.Error(), "nobody had killed") || !strings.Contains(err.Error(), "no disk") {
		t.Errorf("the error is %v", err)
	}
}

func TestConfigurationsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	server := []string{"/bin/false"}
	for name, config := range map[string]torture.Config{
		"no server":          {},
		"an unknown variant": {Server: server, Variants: []torture.Variant{"paper"}},
		"negative requests":  {Server: server, Requests: -1},
		"negative clients":   {Server: server, Clients: -1},
		"negative servers":   {Server: server, Servers: -1},
		"a negative limit":   {Server: server, Limit: -1},
	} {
		if _, err := torture.Run(t.Context(), config); !errors.Is(err, torture.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAServerIsNotStartedByHand(t *testing.T) {
	t.Parallel()
	for _, stdin := range []string{"", "{", `"x"`} {
		if err := torture.Serve(t.Context(), strings.NewReader(stdin)); err == nil {
			t.Errorf("%q: it served", stdin)
		}
	}
}
