package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
)

var (
	now   = time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)
	first = ledger.Account{Kind: ledger.Bank, Owner: uuid.MustParse("497f6eca-6276-4993-bfeb-53cbbbba6f08")}
	other = ledger.Account{Kind: ledger.Bank, Owner: uuid.MustParse("b5a776db-8960-4157-afe5-519b6708bb79")}
	fed   = ledger.Account{Kind: ledger.FedACH}
)

type book struct {
	db *state.Database
	*ledger.Ledger
}

func open(t interface{ Fatal(...any) }, store state.Store) *book {
	db := state.New()
	b := &book{db, ledger.New(db)}
	if err := db.Open(store); err != nil {
		t.Fatal(err)
	}
	b.Load()
	return b
}

// post posts an event, and rolls it back if it fails or is not to last.
func (b *book) post(lasts bool, postings ...ledger.Posting) error {
	b.db.Lock()
	defer b.db.Unlock()
	tx := b.db.Begin(now)
	err := b.Post(tx, ledger.Event{ID: uuid.New(), Time: now, Kind: "test", Postings: postings})
	if err != nil || !lasts {
		tx.Rollback()
		return err
	}
	_, err = tx.Commit()
	return err
}

func TestPost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		postings []ledger.Posting
		want     error
	}{
		{"money comes in", []ledger.Posting{{Account: fed, Cents: -5}, {Account: first, Cents: 5}}, nil},
		{"all of it goes on", []ledger.Posting{{Account: first, Cents: -100}, {Account: other, Cents: 100}}, nil},
		{"it comes and goes", []ledger.Posting{{Account: fed, Cents: -50}, {Account: first, Cents: 50},
			{Account: first, Cents: -150}, {Account: other, Cents: 150}}, nil},
		{"more than there is", []ledger.Posting{{Account: first, Cents: -101}, {Account: other, Cents: 101}},
			ledger.ErrInsufficientFunds},
		{"it goes before it comes", []ledger.Posting{{Account: first, Cents: -150}, {Account: other, Cents: 150},
			{Account: fed, Cents: -50}, {Account: first, Cents: 50}}, ledger.ErrInsufficientFunds},
		{"a cent is made", []ledger.Posting{{Account: fed, Cents: -4}, {Account: first, Cents: 5}},
			ledger.ErrUnbalanced},
		{"nothing", nil, ledger.ErrUnbalanced},
		{"more than 64 bits", []ledger.Posting{{Account: fed, Cents: math.MinInt64}, {Account: first, Cents: 1}},
			ledger.ErrOverflow},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := open(t, nil)
			err := b.post(true, ledger.Posting{Account: fed, Cents: -100}, ledger.Posting{Account: first, Cents: 100})
			if err != nil {
				t.Fatal(err)
			}
			before := b.Balances()
			if err := b.post(true, c.postings...); !errors.Is(err, c.want) {
				t.Fatalf("%v; want %v", err, c.want)
			}
			if c.want != nil {
				for account, cents := range b.Balances() {
					if cents != before[account] {
						t.Errorf("it failed, and %s has %d cents", account, cents)
					}
				}
			}
			if _, err := b.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Whatever is posted, rolled back and read again, balances are what the postings make, and all make zero.
func TestBalancesAreWhatPostingsMake(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		store := &statetest.Memory{}
		b := open(t, store)
		want := map[ledger.Account]int64{}
		accounts := rapid.SampledFrom([]ledger.Account{first, other, fed, {Kind: ledger.Market}})
		for range rapid.IntRange(1, 20).Draw(t, "events") {
			from, to := accounts.Draw(t, "from"), accounts.Draw(t, "to")
			cents := rapid.Int64Range(1, 1000).Draw(t, "cents")
			lasts := rapid.IntRange(0, 3).Draw(t, "lasts") > 0
			err := b.post(lasts, ledger.Posting{Account: from, Cents: -cents},
				ledger.Posting{Account: to, Cents: cents})
			if poor := from.Kind.Floored() && want[from] < cents; poor != errors.Is(err, ledger.ErrInsufficientFunds) {
				t.Fatalf("%s with %d cents sends %d: %v", from, want[from], cents, err)
			}
			if err == nil && lasts {
				want[from] -= cents
				want[to] += cents
			}
		}
		if err := b.db.Close(); err != nil {
			t.Fatal(err)
		}
		for _, one := range []*book{b, open(t, store)} {
			for account, cents := range want {
				if got := one.Balance(account); got != cents {
					t.Fatalf("%s has %d cents; want %d", account, got, cents)
				}
			}
			if _, err := one.Check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// An account holds what 64 bits do, to the last cent, and what would be more changes nothing.
func TestAnAccountHoldsWhat64BitsDo(t *testing.T) {
	t.Parallel()
	const most, least = math.MaxInt64, math.MinInt64
	for _, c := range []struct {
		name     string
		postings []ledger.Posting
		fits     bool
	}{
		{"the last cent", []ledger.Posting{{Account: fed, Cents: -1}, {Account: first, Cents: 1}}, true},
		{"one more", []ledger.Posting{{Account: fed, Cents: -2}, {Account: first, Cents: 2}}, false},
		{"twice as much", []ledger.Posting{{Account: fed, Cents: -most}, {Account: first, Cents: most}}, false},
		{"one more in the second posting of the same account", []ledger.Posting{{Account: fed, Cents: -2},
			{Account: first, Cents: 1}, {Account: first, Cents: 1}}, false},
		{"postings that make zero when they wrap around", []ledger.Posting{
			{Account: ledger.Account{Kind: ledger.Market}, Cents: least},
			{Account: ledger.Account{Kind: ledger.Partner}, Cents: least}}, false},
		{"back from the edge", []ledger.Posting{{Account: first, Cents: 1 - most}, {Account: fed, Cents: most - 1}},
			true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := &statetest.Memory{}
			b := open(t, store)
			if err := b.post(true, ledger.Posting{Account: fed, Cents: 1 - most},
				ledger.Posting{Account: first, Cents: most - 1}); err != nil {
				t.Fatal(err)
			}
			want := b.Balances()
			err := b.post(true, c.postings...)
			switch {
			case !c.fits && !errors.Is(err, ledger.ErrOverflow), c.fits && err != nil:
				t.Fatalf("it fits: %t; %v", c.fits, err)
			case c.fits:
				for _, p := range c.postings {
					want[p.Account] += p.Cents
				}
			}
			if err := b.db.Close(); err != nil {
				t.Fatal(err)
			}
			for _, one := range []*book{b, open(t, store)} {
				if got := one.Balances(); !maps.Equal(got, want) {
					t.Errorf("it has %v, want %v", got, want)
				}
				if _, err := one.Check(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestTheWorldHasWhatNobodyElseHas(t *testing.T) {
	t.Parallel()
	b := open(t, nil)
	partner, wires := ledger.Account{Kind: ledger.Partner}, ledger.Account{Kind: ledger.FedWire}
	for _, postings := range [][]ledger.Posting{
		{{Account: partner, Cents: -100}, {Account: first, Cents: 100}},
		{{Account: first, Cents: -30}, {Account: wires, Cents: 30}},
		{{Account: first, Cents: -10}, {Account: ledger.Account{Kind: ledger.Provider}, Cents: 10}},
	} {
		if err := b.post(true, postings...); err != nil {
			t.Fatal(err)
		}
	}
	if outside, inside := b.World(); outside != 40 || inside != 60 {
		t.Errorf("outside are %d, inside %d; want 40 and 60", outside, inside)
	}
}

func TestAnAccountIsAText(t *testing.T) {
	t.Parallel()
	for _, a := range []ledger.Account{first, fed, {Kind: ledger.Provider},
		{Kind: ledger.Transit, Owner: first.Owner}} {
		text, err := a.MarshalText()
		var again ledger.Account
		if err := errors.Join(err, again.UnmarshalText(text)); err != nil || again != a || string(text) != a.String() {
			t.Errorf("%s is %q, and that %s: %v", a, text, again, err)
		}
	}
	for _, text := range []string{"", "bank:", "bank:x", "nothing", "fed_ach:00000000-0000-0000-0000-000000000000"} {
		if err := new(ledger.Account).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is an account", text)
		}
	}
}

// A store that fails takes back what it has not written, with all that came later.
func TestBalancesOfWhatWasNotWrittenAreAsBefore(t *testing.T) {
	t.Parallel()
	store := &statetest.Memory{Hold: make(chan struct{})}
	b := open(t, store)
	pay := []ledger.Posting{{Account: fed, Cents: -5}, {Account: first, Cents: 5}}
	if err := b.post(true, slices.Clone(pay)...); err != nil {
		t.Fatal(err)
	}
	last := b.tail()
	store.Hold <- struct{}{}
	if err := last.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	store.FailWith(fmt.Errorf("the disk is full: %w", state.ErrNotCommitted))
	for range 3 {
		if err := b.post(true, slices.Clone(pay)...); err != nil {
			t.Fatal(err)
		}
	}
	last = b.tail()
	close(store.Hold)
	if err := last.Wait(t.Context()); !errors.Is(err, state.ErrNotCommitted) {
		t.Fatal(err)
	}
	store.FailWith(nil)
	if err := b.db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, one := range []*book{b, open(t, store)} {
		if ids, err := one.Check(); err != nil || len(ids) != 1 || one.Balance(first) != 5 || one.Balance(fed) != -5 {
			t.Errorf("%d events, %d and %d cents; %v", len(ids), one.Balance(first), one.Balance(fed), err)
		}
	}
}

func (b *book) tail() *state.Pending {
	b.db.RLock()
	defer b.db.RUnlock()
	return b.db.Tail()
}

func TestAnEventThatIsThereTwiceIsFound(t *testing.T) {
	t.Parallel()
	store := &statetest.Memory{}
	b := open(t, store)
	if err := b.post(true, ledger.Posting{Account: fed, Cents: -5},
		ledger.Posting{Account: fed, Cents: 5}); err != nil {
		t.Fatal(err)
	}
	if err := b.db.Close(); err != nil {
		t.Fatal(err)
	}
	var copied state.Record
	for _, r := range store.Records() {
		switch r.Kind {
		case "event":
			copied = r
			copied.Seq++
		default:
			r.Data = bytes.Replace(r.Data, []byte(`"seq":2`), []byte(`"seq":3`), 1)
			store.Put(r)
		}
	}
	store.Put(copied)
	if _, err := open(t, store).Check(); err == nil || !strings.Contains(err.Error(), "there twice") {
		t.Error(err)
	}
}
