package bank

import (
	"regexp"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// PlaidStatus says how far Plaid's verification of an account is.
type PlaidStatus string

// The statuses of Plaid's verification that occur here. (Source: the reference's Get Counterparty.)
const (
	PlaidPendingAutomatic PlaidStatus = "PENDING_AUTOMATIC_VERIFICATION"
	PlaidPendingManual    PlaidStatus = "PENDING_MANUAL_VERIFICATION"
	PlaidAutomatic        PlaidStatus = "AUTOMATICALLY_VERIFIED"
	PlaidManual           PlaidStatus = "MANUALLY_VERIFIED"
	PlaidFailed           PlaidStatus = "VERIFICATION_FAILED"
	PlaidExpired          PlaidStatus = "VERIFICATION_EXPIRED"
)

// plaidEnds are those with which a verification ends.
var plaidEnds = []PlaidStatus{PlaidAutomatic, PlaidManual, PlaidFailed, PlaidExpired}

// after is the status when the verification is over.
func (s PlaidStatus) after(failed bool) PlaidStatus {
	switch {
	case failed:
		return PlaidFailed
	case s == PlaidPendingManual:
		return PlaidManual
	}
	return PlaidAutomatic
}

// Plaid is what Plaid says of an account that a user has linked through it.
type Plaid struct {
	// AccountID is Plaid's id of the account, Mask the last digits of its number.
	AccountID string `json:"account_id"`
	Mask      string `json:"mask"`
	// Status is empty as long as Plaid has said nothing.
	Status PlaidStatus `json:"status"`
}

// PlaidAccount is an account as Plaid Link names it. Mask may be empty.
type PlaidAccount struct{ ID, Mask string }

// linkTokenLife is how long a token for Plaid Link is good. (Inferred: four hours are what Plaid says of its own.)
const linkTokenLife = 4 * time.Hour

// CreateLinkToken makes a token to start Plaid Link with. A counterparty is one whose verification the user comes back
// to; nil means that accounts are to be linked. It fails with a Refusal if there is nothing to come back to.
func (t *Tx) CreateLinkToken(customer uuid.UUID, counterparty *uuid.UUID) (token string, expires time.Time, err error) {
	if _, err := t.openCustomer(customer); err != nil {
		return "", time.Time{}, err
	}
	if counterparty != nil {
		c := t.counterparties.Get(*counterparty)
		if c == nil || c.CustomerID != customer || !c.awaitsUser() {
			return "", time.Time{}, invalid("counterparty", "must be the id of a counterparty of the customer whose "+
				"micro-deposits the user has to confirm in Plaid Link", "body", "counterparty_id")
		}
	}
	return "link-sandbox-" + t.newID().String(), t.now.Add(linkTokenLife), nil
}

// awaitsUser reports whether the user has to come back to Plaid Link.
func (c *Counterparty) awaitsUser() bool {
	return c.Plaid != nil && c.Plaid.Status == PlaidPendingManual && c.DueAt.IsZero() && !c.Held &&
		c.Status == CounterpartyInProgress
}

// plaidRoutingNumber is that of every account that is linked through Plaid: nine digits with the right check digit,
// which no bank has. Nobody but Plaid knows the real one.
const plaidRoutingNumber = "999999989"

// plaidDigits are those of its account number.
const plaidDigits = 10

var maskPattern = regexp.MustCompile(`^[0-9]{1,4}$`)

// CreatePlaidCounterparties makes a counterparty of each account that a user has chosen in Plaid Link. With an
// institution they are verified by Plaid at once; without one, the user has taken the way by same-day micro-deposits,
// and has to come back. (Source: the contract; how long it takes, and which statuses that shows, is inferred.)
func (t *Tx) CreatePlaidCounterparties(customer uuid.UUID, institution string, accounts []PlaidAccount) (
	[]*Counterparty, error) {
	owner, err := t.openCustomer(customer)
	if err != nil {
		return nil, err
	}
	if len(accounts) == 0 {
		return nil, invalid("accounts", "must name an account that the user has chosen", "body", "accounts")
	}
	course, err := t.course("createPlaidCounterparties")
	if err != nil {
		return nil, err
	}
	var all []*Counterparty
	for i, a := range accounts {
		if a.ID == "" {
			return nil, invalid("account", "must be Plaid's id of the account", "body", "accounts", strconv.Itoa(i),
				"id")
		}
		number := t.digits(t.tx.Draw(), plaidDigits)
		switch {
		case maskPattern.MatchString(a.Mask):
			number = number[:plaidDigits-len(a.Mask)] + a.Mask
		case a.Mask == "":
			a.Mask = number[plaidDigits-4:]
		}
		c := &Counterparty{ID: t.newID(), CustomerID: customer, Kind: CounterpartyACH, Status: CounterpartyInProgress,
			Created: t.now, RoutingNumber: plaidRoutingNumber, AccountNumber: number,
			Plaid: &Plaid{AccountID: a.ID, Mask: a.Mask}}
		if institution == "" {
			c.Verification, c.Plaid.Status = MicroDeposits, PlaidPendingManual
		} else {
			c.Institution = "Bank " + institution
			c.Verification, c.Plaid.Status, c.DueAt = PlaidLinked, PlaidPendingAutomatic, t.now
		}
		if course.Fate != nil {
			c.Course = course
			c.beginPlaid(t.now)
		}
		c.complete(owner)
		t.counterparties.Insert(t.tx, c)
		all = append(all, c)
	}
	return all, nil
}

// beginPlaid has the verification of an account that was linked go as its fate says.
func (c *Counterparty) beginPlaid(now time.Time) {
	switch c.Fate.State {
	case string(PlaidPendingManual):
		c.Verification, c.Plaid.Status, c.DueAt, c.Course = MicroDeposits, PlaidPendingManual, time.Time{}, Course{}
		return
	case string(PlaidManual):
		c.Verification, c.Plaid.Status = MicroDeposits, PlaidPendingManual
	case string(PlaidPendingAutomatic), string(PlaidAutomatic):
		c.Verification, c.Plaid.Status = PlaidLinked, PlaidPendingAutomatic
	case stateInProgress, statePending:
		c.Plaid.Status = ""
	}
	c.DueAt = c.next(now)
}

// VerifyPlaidCounterparty goes on with the verification of a counterparty after its user has confirmed the
// micro-deposits in Plaid Link. It fails with a Refusal if nobody waits for that.
func (t *Tx) VerifyPlaidCounterparty(customer, id uuid.UUID) error {
	if _, err := t.openCustomer(customer); err != nil {
		return err
	}
	c, err := t.Counterparty(customer, id)
	if err != nil {
		return err
	}
	if !c.awaitsUser() {
		return invalid("plaid_verification", "the counterparty waits for no micro-deposits that Plaid has made", "path",
			"counterparty_id")
	}
	changed := *c
	if changed.Course, err = t.course("verifyPlaidCounterparty"); err != nil {
		return err
	}
	changed.DueAt = changed.next(t.now)
	t.counterparties.Update(t.tx, &changed)
	return nil
}

var plaidRules = []Rule{
	{[]string{"getCounterpartyV1"}, "Plaid's status is null as long as somebody has a verification wait for it.",
		Inferred, ""},
	{[]string{"createPlaidCounterparties"}, "Without an institution, the user has taken the way by same-day " +
		"micro-deposits, and has to come back.", Documented, "document of March 2024"},
	{[]string{"createPlaidCounterparties"}, "With an institution, Plaid verifies the accounts right after the answer.",
		Inferred, ""},
	{[]string{"verifyPlaidCounterparty"}, "The counterparty is verified right after, whether its micro-deposits can " +
		"have arrived or not.", Inferred, ""},
	{[]string{"createPlaidLinkToken", "verifyPlaidCounterparty"}, "A counterparty that is named must wait for the " +
		"user's micro-deposits.", Inferred, ""},
	{[]string{"createPlaidLinkToken"}, "A token is good for four hours.", Inferred, ""},
	{[]string{"createPlaidCounterparties"}, "There is no Plaid behind it: any public token will do, and the numbers " +
		"of the account are made up, with the mask at the end.", Inferred, ""},
}
