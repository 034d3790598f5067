package shell_test

import (
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// needs skips a test where a tool is missing, and fails it where everything must be there.
func needs(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is missing", tool)
			}
			t.Skipf("%s is missing", tool)
		}
	}
}

// A shell script that knows nothing of our code, only the documented rule, gets along with the sandbox, and is told
// what it does wrong.
func TestCurlAndOpenSSLGetAlong(t *testing.T) {
	needs(t, "bash", "curl", "openssl")
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	subscription := `{"events":["application.approved"],"url":"https://example.com/hook",` +
		`"shared_secret":"0123456789123456"}`
	for _, c := range []struct {
		name        string
		arguments   []string
		environment []string
		status      string
		want        string
	}{
		{"list agreements", []string{"GET", "/api/v1/agreements/"}, nil, "200", `"version"`},
		{"a query string is not signed", []string{"GET", "/api/v2/trading-strategies/?count=1"}, nil, "200",
			`"UST-4W"`},
		{"brackets are no pattern of curl's", []string{"GET", "/api/v2/pockets/?filter[status]=OPEN"}, nil, "200",
			`"items":[]`},
		{"a body is signed as it is sent", []string{"POST", "/api/v1/subscriptions/", subscription}, nil, "201",
			`"status":"enabled"`},
		{"sign without the trailing slash", []string{"GET", "/api/v1/agreements/"},
			[]string{"SIGN_PATH=/api/v1/agreements"}, "401", "the path was signed without its trailing slash"},
		{"sign another body", []string{"POST", "/api/v1/subscriptions/", subscription}, []string{"SIGN_BODY={}"}, "401",
			"the signature does not match"},
		{"sign no body", []string{"POST", "/api/v1/subscriptions/", subscription}, []string{"SIGN_BODY="}, "401",
			"the body was not signed"},
		{"sign the query string", []string{"GET", "/api/v2/trading-strategies/?count=1"},
			[]string{"SIGN_PATH=/api/v2/trading-strategies/?count=1"}, "401", "the query string was signed"},
		{"an unknown token", []string{"GET", "/api/v1/agreements/"}, []string{"TOKEN=nobody-gave-me-this"}, "401",
			"the token is unknown or expired"},
		{"another secret", []string{"GET", "/api/v1/agreements/"}, []string{"JIKO_SIGNING_SECRET=wrong"}, "401",
			"the signature does not match"},
		{"the Nil UUID as key", []string{"GET", "/api/v1/agreements/"},
			[]string{"KEY=00000000-0000-0000-0000-000000000000"}, "422", "x-jiko-idempotency"},
		{"a path without its slash", []string{"GET", "/api/v1/agreements"}, nil, "404", `"detail"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			command := exec.CommandContext(t.Context(), "./request.sh", c.arguments...)
			command.Env = append(os.Environ(), "JIKO_BASE_URL="+server.URL, "JIKO_USERNAME=sandbox",
				"JIKO_PASSWORD=sandbox", "JIKO_SIGNING_SECRET=sandbox-signing-secret")
			command.Env = append(command.Env, c.environment...)
			out, err := command.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			text := strings.TrimSpace(string(out))
			last := strings.LastIndexByte(text, '\n') + 1
			body, status := text[:last], text[last:]
			if status != c.status || !strings.Contains(body, c.want) {
				t.Errorf("status %s, body %s; want %s and %q", status, body, c.status, c.want)
			}
		})
	}
}

func TestTheScriptSaysWhatIsMissing(t *testing.T) {
	needs(t, "bash")
	complete := []string{"JIKO_BASE_URL=http://127.0.0.1:1", "JIKO_USERNAME=u", "JIKO_PASSWORD=p"}
	for _, c := range []struct {
		name        string
		arguments   []string
		environment []string
		want        string
	}{
		{"nothing", nil, complete, "usage: ./request.sh METHOD PATH [BODY]"},
		{"no path", []string{"GET"}, complete, "usage: "},
		{"no secret", []string{"GET", "/"}, complete, "JIKO_SIGNING_SECRET is not set"},
		{"no environment", []string{"GET", "/"}, nil, "JIKO_BASE_URL is not set"},
	} {
		command := exec.CommandContext(t.Context(), "./request.sh", c.arguments...)
		command.Env = append([]string{"PATH=" + os.Getenv("PATH")}, c.environment...)
		out, err := command.CombinedOutput()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 2 ||
			!strings.Contains(string(out), c.want) {
			t.Errorf("%s: %v, %s; want status 2 and %q", c.name, err, out, c.want)
		}
	}
}
