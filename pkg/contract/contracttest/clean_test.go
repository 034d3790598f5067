package contracttest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// subscribed is a bank that counts its subscriptions. shut has it refuse to remove any.
type subscribed struct {
	http.Handler
	shut bool
	// next is called before each request, with how many were made.
	next func(n int)

	mu   sync.Mutex
	left map[string]bool
	all  int
}

func (s *subscribed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	all := s.all
	s.mu.Unlock()
	if s.next != nil {
		s.next(all)
	}
	isRemoval := r.Method == http.MethodDelete && strings.Contains(r.URL.Path, "/subscriptions/")
	if isRemoval && s.shut {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"type":"about:blank","title":"No","status":409,"detail":"no","errors":[]}`))
		return
	}
	recorder := httptest.NewRecorder()
	s.Handler.ServeHTTP(recorder, r)
	for name, values := range recorder.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(recorder.Body.Bytes())
	s.mu.Lock()
	defer s.mu.Unlock()
	isMade := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/subscriptions/")
	switch {
	case isRemoval && recorder.Code/100 == 2:
		parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		delete(s.left, parts[len(parts)-1])
	case isMade && recorder.Code/100 == 2:
		var shown struct{ ID string }
		if json.Unmarshal(recorder.Body.Bytes(), &shown) == nil {
			s.left[shown.ID] = true
			s.all++
		}
	}
}

func TestNoSubscriptionOutlivesARun(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context //nolint:containedctx // It is that of a case.
		next func(int)
		shut bool
	}{
		{"a whole run", t.Context(), nil, false},
		{"one that ends in the middle", ended, func(n int) {
			if n == 3 {
				cancel()
			}
		}, false},
		{"where none can be removed", t.Context(), nil, true},
	} {
		config := bank(t)
		s := &subscribed{Handler: config.Handler, left: map[string]bool{}, next: c.next, shut: c.shut}
		config.Handler, config.Operations = s, []string{"createSubscription"}
		config.Phases = []string{"examples", "repeats", "generated"}
		report, err := contracttest.Run(c.ctx, config)
		if err != nil && c.next == nil || s.all < 3 || report == nil {
			t.Fatalf("%s: %v, %d subscriptions", c.name, err, s.all)
		}
		isWarned := strings.Contains(strings.Join(report.Warnings, "\n"), "could not be removed")
		if len(s.left) > 0 != c.shut || isWarned != c.shut {
			t.Errorf("%s: %d of %d subscriptions are left: %v", c.name, len(s.left), s.all, report.Warnings)
		}
	}
}

func TestNoSubscriptionOutlivesAReplay(t *testing.T) {
	t.Parallel()
	config := bank(t)
	s := &subscribed{Handler: config.Handler, left: map[string]bool{}}
	config.Handler = s
	var f contracttest.Finding
	if err := json.Unmarshal([]byte(`{"check":{"code":"F920"},"operation":"createSubscription","place":"status",
		"rule":"200","steps":[{"operation":"createSubscription","method":"POST",
		"path":"/api/v1/subscriptions/","media":"application/json","body":"{\"description\":\"a\",\"events\":[\"transfers.on-us.success\"],\"url\":\"https://a.example.com/\",\"shared_secret\":\"0123456789abcdef\"}"}]}`),
		&f); err != nil {
		t.Fatal(err)
	}
	replayed, err := contracttest.Replay(t.Context(), config, []contracttest.Finding{f})
	if err != nil || replayed[0].Outcome != contracttest.OutcomeFixed {
		t.Fatal(replayed, err)
	}
	if s.all != 1 || len(s.left) > 0 {
		t.Errorf("%d of %d are left", len(s.left), s.all)
	}
}
