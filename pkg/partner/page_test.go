package partner_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// subscriptions is a list of pages of one item; each page names the next.
func subscriptions(pages int, queries *[]string) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		*queries = append(*queries, r.URL.RawQuery)
		n++
		next := "null"
		if n < pages {
			next = fmt.Sprintf(`"cursor/%d&"`, n)
		}
		answer(w, 200, fmt.Sprintf(`{"items":[{"id":%q,"description":"%d"}],"next_page":%s,"prev_page":null}`,
			uuid.New(), n, next))
	}
}

func TestAWalkSendsTheCursorAndWhatElseTheCallerGave(t *testing.T) {
	var queries []string
	a := newAPI(t, subscriptions(3, &queries))
	limit, cursor := 1, "start"
	params := &partner.ListSubscriptionsParams{Limit: &limit, Cursor: &cursor}
	n := 0
	for s, err := range a.client(t).Subscriptions.All(t.Context(), params) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; s.Description == nil || *s.Description != fmt.Sprint(n) {
			t.Errorf("item %d is %+v", n, s)
		}
	}
	want := []string{"cursor=start&limit=1", "cursor=cursor%2F1%26&limit=1", "cursor=cursor%2F2%26&limit=1"}
	if fmt.Sprint(queries) != fmt.Sprint(want) || n != 3 {
		t.Errorf("%d items after %q, want %q", n, queries, want)
	}
	if params.Cursor != &cursor || cursor != "start" {
		t.Error("the caller's parameters were changed")
	}
}

func TestABreakEndsAWalkWithoutAnotherRequest(t *testing.T) {
	var queries []string
	a := newAPI(t, subscriptions(10, &queries))
	n := 0
	for _, err := range a.client(t).Subscriptions.All(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 2 {
			break
		}
	}
	if len(queries) != 2 {
		t.Errorf("%d requests", len(queries))
	}
}

func TestAWalkEndsWithItsContext(t *testing.T) {
	var queries []string
	a := newAPI(t, subscriptions(10, &queries))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	items, failures := 0, 0
	for _, err := range a.client(t).Subscriptions.All(ctx, nil) {
		if err != nil {
			failures++
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			continue
		}
		items++
		cancel()
	}
	if items != 1 || failures != 1 || len(queries) != 1 {
		t.Errorf("%d items, %d failures, %d requests", items, failures, len(queries))
	}
}

func TestAnErrorInTheMiddleOfAWalkComesOnceAndLast(t *testing.T) {
	var queries []string
	list := subscriptions(10, &queries)
	a, _ := scripted(t, list, list, status(404))
	items, failures := 0, 0
	for _, err := range a.client(t).Subscriptions.All(t.Context(), nil) {
		if err != nil {
			failures++
			if !errors.Is(err, partner.ErrNotFound) {
				t.Error(err)
			}
			continue
		}
		if failures > 0 {
			t.Error("an item came after the error")
		}
		items++
	}
	if items != 2 || failures != 1 {
		t.Errorf("%d items, %d failures", items, failures)
	}
}

func TestAWalkThatIsNotStartedSendsNothing(t *testing.T) {
	a, s := scripted(t, status(500))
	_ = a.client(t).Subscriptions.All(t.Context(), nil)
	if len(s.requests()) != 0 {
		t.Error("it sent something")
	}
}

// A key names one request, and each page is another.
func TestAWalkRefusesAKeyBeforeItSendsAnything(t *testing.T) {
	var queries []string
	a := newAPI(t, subscriptions(10, &queries))
	client := a.client(t)
	for name, key := range map[string]partner.IdempotencyKey{"a key": partner.NewKey(), "the Nil UUID": {}} {
		items, failures := 0, 0
		for _, err := range client.Subscriptions.All(t.Context(), nil, partner.WithIdempotencyKey(key)) {
			if err == nil {
				items++
				continue
			}
			failures++
			if failed := new(partner.Error); !errors.Is(err, partner.ErrKeyedWalk) ||
				!errors.Is(err, partner.ErrNotSent) || !errors.As(err, &failed) ||
				failed.Operation.ID != "listSubscriptions" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if items != 0 || failures != 1 {
			t.Errorf("%s: %d items, %d failures", name, items, failures)
		}
	}
	if len(queries) != 0 {
		t.Errorf("it sent %q", queries)
	}
	// A page by itself takes one.
	if _, err := client.Subscriptions.List(t.Context(), nil, partner.WithIdempotencyKey(partner.NewKey())); err != nil {
		t.Error(err)
	}
}

// The options of a walk are the caller's, who may use them again.
func TestAWalkLeavesTheOptionsOfItsCallerAlone(t *testing.T) {
	var queries []string
	a := newAPI(t, subscriptions(2, &queries))
	client := a.client(t)
	options := make([]partner.CallOption, 0, 4)
	_ = client.Subscriptions.All(t.Context(), nil, options...)
	options = append(options, partner.WithIdempotencyKey(partner.NewKey()))
	_ = client.Subscriptions.All(t.Context(), nil, options[:0]...)
	if _, err := client.Subscriptions.List(t.Context(), nil, options...); err != nil {
		t.Error(err)
	}
}

func TestAWalkMeetsEveryTransactionOfTheSandboxOnce(t *testing.T) {
	bank, from, _ := opened(t)
	server := httptest.NewServer(bank)
	defer server.Close()
	client := bankClient(t, server.URL)
	count := int32(9)
	for left := 74; left > 0; left -= int(count) { // One is there already.
		count = min(count, int32(left))
		if err := client.Sandbox.FundAccount(t.Context(), nil,
			partner.FundAccountRequest{AccountID: from, AmountUSDC: 1, Count: &count}); err != nil {
			t.Fatal(err)
		}
	}
	limit := 10
	seen := map[string]bool{}
	requests := 0
	counted, err := partner.New(partner.Config{
		BaseURL: server.URL, Username: "sandbox", Password: signing.NewSecret("sandbox"),
		SigningSecret: signing.NewSecret("sandbox-signing-secret"),
		Hooks: partner.Hooks{OnRequest: func(a partner.Attempt, _ *http.Request) {
			if a.Operation.ID == "listPocketTransactions" {
				requests++
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer counted.Close()
	n := 0
	for transaction, err := range counted.Transactions.AllForPocket(t.Context(), from,
		&partner.ListPocketTransactionsParams{Limit: &limit}) {
		if err != nil {
			t.Fatal(err)
		}
		text, err := transaction.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		seen[string(text)] = true
		n++
	}
	if n != 75 || len(seen) != 75 || requests != 8 {
		t.Errorf("%d transactions, %d different ones, in %d requests", n, len(seen), requests)
	}
}
