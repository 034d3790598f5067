package contracttest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// A baker is a bank that sets cookies at the login.
type baker struct {
	http.Handler
	sets    func(token string) []string
	accepts bool

	mu sync.Mutex
	// seen are the cookies of requests without a token.
	seen []string
}

func (b *baker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/login/") {
		answer := httptest.NewRecorder()
		b.Handler.ServeHTTP(answer, r)
		var given struct{ Token string }
		if json.Unmarshal(answer.Body.Bytes(), &given) == nil && given.Token != "" {
			for _, cookie := range b.sets(given.Token) {
				w.Header().Add("Set-Cookie", cookie)
			}
		}
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
		return
	}
	if all := r.Header.Get("Cookie"); all != "" && r.Header.Get("Authorization") == "" {
		b.mu.Lock()
		b.seen = append(b.seen, all)
		b.mu.Unlock()
		if cookie, err := r.Cookie("session"); err == nil && b.accepts {
			r.Header.Set("Authorization", "Bearer "+cookie.Value)
		}
	}
	b.Handler.ServeHTTP(w, r)
}

// A cookie of the login opens nothing. It is tried where there is one, and nobody reads it in what is found.
func TestACookieOfTheLoginIsNoToken(t *testing.T) {
	t.Parallel()
	session := func(token string) []string {
		return []string{"gone=; Max-Age=0", "route=a1", "session=" + token + "; Path=/; HttpOnly"}
	}
	for name, c := range map[string]struct {
		sets                      func(string) []string
		accepts, isTried, isFound bool
	}{
		"it is as good as a token":       {session, true, true, true},
		"it is not":                      {session, false, true, false},
		"there is none":                  {func(string) []string { return nil }, true, false, false},
		"there is one, of the way to it": {func(string) []string { return []string{"route=a1"} }, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bank, err := sandbox.New(sandbox.Config{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = bank.Close() })
			b := &baker{Handler: bank, sets: c.sets, accepts: c.accepts}
			server := httptest.NewServer(b)
			t.Cleanup(server.Close)
			var sent bytes.Buffer
			config := Config{URL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
				SigningSecret: sandbox.DefaultSigningSecret, Operations: []string{"listPockets"},
				Phases: []string{"credentials", "doors"}, Trace: &sent}
			report, err := Run(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			if isTried := len(b.seen) > 0; isTried != c.isTried {
				t.Errorf("tried: %t", isTried)
			}
			i := slices.IndexFunc(report.Findings, func(f Finding) bool { return f.Rule == string(call.TokenCookie) })
			if (i >= 0) != c.isFound || len(report.Findings) > 0 != c.isFound {
				t.Fatalf("found: %v", report.Findings)
			}
			if !c.isFound {
				return
			}
			f := report.Findings[i]
			if !f.Confirmed || f.Check.Code != codeAnonymousRead || f.Validate() != nil {
				t.Errorf("%v: %v", f, f.Validate())
			}
			encoded, err := json.Marshal(report)
			if err != nil {
				t.Fatal(err)
			}
			script := f.Script()
			shown := paste(t, server.URL, script)
			for _, cookie := range b.seen {
				_, value, _ := strings.Cut(cookie, "session=")
				if value == "" || cookie != "route=a1; session="+value {
					t.Errorf("the cookies are %q", cookie)
				}
				if strings.Contains(string(encoded)+script+shown+f.String()+sent.String(), value) {
					t.Error("the cookie can be read")
				}
			}
			if all := statuses(shown); len(all) == 0 || all[len(all)-1] != "200" {
				t.Errorf("the script gets %q\n%s", all, shown)
			}
			b.accepts = false
			shown = paste(t, server.URL, script)
			if all := statuses(shown); len(all) == 0 || all[len(all)-1] != "401" {
				t.Errorf("where it is mended, the script gets %q\n%s", all, shown)
			}
			replayed, err := Replay(t.Context(), config, []Finding{f})
			if err != nil || replayed[0].Outcome != OutcomeFixed {
				t.Errorf("where it is mended: %v %v", replayed, err)
			}
		})
	}
}
