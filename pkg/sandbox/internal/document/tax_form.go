package document

import (
	"fmt"
	"time"
)

// TaxFormType is one of the yearly kinds of the contract's StatementType.
type TaxFormType string

// The yearly forms. (Inferred: what a T-bill earned until its maturity is interest and so on 1099INT; what it was sold
// for before is on 1099B.)
const (
	TaxForm1099INT TaxFormType = "1099INT"
	TaxForm1099B   TaxFormType = "1099B"
)

// TaxForm is the summary of what a pocket earned in a year. It is no form of the tax office and says so.
type TaxForm struct {
	Type   TaxFormType
	Year   int
	Holder Holder
	Pocket Pocket
	// Items are what the year's totals are of.
	Items []TaxItem
	// ProceedsCents and CostCents are the sums of those of the items, EarnedCents is their difference: the year's
	// interest, or its gain or loss.
	ProceedsCents, CostCents, EarnedCents int64
}

// TaxItem is a T-bill that was paid out or sold. Interest of another kind has proceeds and no cost.
type TaxItem struct {
	// Date is the civil date on which the money came.
	Date               time.Time
	CUSIP, Description string
	// ProceedsCents came in, CostCents had been paid. Neither is negative.
	ProceedsCents, CostCents int64
}

const taxNotice = "SANDBOX \u2013 NOT A TAX DOCUMENT"

// Check refuses a form whose items are of another year or do not make its totals.
func (f TaxForm) Check() error {
	if f.Type != TaxForm1099INT && f.Type != TaxForm1099B {
		return refuse("Type", ErrValue)
	}
	if f.Year < 1 || f.Year > 9999 {
		return refuse("Year", fmt.Errorf("%w: it is not between 1 and 9999", ErrDate))
	}
	proceeds, cost := make([]int64, 0, len(f.Items)), make([]int64, 0, len(f.Items))
	for i, it := range f.Items {
		name := item("Items", i)
		if err := f.year().holds(name+".Date", it.Date); err != nil {
			return err
		}
		if err := firstError(positive(name+".ProceedsCents", it.ProceedsCents),
			positive(name+".CostCents", it.CostCents)); err != nil {
			return err
		}
		proceeds, cost = append(proceeds, it.ProceedsCents), append(cost, it.CostCents)
	}
	return firstError(total("ProceedsCents", f.ProceedsCents, proceeds...), total("CostCents", f.CostCents, cost...),
		total("EarnedCents", f.EarnedCents, f.ProceedsCents, -f.CostCents))
}

func (f TaxForm) year() Period {
	return Period{
		From: time.Date(f.Year, time.January, 1, 0, 0, 0, 0, time.UTC),
		To:   time.Date(f.Year, time.December, 31, 0, 0, 0, 0, time.UTC),
	}
}

// PDF renders the form if Check has nothing against it.
func (f TaxForm) PDF() ([]byte, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	earned, title := "Interest earned in the year", "Interest of the year"
	if f.Type == TaxForm1099B {
		earned, title = "Gain or loss of the year", "Sales of the year"
	}
	p := newPages(fmt.Sprintf("%s %04d, in place of %s", title, f.Year, f.Type), taxNotice, f.year().To)
	p.parties(f.Holder, f.Pocket, pair{"Year", fmt.Sprintf("%04d", f.Year)})
	p.heading("Summary")
	p.facts([]pair{
		{"Proceeds", dollars(f.ProceedsCents)}, {"Cost", dollars(f.CostCents)}, {earned, dollars(f.EarnedCents)},
	})
	p.heading("Items")
	p.table([]column{
		{"Date", 51, "L"}, {"CUSIP", 50, "L"}, {"Description", 136, "L"}, {"Proceeds", 101, "R"}, {"Cost", 101, "R"},
		{"Earned", 101, "R"},
	}, len(f.Items), func(i int) []string {
		it := f.Items[i]
		return []string{
			date(it.Date), it.CUSIP, it.Description, dollars(it.ProceedsCents), dollars(it.CostCents),
			dollars(it.ProceedsCents - it.CostCents),
		}
	})
	return p.bytes()
}
