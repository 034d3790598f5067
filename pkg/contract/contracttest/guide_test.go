package contracttest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// What the guide tells those who serve to write stands in this file, and runs.

var password, signingSecret = sandbox.DefaultPassword, sandbox.DefaultSigningSecret

func TestTheServerKeepsTheContract(t *testing.T) {
	server, pocket := newServer(t)
	contracttest.Server(t, server,
		contracttest.WithCredentials("acme", password, signingSecret),
		contracttest.WithOperations("getPocket", "listPockets"),
		contracttest.WithKnown("pocket_id", pocket),
		contracttest.WithExclusion("F926", "listPockets", "the proxy in front adds TRACE to Allow"))
}

func newServer(t *testing.T) (server http.Handler, pocket string) {
	t.Helper()
	s := newAcme(t)
	from, _, err := s.pockets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, from.String()
}

// acme is a bank without a gateway in front.
type acme struct{ staging }

func (a *acme) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.Handler.ServeHTTP(w, r) }

func newAcme(t *testing.T) *acme {
	t.Helper()
	return acmeOf(t, 0)
}

// acmeOf is one whose ids are drawn from a seed.
func acmeOf(t *testing.T, seed uint64) *acme {
	t.Helper()
	b, err := sandbox.New(sandbox.Config{Username: "acme", Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b)
	t.Cleanup(func() {
		server.Close()
		_ = b.Close()
	})
	client, err := partner.New(partner.Config{BaseURL: server.URL, Username: "acme", Password: password,
		SigningSecret: signingSecret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	a := new(acme)
	a.Handler, a.inside = b, client
	return a
}

func TestWhatTheGuidePreparesIsUsed(t *testing.T) {
	t.Parallel()
	server := newAcme(t)
	openPockets := func(ctx context.Context) (from, to string, err error) {
		one, other, err := server.pockets(ctx)
		return one.String(), other.String(), err
	}
	report := contracttest.Server(t, server,
		contracttest.WithCredentials("acme", password, signingSecret),
		contracttest.WithOperations("createWire", "createOnUsTransfer"),
		contracttest.WithConfig(func(c *contracttest.Config) { c.Phases = []string{"examples"} }),
		contracttest.WithPrepare(func(ctx context.Context, operation string) (map[string]string, error) {
			if operation == "createWire" {
				return nil, errors.New("there are no wires in staging") // It is left out, and a warning says why.
			}
			from, to, err := openPockets(ctx) // new ones each time: what is closed is closed
			return map[string]string{"pocket_id": from, "other_pocket_id": to}, err
		}))
	if report == nil || succeeded(report, "createWire") || !succeeded(report, "createOnUsTransfer") ||
		len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "there are no wires in staging") {
		t.Errorf("%+v", report)
	}
	// It is asked once for the request that succeeds, and for each of the three examples that are other requests.
	if !strings.Contains(report.Warnings[0], "createWire was left out") || server.asked.Load() != 1+3 {
		t.Errorf("%q: asked %d times", report.Warnings, server.asked.Load())
	}
}

// Each block of Go in that part of the guide is code that runs.
func TestTheGuideForWhoServesRuns(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := os.ReadFile("guide_test.go")
	if err != nil {
		t.Fatal(err)
	}
	plain := func(text string) string {
		var lines []string
		for line := range strings.Lines(text) {
			lines = append(lines, strings.TrimSpace(line))
		}
		return strings.TrimSpace(strings.Join(lines, "\n"))
	}
	_, part, _ := strings.Cut(string(content), "## For who serves")
	blocks := strings.Split(part, "```go\n")[1:]
	if len(blocks) < 2 {
		t.Fatal("the guide has no code")
	}
	for i, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		if i == 0 && strings.Count(code, "\n") > 10 {
			t.Errorf("ten lines are %d", strings.Count(code, "\n"))
		}
		if !strings.Contains(plain(string(runs)), plain(code)) {
			t.Errorf("this does not run:\n%s", code)
		}
	}
}
