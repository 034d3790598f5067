package bank

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
)

// opened returns a bank whose clock stands still, and as many open pockets of one customer as asked for.
func opened(t testing.TB, pockets int) (*Bank, []uuid.UUID) {
	t.Helper()
	b, err := Open(Config{Clock: time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	var ids []uuid.UUID
	err = b.Do(context.Background(), func(x *Tx) error {
		c := Customer{Type: Individual, Name: "Ada Lovelace"}
		x.addCustomer(&c)
		for range pockets {
			p, err := x.CreatePocket(c.ID, "Operating", "UST-4W", nil)
			if err != nil {
				return err
			}
			ids = append(ids, p.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, ids
}

func BenchmarkTransfer(b *testing.B) {
	bank, ids := opened(b, 2)
	must := func(f func(*Tx) error) {
		if err := bank.Do(context.Background(), f); err != nil {
			b.Fatal(err)
		}
	}
	must(func(t *Tx) error { return t.Fund(ids[0], 4_000_000, "X") })
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		from, to := ids[i%2], ids[1-i%2]
		i++
		must(func(t *Tx) error {
			x, err := t.CreateTransfer(TransferOrder{Type: Reallocation, From: from, To: to, Cents: 100})
			if err == nil && x.Status != TransferCompleted {
				b.Fatal(x.Reason)
			}
			return err
		})
	}
}

// A year of 10,000 pockets, or of 100 with -short: a deposit each month, maturities and reinvestments as they come.
func BenchmarkYear(b *testing.B) {
	for b.Loop() {
		pockets := 10_000
		if testing.Short() {
			pockets = 100
		}
		bank, ids := opened(b, pockets)
		start := bank.Time()
		for month := range 12 {
			if err := bank.SetClock(context.Background(), start.AddDate(0, month, 0)); err != nil {
				b.Fatal(err)
			}
			for _, id := range ids {
				err := bank.Do(context.Background(), func(t *Tx) error { return t.Fund(id, 100_000, "X") })
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := bank.SetClock(context.Background(), start.AddDate(1, 0, 0)); err != nil {
			b.Fatal(err)
		}
		counts, _ := json.Marshal(bank.Count())
		b.Log(string(counts))
	}
}

// BenchmarkRestore goes back to a bank of 10,000 pockets, or of 100 with -short, from what is described.
func BenchmarkRestore(b *testing.B) {
	pockets := 10_000
	if testing.Short() {
		pockets = 100
	}
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx := context.Background()
	transfers := func(bank *Bank, ids []uuid.UUID, n int) {
		for i := range n {
			from, to := ids[i%len(ids)], ids[(i+1)%len(ids)]
			must(bank.Do(ctx, func(t *Tx) error {
				_, err := t.CreateTransfer(TransferOrder{Type: Reallocation, From: from, To: to, Cents: 100})
				return err
			}))
		}
	}
	for name, change := range map[string]func(*Bank, []uuid.UUID){
		"nothing has changed":      func(*Bank, []uuid.UUID) {},
		"1,000 transfers":          func(bank *Bank, ids []uuid.UUID) { transfers(bank, ids, 1_000) },
		"every pocket has changed": func(bank *Bank, ids []uuid.UUID) { transfers(bank, ids, len(ids)) },
		"a year has gone by": func(bank *Bank, _ []uuid.UUID) {
			must(bank.SetClock(ctx, bank.Time().AddDate(1, 0, 0)))
		},
		"it was reset": func(bank *Bank, _ []uuid.UUID) { must(bank.Reset(ctx)) },
	} {
		b.Run(name, func(b *testing.B) {
			bank, ids := opened(b, pockets)
			for _, id := range ids {
				must(bank.Do(ctx, func(t *Tx) error { return t.Fund(id, 100_000, "X") }))
			}
			_, err := bank.TakeSnapshot(ctx, "all")
			must(err)
			for b.Loop() {
				b.StopTimer()
				change(bank, ids)
				b.StartTimer()
				must(bank.RestoreSnapshot(ctx, "all"))
			}
		})
	}
}
