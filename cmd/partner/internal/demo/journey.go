package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// What the journey moves, in cents.
const (
	funding  = 1_000_00
	transfer = 250_00
	tooMuch  = 5_000_00
)

// The pockets, by their place.
const (
	operating = iota
	reserve
)

var pocketNames = [2]string{"Operating", "Reserve"}

// journey is one customer's way through the API. The first step that goes wrong ends it.
type journey struct {
	ctx  context.Context
	page *page
	bank *sandbox.Sandbox
	// client validates what it sends; careless does not; forger signs with a wrong secret.
	client, careless, forger *partner.Client

	agreements partner.AgreementBundle
	customerID uuid.UUID
	strategy   string
	pockets    [2]uuid.UUID
	// order is the transfer between the pockets, and paid is what came of it.
	order partner.CreateOnUsTransferRequest
	key   partner.CallOption
	paid  *partner.OnUsTransfer
	// earned is what Operating has earned, in cents.
	earned int64
}

// step is one part of the journey: what happens, and what it is for.
type step struct {
	title, sentence string
	do              func() error
}

func (j *journey) steps() []step {
	return []step{
		{"Read the agreements", "A customer must accept them first. The client logs in by itself: one token for all " +
			"that follows, renewed before its hour is over.", j.listAgreements},
		{"Apply, and be approved", "An application is made, then submitted. The sandbox approves it at the next look.",
			j.becomeCustomer},
		{"Look at the customer", "Personal data comes back masked: of an identification number, the last four digits.",
			j.getCustomer},
		{"Change the customer", "A trusted contact is added. What is not sent stays as it is.", j.updateCustomer},
		{"Onboard a business", "A company applies with its owners, who can be listed once it is approved.",
			j.listBeneficialOwners},
		{"Choose a strategy", "A pocket keeps its money in US Treasury bills. The strategy says which.",
			j.listStrategies},
		{"Open two pockets", "Operating and Reserve, both of the same customer.", j.createPockets},
		{"Pay in " + dollars(funding), "The money comes from outside, which only a sandbox can do on demand.", j.fund},
		{"See it in T-bills", "What does not buy a whole one of 100 dollars is cash.", j.seeBills},
		{"Move " + dollars(transfer), "From Operating to Reserve. The request carries an idempotency key.", j.move},
		{"Send it once more", "As after an answer that got lost: the same request with the same key.", j.repeat},
		{"Forge a signature", "A client that does not know the signing secret tries to move money. A 401 can also " +
			"mean that its token is over, so it logs in again and tries once more before it gives up.",
			j.wrongSignature},
		{"Ask for less than one cent", "A client that does not check what it sends. The server does.", j.invalidBody},
		{"Ask for more than there is", dollars(tooMuch) + " of " + dollars(funding-transfer) + ". The request is " +
			"valid, so a transfer is made: look at its status, not only at that of the answer.", j.overdraw},
		{"Move all of it back", "A full withdrawal names no amount.", j.emptyReserve},
		{"List the transactions", "Each pocket has its side of every movement. What was refused has none.",
			j.listTransactions},
		{"Close Reserve", "An empty pocket can be closed, with a reason.", j.closeReserve},
		{"Wait for a month", "The sandbox's clock is moved. The T-bills fall due, and the money is invested again.",
			j.wait},
		{"Read a statement", "Each month has one of the bank side and one of the brokerage side.", j.readStatement},
	}
}

func (j *journey) walk() error {
	if err := j.run(j.steps()); err != nil {
		return err
	}
	return j.balances()
}

func (j *journey) run(steps []step) error {
	for _, s := range steps {
		j.page.step(s.title, s.sentence)
		if err := s.do(); err != nil {
			j.page.print() // The last exchange may show what is wrong.
			return fmt.Errorf("step %q: %w", s.title, err)
		}
	}
	return nil
}

// check makes an error of what is not as it should be.
func check(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf("not as it should be: "+format, args...)
}

// balances shows that what all pockets hold is what was paid in.
func (j *journey) balances() error {
	balances, err := j.bank.Balances()
	if err != nil {
		return fmt.Errorf("the books: %w", err)
	}
	lines := []string{"", "    " + j.page.style.in(bold, "The books of the bank")}
	line := func(name string, cents int64) {
		lines = append(lines, fmt.Sprintf("      %-22s %12s", name, dollars(cents)))
	}
	var total int64
	for i, id := range j.pockets {
		line(pocketNames[i], balances[id])
		total += balances[id]
	}
	outside := balances[uuid.Nil]
	matured := total - funding // What T-bills have brought so far; what they will bring is not in the books.
	line("outside, paid in", outside+matured)
	line("the market, paid out", -matured)
	line("sum", total+outside)
	j.page.print(lines...)
	return errors.Join(
		check(total+outside == 0, "the balances make %d cents", total+outside),
		check(matured > 0 && matured <= j.earned && balances[j.pockets[reserve]] == 0,
			"the balances are %v", balances),
	)
}

func ptr[T any](v T) *T { return &v }
