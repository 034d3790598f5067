package sqlitestore_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
)

// BenchmarkRestore goes back to a bank of 10,000 pockets, or of 100 with -short, that is in a file. It waits until the
// disk has what was written: how long that takes is for the disk to say.
func BenchmarkRestore(b *testing.B) {
	pockets := 10_000
	if testing.Short() {
		pockets = 100
	}
	store, err := sqlitestore.Open(b.TempDir() + "/bank.db")
	if err != nil {
		b.Fatal(err)
	}
	bank := sandbox.Start(b, sandbox.Config{Store: store, Requests: -1,
		Clock: time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)})
	var application partnerapi.CreateApplicationRequest
	must := func(err error) {
		if err != nil {
			b.Error(err)
		}
	}
	must(json.Unmarshal([]byte(`{"identification_number":"123456789","name":{"first_name":"Ada","last_name":"Lovelace"},
		"email":"ada@example.com","phone_number":"+14155550100","date_of_birth":"1990-01-01",
		"address":{"street_address":"1 Main St","city":"Oakland","postal_code":"94607","country":"US"},
		"investment_profile":{"employment_status":"RETIRED","income":"BELOW_50K","net_worth":"BELOW_50K"},
		"agreement_consent":{"version":"1.0.0","timestamp":"2026-01-02T15:00:00Z"}}`), &application))
	ctx := b.Context()
	a, err := bank.Client.Individuals.CreateApplication(ctx, application)
	must(err)
	_, err = bank.Client.Individuals.SubmitApplication(ctx, a.ID)
	must(err)
	a, err = bank.Client.Individuals.GetApplication(ctx, a.ID)
	must(err)
	customer, err := a.CustomerID.Get()
	must(err)

	// Who come together share a commit.
	each := func(n int, f func(i int)) {
		var all sync.WaitGroup
		const workers = 64
		for first := range workers {
			all.Go(func() {
				for i := first; i < n && !b.Failed(); i += workers {
					f(i)
				}
			})
		}
		all.Wait()
	}
	strategy := "UST-4W"
	ids := make([]uuid.UUID, pockets)
	each(pockets, func(i int) {
		p, err := bank.Client.Pockets.Create(ctx, customer,
			partnerapi.CreatePocketRequest{PocketName: "Operating", DepositStrategyID: &strategy})
		must(err)
		if err == nil {
			ids[i] = p.ID
			must(bank.Client.Sandbox.FundAccount(ctx, nil,
				partnerapi.FundAccountRequest{AccountID: p.ID, AmountUSDC: 100_000}))
		}
	})
	_, err = bank.Sandbox.TakeSnapshot(ctx, "all")
	must(err)
	reference := func(id uuid.UUID) partnerapi.JikoAccountReference {
		return partnerapi.JikoAccountReference{ID: id, Type: partnerapi.JikoAccountReferenceTypeJikoAccount}
	}
	amount, err := partnerapi.NewTransferAmount(partnerapi.RequestedAmount{AmountUSDC: 100,
		Type: partnerapi.RequestedAmountTypeRequestedAmount})
	must(err)
	for _, n := range []int{0, pockets / 10, pockets} {
		b.Run(fmt.Sprintf("%d transfers", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				each(n, func(i int) {
					order, err := partnerapi.NewCreateOnUsTransferRequest(partnerapi.CreateInternalReallocationTransfer{
						FromAccount: reference(ids[i]), ToAccount: reference(ids[(i+1)%len(ids)]), Amount: amount})
					if err == nil {
						_, err = bank.Client.OnUsTransfers.Create(ctx, order)
					}
					must(err)
				})
				b.StartTimer()
				if err := bank.Sandbox.RestoreSnapshot(ctx, "all"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("a reset", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			must(bank.Sandbox.RestoreSnapshot(ctx, "all"))
			b.StartTimer()
			if err := bank.Sandbox.Reset(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}
