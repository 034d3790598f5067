package ledger_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

func TestPost(t *testing.T) {
	a, b := uuid.New(), uuid.New()
	for _, c := range []struct {
		name    string
		posting ledger.Posting
		want    error
	}{
		{"moves money", ledger.Posting{From: a, To: b, Cents: 60}, nil},
		{"takes the last cent", ledger.Posting{From: a, To: b, Cents: 100}, nil},
		{"refuses more than there is", ledger.Posting{From: a, To: b, Cents: 101}, ledger.ErrInsufficientFunds},
		{"refuses nothing", ledger.Posting{From: a, To: b}, ledger.ErrAmount},
		{"refuses a negative amount", ledger.Posting{From: a, To: b, Cents: -1}, ledger.ErrAmount},
		{"refuses one account on both sides", ledger.Posting{From: a, To: a, Cents: 1}, ledger.ErrSameAccount},
		{"refuses an unknown source", ledger.Posting{From: uuid.New(), To: b, Cents: 1}, ledger.ErrUnknownAccount},
		{"refuses an unknown target", ledger.Posting{From: a, To: uuid.New(), Cents: 1}, ledger.ErrUnknownAccount},
		{"refuses an overflow", ledger.Posting{From: ledger.World, To: a, Cents: math.MaxInt64}, ledger.ErrOverflow},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := ledger.New()
			l.Open(a)
			l.Open(b)
			if err := l.Post(ledger.Posting{From: ledger.World, To: a, Cents: 100}); err != nil {
				t.Fatal(err)
			}
			if err := l.Post(c.posting); !errors.Is(err, c.want) {
				t.Fatalf("Post = %v; want %v", err, c.want)
			}
			if c.want != nil && (l.Balance(a) != 100 || l.Balance(b) != 0 || len(l.Postings(a)) != 1) {
				t.Errorf("a refused posting changed something: %d, %d", l.Balance(a), l.Balance(b))
			}
			if err := l.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnAccountHasThePostingsThatItTakesPartIn(t *testing.T) {
	l := ledger.New()
	a, b, c := uuid.New(), uuid.New(), uuid.New()
	for _, account := range []uuid.UUID{a, b, c} {
		l.Open(account)
	}
	for _, p := range []ledger.Posting{
		{From: ledger.World, To: a, Cents: 100}, {From: ledger.World, To: c, Cents: 100}, {From: a, To: b, Cents: 1},
		{From: c, To: b, Cents: 2}, {From: b, To: a, Cents: 3},
	} {
		if err := l.Post(p); err != nil {
			t.Fatal(err)
		}
	}
	for account, want := range map[uuid.UUID][]int{a: {1, 3, 5}, b: {3, 4, 5}, c: {2, 4}, uuid.New(): nil} {
		var got []int
		for _, p := range l.Postings(account) {
			got = append(got, p.Sequence)
		}
		if !slices.Equal(got, want) {
			t.Errorf("postings %v, want %v", got, want)
		}
	}
}

// Whatever is posted, no account but the World's is negative and everything adds up to zero.
func TestMoneyIsNeitherMadeNorLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := ledger.New()
		accounts := []uuid.UUID{ledger.World, {1}, {2}, {3}, {4}}
		for _, account := range accounts {
			l.Open(account)
		}
		for range rapid.IntRange(0, 60).Draw(t, "postings") {
			_ = l.Post(ledger.Posting{
				From:  rapid.SampledFrom(accounts).Draw(t, "from"),
				To:    rapid.SampledFrom(accounts).Draw(t, "to"),
				Cents: rapid.OneOf(rapid.Int64Range(-10, 1000), rapid.Int64()).Draw(t, "cents"),
			})
			if err := l.Check(); err != nil {
				t.Fatal(err)
			}
			for _, account := range accounts[1:] {
				if l.Balance(account) < 0 {
					t.Fatalf("account %s has %d cents", account, l.Balance(account))
				}
			}
		}
	})
}
