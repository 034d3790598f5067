package demo

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// start is when the sandbox's clock begins: a Monday, 10:00 in New York. It stands still until a step moves it.
var start = time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)

// weeks is how long the journey waits: the T-bills that it buys fall due within four.
const weeks = 30 * 24 * time.Hour

// month is the one whose statement is there then.
const month = "2026-01"

// seeBills looks at what a pocket's money is in.
func (j *journey) seeBills() error {
	pocket, err := j.client.Pockets.Get(j.ctx, j.pockets[operating], nil)
	if err != nil {
		return err
	}
	var value, quantity int64
	for _, s := range pocket.Portfolio.Securities {
		held, err := s.Value()
		if err != nil {
			return err
		}
		bill, ok := held.(partner.FixedIncomeSecurity)
		if !ok {
			return fmt.Errorf("not as it should be: a security is a %T", held)
		}
		value += bill.MarketValue.Value
		quantity += bill.Quantity
		j.page.tell("T-bills", fmt.Sprintf(": %d of %s at $%s, worth %s, due %s", bill.Quantity, bill.CUSIP,
			bill.JikoMarkPrice, dollars(bill.MarketValue.Value), bill.MaturityDate.Format(time.DateOnly)))
	}
	cash := pocket.Portfolio.Cash.Value
	j.page.tell("Cash", ": "+dollars(cash))
	return check(quantity > 0 && value+cash == funding, "%d T-bills worth %d cents and %d cents of cash", quantity,
		value, cash)
}

// wait lets the T-bills fall due.
func (j *journey) wait() error {
	if err := j.bank.Advance(j.ctx, weeks); err != nil {
		return err
	}
	page, err := j.client.Trades.ListForCustomer(j.ctx, j.customerID, nil)
	if err != nil {
		return err
	}
	var activities []string
	for _, t := range page.Items {
		activity, err := t.Discriminator()
		if err != nil {
			return err
		}
		activities = append([]string{activity}, activities...) // The latest comes first.
	}
	j.page.tell("Trades", ": "+strings.Join(activities, ", "))
	err = check(strings.Contains(strings.Join(activities, " "), "MATURITY BUY"), "nothing has matured")
	if err != nil {
		return err
	}
	earned, err := j.client.Pockets.GetEarnings(j.ctx, j.pockets[operating], nil)
	if err != nil {
		return err
	}
	j.earned = earned.Earnings.Value
	j.page.tell("Earned", ": "+dollars(j.earned))
	return check(j.earned > 0, "the pocket has earned %d cents", j.earned)
}

// readStatement fetches the statement of the month that is over.
func (j *journey) readStatement() error {
	page, err := j.client.Statements.ListForCustomer(j.ctx, j.customerID, nil)
	if err != nil {
		return err
	}
	for _, s := range page.Items {
		if s.Key != month || s.JikoAccountID != j.pockets[operating] || s.Type != partner.StatementTypeBrokerage {
			continue
		}
		r, err := http.NewRequestWithContext(j.ctx, http.MethodGet, s.PDFDownloadURL, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		pdf, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		if err != nil {
			return err
		}
		j.page.tell("Statement", fmt.Sprintf(": %s of %s, a PDF behind a link that works for ten minutes", s.Type,
			s.Key))
		return check(bytes.HasPrefix(pdf, []byte("%PDF-")), "what the link leads to is no PDF")
	}
	return check(false, "there is no statement of %s", month)
}
