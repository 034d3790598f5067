package contracttest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// A server may call the same fault by another name in each of its answers, and by a long one.
func TestARunEndsWithAServerThatHasNoEndOfFindings(t *testing.T) {
	t.Parallel()
	r, _ := startRun(t)
	s := step{Operation: "getHealth", Method: http.MethodGet, Path: operationByID("getHealth").Path}
	for i := range mostFindings + 500 {
		shown := &trace{steps: []step{s}}
		shown.fails(0, []failure{{code: codeMoney, operation: s.Operation, rule: "product",
			place: fmt.Sprintf("body /a%d%s", i, strings.Repeat("b", 1<<12))}})
		r.judged(shown)
	}
	if _, err := r.try(t.Context(), []step{s}); !errors.Is(err, errSpent) {
		t.Errorf("the run goes on: %v", err)
	}
	if err := r.finish(t.Context(), context.Canceled); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	isWarned := strings.Contains(strings.Join(r.report.Warnings, "\n"), "2000 things were found")
	if len(r.report.Findings) != mostFindings || !isWarned || len(r.report.Findings[0].Place) > 2*mostOfText {
		t.Errorf("%d findings, with places of %d bytes: %q", len(r.report.Findings), len(r.report.Findings[0].Place),
			r.report.Warnings)
	}
}

// Of those that are sent at the same time, each waits for the last one to be there.
func TestARequestThatWaitsForOthersIsNotSlow(t *testing.T) {
	t.Parallel()
	r := &run{config: Config{MaxResponseTime: time.Second}}
	for _, gate := range []*call.Gate{nil, call.NewGate(2)} {
		e := &exchange{step: step{Operation: "getHealth"}, sent: call.Message{Gate: gate},
			answer: call.Answer{Status: http.StatusInternalServerError, Took: 2 * time.Second}}
		isSlow := slices.ContainsFunc(r.judgeAnswer(e), func(f failure) bool { return f.code == codeSlow })
		if isSlow != (gate == nil) {
			t.Errorf("with others %t: slow %t", gate != nil, isSlow)
		}
	}
}

// What all findings together may take is not gone beyond to take the steps of one with other ids.
func TestNothingIsSentForAFindingWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	const end = 300 * time.Millisecond
	id := "0b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9"
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sent++
		time.Sleep(end)
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(server.Close)
	r := newTestRun(t, Config{URL: server.URL, Username: "acme", Password: signing.NewSecret("password"),
		SigningSecret: signing.NewSecret("signing-secret")})
	r.written = map[string]bool{id: true}
	f := &Finding{Check: checkByCode(codeServerError), Operation: "getHealth", Place: "status", Rule: "500",
		Steps: []step{{Operation: "getHealth", Method: http.MethodGet, Path: "/health", Query: []pair{{"id", id}}}}}
	f.key = failure{code: f.Check.Code, operation: f.Operation, place: f.Place, rule: f.Rule}.key()
	if err := r.shrink(t.Context(), f, time.Now().Add(end)); err != nil || sent != 1 || f.Confirmed {
		t.Errorf("%d requests, confirmed %t: %v", sent, f.Confirmed, err)
	}
}
