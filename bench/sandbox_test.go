package bench_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/bench"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func openSandbox(t *testing.T) (*sandbox.Running, *bench.SandboxCaller) {
	t.Helper()
	bank := sandbox.Start(t)
	caller, err := bench.NewSandboxCaller(t.Context(), bank.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(caller.Close)
	return bank, caller
}

// What wrk reads says which transfers to make, and each of them is made, once.
func TestPreparedTransfersAreAllMade(t *testing.T) {
	t.Parallel()
	bank, caller := openSandbox(t)
	var text strings.Builder
	if err := caller.WriteTransfers(t.Context(), &text, 2, 10); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	if len(lines) != 2+4+10 || lines[1] != "4" {
		t.Fatalf("ten transfers within two pairs are %d lines, of which the second is %s", len(lines), lines[1])
	}
	bodies, transfers := lines[2:6], lines[6:]
	send := func(i int) *httptest.ResponseRecorder {
		key, signature, _ := strings.Cut(transfers[i], " ")
		r := httptest.NewRequest(http.MethodPost, bank.URL+bench.TransfersPath, strings.NewReader(bodies[i%4]))
		r.Header.Set("Authorization", "Bearer "+lines[0])
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(idempotency.Header, key)
		r.Header.Set(signing.HeaderSignature, signature)
		w := httptest.NewRecorder()
		bank.Sandbox.ServeHTTP(w, r)
		return w
	}
	for i := range transfers {
		w := send(i)
		if w.Code != http.StatusCreated || w.Header().Get(idempotency.HeaderReplayed) != "" ||
			!strings.Contains(w.Body.String(), "COMPLETED") {
			t.Errorf("transfer %d is answered with %d %v %s", i, w.Code, w.Header(), w.Body)
		}
	}
	if w := send(0); w.Header().Get(idempotency.HeaderReplayed) == "" {
		t.Errorf("the first again is answered with %d %v", w.Code, w.Header())
	}
}

func TestAPocketIsFilledWithAsManyTransactionsAsAskedFor(t *testing.T) {
	t.Parallel()
	bank, caller := openSandbox(t)
	pockets, err := caller.OpenPockets(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := caller.Fill(t.Context(), pockets[0], 40); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, err := range bank.Client.Transactions.AllForPocket(t.Context(), pockets[0], nil) {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	if count != 40 {
		t.Errorf("forty transactions are %d", count)
	}

	newest := answer[struct {
		Items []struct{ ID uuid.UUID }
	}](t, bank, caller, bench.NewestPath(pockets[0]))
	if len(newest.Items) != 30 {
		t.Errorf("the newest 30 of 40 are %d", len(newest.Items))
	}
	pocket := answer[struct {
		Portfolio struct {
			TotalValue struct{ Value int64 } `json:"total_value"`
			Securities []json.RawMessage
		}
	}](t, bank, caller, bench.PocketPath(pockets[0]))
	if pocket.Portfolio.TotalValue.Value == 0 || len(pocket.Portfolio.Securities) == 0 {
		t.Errorf("the pocket that is read has no money: %+v", pocket)
	}
}

// answer sends a prepared read as wrk does, twice with the same key, and returns what it gets.
func answer[T any](t *testing.T, bank *sandbox.Running, caller *bench.SandboxCaller, target string) (value T) {
	t.Helper()
	read, err := caller.Get("", target)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r := httptest.NewRequest(http.MethodGet, bank.URL+target, nil)
		r.Header = read.Request.Header.Clone()
		w := httptest.NewRecorder()
		bank.Sandbox.ServeHTTP(w, r)
		if err := json.Unmarshal(w.Body.Bytes(), &value); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s is answered with %d, %v", target, w.Code, err)
		}
	}
	if err := read.Do(bank.Sandbox); err != nil {
		t.Error(err)
	}
	return value
}
