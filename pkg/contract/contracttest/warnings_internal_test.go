package contracttest

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// What a server refuses throughout says nothing of what is behind.
func TestOnlyRefusalsAreSaidToHaveProvedNothing(t *testing.T) {
	t.Parallel()
	pockets := func(statuses map[int]int) []OperationReport {
		return []OperationReport{{ID: "listPockets", Statuses: statuses}}
	}
	with := func(all []OperationReport, id string, statuses map[int]int) []OperationReport {
		return append(all, OperationReport{ID: id, Statuses: statuses})
	}
	for name, c := range map[string]struct {
		operations []OperationReport
		want       string
	}{
		"all is 401": {with(pockets(map[int]int{401: 7}), "listWires", map[int]int{401: 3}),
			"no request succeeded, and 10 of 10 answers were 401: the server does not know the caller"},
		"all is 403":         {pockets(map[int]int{403: 7}), "7 of 7 answers were 403: the caller may do"},
		"all is 404":         {pockets(map[int]int{404: 7}), "7 of 7 answers were 404: the API may be"},
		"all is 429":         {pockets(map[int]int{429: 7}), "7 of 7 answers were 429: the server had no"},
		"nearly all is 404":  {pockets(map[int]int{404: 8, 401: 2}), "8 of 10 answers were 404"},
		"a few are 429":      {pockets(map[int]int{200: 8, 429: 2}), "2 of 10 answers were 429: what those"},
		"one of many is 429": {pockets(map[int]int{200: 100, 429: 1}), ""},
		"the login alone succeeds": {with(pockets(map[int]int{401: 7}), "login", map[int]int{200: 9}),
			"7 of 7 answers were 401"},
		"one succeeds":      {pockets(map[int]int{404: 99, 200: 1}), ""},
		"many are refused":  {pockets(map[int]int{404: 7, 401: 3}), ""},
		"nothing was asked": {pockets(nil), ""},
	} {
		got := strings.Join((&Report{Operations: c.operations}).onlyRefused(), "\n")
		if !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What does not answer is not called any more, and the run says so. Others are, though no operation is called either.
func TestWhatDoesNotAnswerIsGivenUpAlone(t *testing.T) {
	t.Parallel()
	broken := http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/broken" {
			panic(http.ErrAbortHandler)
		}
	})
	secret := signing.NewSecret("a secret of nobody")
	r, stop, err := begin(t.Context(), Config{Handler: broken, Username: "somebody", Password: secret,
		SigningSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	r.until = time.Now().Add(time.Minute)
	get := func(path string) error {
		_, err := r.try(t.Context(), []step{{Method: http.MethodGet, Path: path, Token: call.TokenMissing}})
		return err
	}
	for range mostSilent {
		if err := get("/broken"); err != nil {
			t.Fatal(err)
		}
	}
	if err := get("/broken"); !errors.Is(err, errStep) {
		t.Errorf("it is called again: %v", err)
	}
	if err := get("/other"); err != nil {
		t.Errorf("another one is not called: %v", err)
	}
	r.report.warn(r)
	if got := strings.Join(r.report.Warnings, "\n"); !strings.Contains(got, "GET /broken was not called any more") {
		t.Errorf("nothing is said of it: %s", got)
	}
}
