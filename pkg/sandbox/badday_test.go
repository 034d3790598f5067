package sandbox_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

// shop is a partner's program in its own tests: it has a customer whose pocket it pays suppliers from.
type shop struct {
	*testing.T
	*sandbox.Running
	customer, till, supplier uuid.UUID
}

func newShop(t *testing.T) *shop {
	t.Helper()
	bank := sandbox.Start(t, sandbox.Config{Clock: time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)})
	s := &shop{T: t, Running: bank}
	s.customer = s.apply("Open").CustomerID.MustGet()
	for _, pocket := range []*uuid.UUID{&s.till, &s.supplier} {
		made, err := bank.Client.Pockets.Create(t.Context(), s.customer,
			partner.CreatePocketRequest{PocketName: "Pocket", DepositStrategyID: partner.Ptr("UST-4W")})
		*pocket = must(t, made, err).ID
	}
	if err := bank.Client.Sandbox.FundAccount(t.Context(), nil,
		partner.FundAccountRequest{AccountID: s.till, AmountUSDC: 1000_00}); err != nil {
		t.Fatal(err)
	}
	return s
}

// apply has somebody with that name apply, and returns how the application stands.
func (s *shop) apply(lastName string) *partner.Application {
	s.Helper()
	request := person(s)
	request.Name.LastName = lastName
	made, err := s.Client.Individuals.CreateApplication(s.Context(), request)
	id := must(s, made, err).ID
	_, err = s.Client.Individuals.SubmitApplication(s.Context(), id)
	if err != nil {
		s.Fatal(err)
	}
	return s.application(id)
}

func (s *shop) application(id uuid.UUID) *partner.Application {
	s.Helper()
	a, err := s.Client.Individuals.GetApplication(s.Context(), id)
	return must(s, a, err)
}

// on sets rules.
func (s *shop) on(rules ...sandbox.Rule) {
	s.Helper()
	if err := s.Sandbox.SetRules(rules...); err != nil {
		s.Fatal(err)
	}
}

// pay pays an invoice by an on-us transfer, under a key that follows from the invoice.
func (s *shop) pay(invoice string, cents int64) error {
	amount, err := partner.NewTransferAmount(partner.RequestedAmount{AmountUSDC: cents})
	if err != nil {
		return err
	}
	order, err := partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
		FromAccount: partner.JikoAccountReference{ID: s.till}, ToAccount: partner.JikoAccountReference{ID: s.supplier},
		Amount: amount, Description: &invoice})
	if err != nil {
		return err
	}
	_, err = s.Client.OnUsTransfers.Create(s.Context(), order,
		partner.WithIdempotencyKey(partner.KeyFor("invoices", invoice)))
	return err
}

// has demands that a pocket is worth so many cents.
func (s *shop) has(pocket uuid.UUID, cents int64) {
	s.Helper()
	p, err := s.Client.Pockets.Get(s.Context(), pocket, nil)
	if got := must(s, p, err).Portfolio.TotalValue.Value; got != cents {
		s.Errorf("the pocket is worth %d cents, want %d", got, cents)
	}
}

// payByACH sends money to a supplier's bank, once that account is verified.
func (s *shop) payByACH(cents int64) uuid.UUID {
	s.Helper()
	request, err := partner.NewCreateCounterpartyRequest(
		partner.CreateACHCounterparty{AccountNumber: "123456789", RoutingNumber: "021000021"})
	made, err := s.Client.Counterparties.Create(s.Context(), s.customer, must(s, request, err))
	shared, err := must(s, made, err).Shared()
	supplier := must(s, shared, err).ID
	s.wait()
	o, err := s.Client.ACH.Create(s.Context(), s.till, partner.CreateACHOriginationRequest{
		CounterpartyID: supplier, Direction: partner.ACHDirectionCredit, AmountUSDC: cents})
	return must(s, o, err).ID
}

func (s *shop) statusOfACH(id uuid.UUID) partner.ACHStatus {
	s.Helper()
	o, err := s.Client.ACH.Get(s.Context(), s.till, id)
	return must(s, o, err).Status
}

// wait lets days pass, until nothing is under way.
func (s *shop) wait() {
	s.Helper()
	if err := s.Sandbox.RunUntilQuiet(s.Context()); err != nil {
		s.Fatal(err)
	}
}

