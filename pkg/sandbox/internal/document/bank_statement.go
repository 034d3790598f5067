package document

import (
	"fmt"
	"time"
)

// BankStatement is the monthly statement of a pocket's bank account, the contract's StatementType BANK.
type BankStatement struct {
	Holder Holder
	Pocket Pocket
	Period Period
	// OpeningCents is the balance before the first line.
	OpeningCents int64
	// Lines are the movements, oldest first.
	Lines []Line
	// CreditCents and DebitCents are the sums of what came in and of what went out. Neither is negative.
	CreditCents, DebitCents int64
	// ClosingCents is the balance after the last line.
	ClosingCents int64
}

// Line is one movement on a bank account.
type Line struct {
	// Date is the civil date of the booking.
	Date        time.Time
	Description string
	// AmountCents is positive when money comes in, negative when it goes out.
	AmountCents int64
	// BalanceCents is the balance after the line.
	BalanceCents int64
}

// Check refuses a statement whose lines are out of order or do not lead from one balance to the other.
func (s BankStatement) Check() error {
	if err := s.Period.Check(); err != nil {
		return within("Period", err)
	}
	if err := bounded("OpeningCents", s.OpeningCents); err != nil {
		return err
	}
	balance, credits, debits, last := s.OpeningCents, int64(0), int64(0), s.Period.From
	for i, line := range s.Lines {
		name := item("Lines", i)
		if err := s.Period.holds(name+".Date", line.Date); err != nil {
			return err
		}
		if line.Date.Before(last) {
			return refuse(name+".Date", fmt.Errorf("%w: it is before that of the line above", ErrDate))
		}
		if err := total(name+".BalanceCents", line.BalanceCents, balance, line.AmountCents); err != nil {
			return err
		}
		side, field := &credits, "CreditCents"
		if line.AmountCents < 0 {
			side, field = &debits, "DebitCents"
		}
		var err error
		if *side, err = sum(field, *side, max(line.AmountCents, -line.AmountCents)); err != nil {
			return err
		}
		balance, last = line.BalanceCents, line.Date
	}
	return firstError(total("CreditCents", s.CreditCents, credits), total("DebitCents", s.DebitCents, debits),
		total("ClosingCents", s.ClosingCents, balance))
}

// PDF renders the statement if Check has nothing against it.
func (s BankStatement) PDF() ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	p := newPages("Bank statement", sandboxNotice, s.Period.To)
	p.parties(s.Holder, s.Pocket, pair{"Period", s.Period.String()})
	p.heading("Summary")
	p.facts([]pair{
		{"Opening balance", dollars(s.OpeningCents)}, {"Total credits", dollars(s.CreditCents)},
		{"Total debits", dollars(s.DebitCents)}, {"Closing balance", dollars(s.ClosingCents)},
	})
	p.heading("Transactions")
	p.table([]column{{"Date", 56, "L"}, {"Description", 284, "L"}, {"Amount", 100, "R"}, {"Balance", 100, "R"}},
		len(s.Lines), func(i int) []string {
			line := s.Lines[i]
			return []string{date(line.Date), line.Description, dollars(line.AmountCents), dollars(line.BalanceCents)}
		})
	return p.bytes()
}