// listen has the successes of on-us transfers handled, which it counts.
func (s *shop) listen() *atomic.Int64 {
	s.Helper()
	handled := new(atomic.Int64)
	const secret = "0123456789abcdef"
	handler, err := webhook.New(webhook.Config{Secrets: []partner.Secret{partner.NewSecret(secret)},
		MaxAge: -1, // The clock of the sandbox is not the one on the wall.
		Handle: func(context.Context, *webhook.Event) error { handled.Add(1); return nil }})
	server := httptest.NewServer(must(s, handler, err))
	s.Cleanup(func() { server.Close(); _ = handler.Close(context.Background()) })
	_, err = s.Client.Subscriptions.Create(s.Context(), partner.CreateSubscriptionRequest{URL: server.URL,
		SharedSecret: secret, Events: []string{string(partner.EventTypeTransfersOnUsSuccess)}})
	if err != nil {
		s.Fatal(err)
	}
	return handled
}

func TestALostAnswerIsNoSecondPayment(t *testing.T) {
	s := newShop(t)
	s.on(sandbox.Rule{Match: sandbox.Match{Operation: []string{"createOnUsTransfer"}, Times: 1},
		Do: sandbox.Do{Fault: &fault.Fault{Kind: fault.Reset, When: fault.After}}})
	if err := s.pay("4711", 25_00); err != nil { // The client has called again, with the same key.
		t.Fatal(err)
	}
	s.has(s.supplier, 25_00)
}

func TestABankThatIsOverloadedIsPaidLater(t *testing.T) {
	s := newShop(t)
	s.on(sandbox.Rule{Match: sandbox.Match{Operation: []string{"createOnUsTransfer"}, Times: 1},
		Do: sandbox.Do{Fault: &fault.Fault{Kind: fault.Status, Status: 429, RetryAfter: 3600}}})
	if err := s.pay("4711", 25_00); !errors.Is(err, partner.ErrRateLimited) {
		t.Fatal(err)
	}
	s.has(s.supplier, 0)
}

func TestAPaymentThatComesBackIsKnownToHaveFailed(t *testing.T) {
	s := newShop(t)
	s.on(sandbox.Rule{Match: sandbox.Match{MinAmount: 20_00}, Do: sandbox.Do{Return: "R03", Days: 2}})
	id := s.payByACH(25_00)
	s.wait()
	if got := s.statusOfACH(id); got != partner.ACHStatusFailed {
		t.Errorf("the payment is %s", got)
	}
}

func TestAReviewTakesItsTime(t *testing.T) {
	s := newShop(t)
	s.on(sandbox.Rule{Match: sandbox.Match{Name: "Jiko Doubtful"}, Do: sandbox.Do{State: "MANUAL_REVIEW"}})
	doubtful := s.apply("Doubtful")
	s.wait()
	if now := s.application(doubtful.ID).Status; doubtful.Status != "MANUAL_REVIEW" || now != "APPROVED" {
		t.Errorf("the application was %s, and is %s", doubtful.Status, now)
	}
}

func TestAWebhookThatComesTwiceIsHandledOnce(t *testing.T) {
	s := newShop(t)
	handled := s.listen()
	err := s.Sandbox.SetDeliveryFaults(sandbox.DeliveryFaults{Double: 1})
	err = errors.Join(err, s.pay("4711", 25_00), s.Sandbox.AwaitDeliveries(t.Context()))
	if n := s.Sandbox.Deliveries().Doubled; err != nil || n != 1 || handled.Load() != 1 {
		t.Errorf("%d were doubled, and %d handled: %v", n, handled.Load(), err)
	}
}

// The page shows the tests as they are.
func TestThePageOfBadDaysHasTheTests(t *testing.T) {
	page, err := os.ReadFile("../../docs/bad-days.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("badday_test.go")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```go\n(func Test.*?)```").FindAllSubmatch(page, -1)
	if len(shown) != 5 {
		t.Errorf("it shows %d bad days", len(shown))
	}
	for _, test := range shown {
		if text := string(test[1]); !strings.Contains(string(source), text) || strings.Count(text, "\n") > 9 {
			t.Errorf("it is no test here, or is not under ten lines:\n%s", text)
		}
	}
}
