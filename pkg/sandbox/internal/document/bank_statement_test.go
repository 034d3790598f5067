package document_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/document"
)

func TestABankStatementShowsItsAmounts(t *testing.T) {
	t.Parallel()
	pages := pdfPages(t, mustBytes(t, bankStatement(-5, 123456, -20000, 0).PDF))
	text := flat(pages)
	for _, want := range []string{
		"SANDBOX – NOT A DOCUMENT OF A BANK", "Bank statement", "Zoë Müller", "1 Main Street (rear)",
		"160c0c4b-9966-4dc1-a916-8407eb10d74e", "J1 (4-week)", "****5678", "2026-01-01 to 2026-01-31", "-$0.05",
		"$1,234.56", "-$200.00", "$0.00", "$1,234.51", "$1,034.51", "Movement 2", "2026-01-03", "Page 1 of 1",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("it does not show %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, pocket.AccountNumber) {
		t.Error("it shows the whole account number")
	}
}

func TestALongBankStatementRepeatsItsHeads(t *testing.T) {
	t.Parallel()
	amounts := make([]int64, 200)
	for i := range amounts {
		amounts[i] = int64(i)
	}
	pages := pdfPages(t, mustBytes(t, bankStatement(0, amounts...).PDF))
	if len(pages) < 4 {
		t.Fatalf("200 lines are on %d pages", len(pages))
	}
	rows := 0
	for i, page := range pages {
		for _, want := range []string{
			"SANDBOX – NOT A DOCUMENT OF A BANK", "Date", "Description", "Amount", "Balance",
			fmt.Sprintf("Page %d of %d", i+1, len(pages)),
		} {
			if !slices.Contains(page, want) {
				t.Errorf("page %d does not show %q", i+1, want)
			}
		}
		rows += strings.Count(strings.Join(page, "\n"), "Movement ")
	}
	if rows != 200 {
		t.Errorf("%d of 200 lines are shown", rows)
	}
}

func TestNamesInPDFs(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Zoë Müller":             "Zoë Müller",
		"Zoe\u0308 Mu\u0308ller": "Zoë Müller",
		"Řehoř Dvořák":           "Rehor Dvorák",
		"Łukasz Żółw":            "Lukasz Zólw",
		"Đặng":                   "Dang",
		"ﬁne":                    "fine",
		"李 & Sons":               "? & Sons",
		"a 😀 b":                  "a ? b",
		"a\r\n\tb\x00c":          "a b c",
		"\u202Egnirts":           "gnirts",
		"O\u2019Neil \u2013 €":   "O’Neil – €",
		"\xffbad":                "?bad",
		"{nb} of (\\)":           "{nb} of (\\)",
		"\x01":                   "Customer", // Nothing is left of it.
	} {
		s := bankStatement(0)
		s.Holder.Name, s.Holder.Address = name, nil
		if text := flat(pdfPages(t, mustBytes(t, s.PDF))); !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("%q is not shown as %q:\n%s", name, want, text)
		}
	}
}

func TestALongNameIsCut(t *testing.T) {
	t.Parallel()
	s := bankStatement(0, 5)
	s.Holder.Name = strings.Repeat("Wolfeschlegelsteinhausen ", 400)
	s.Lines[0].Description = strings.Repeat("i", 10_000)
	text := flat(pdfPages(t, mustBytes(t, s.PDF)))
	for line := range strings.Lines(text) {
		if len(line) > 200 {
			t.Errorf("a text of %d characters is on one line", len(line))
		}
	}
	if strings.Count(text, "...\n") != 2 || !strings.Contains(text, "Wolfeschlegelsteinhausen Wolfe") {
		t.Errorf("the texts are not cut:\n%s", text)
	}
}

func TestTheLargestAmountsAreShownWhole(t *testing.T) {
	t.Parallel()
	const largest = "-$9,999,999,999,999,999.99"
	text := flat(pdfPages(t, mustBytes(t, bankStatement(0, -document.MaxCents, document.MaxCents).PDF)))
	if strings.Count(text, largest+"\n") != 2 {
		t.Errorf("they are cut:\n%s", text)
	}
	trade := purchase
	trade.Quantity, trade.Price = document.MaxCents/100_00, "100.0000000000000000"
	trade.AmountCents = trade.Quantity * 100_00
	b := document.BrokerageStatement{
		Period: january, OpeningCents: -document.MaxCents, CashCents: -document.MaxCents,
		ClosingCents: -document.MaxCents, Trades: []document.Trade{trade},
	}
	text = flat(pdfPages(t, mustBytes(t, b.PDF)))
	for _, want := range []string{largest, "$9,999,999,999,999,900.00", "99999999999999", trade.Price} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("%s is cut:\n%s", want, text)
		}
	}
}

func TestTheSameInputMakesTheSamePDF(t *testing.T) {
	t.Parallel()
	s := bankStatement(0, 123456)
	first := mustBytes(t, s.PDF)
	for range 5 {
		if !bytes.Equal(first, mustBytes(t, s.PDF)) {
			t.Fatal("the same statement makes other bytes")
		}
	}
	// The same day in another zone is the same moment, so the same bytes.
	s.Period.To = s.Period.To.In(time.FixedZone("", 5*3600))
	if !bytes.Equal(first, mustBytes(t, s.PDF)) {
		t.Error("a zone makes other bytes")
	}
}

func TestABankStatementThatDoesNotAddUpIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*document.BankStatement)
		field string
		want  error
	}{
		{"another closing balance", func(s *document.BankStatement) { s.ClosingCents++ }, "ClosingCents",
			document.ErrTotal},
		{"other credits", func(s *document.BankStatement) { s.CreditCents++ }, "CreditCents", document.ErrTotal},
		{"other debits", func(s *document.BankStatement) { s.DebitCents++ }, "DebitCents", document.ErrTotal},
		{"another opening balance", func(s *document.BankStatement) { s.OpeningCents++ }, "Lines[0].BalanceCents",
			document.ErrTotal},
		{"another balance on the way", func(s *document.BankStatement) { s.Lines[1].BalanceCents++ },
			"Lines[1].BalanceCents", document.ErrTotal},
		{"an amount without end", func(s *document.BankStatement) { s.Lines[1].AmountCents = math.MinInt64 },
			"Lines[1].BalanceCents", document.ErrAmount},
		{"a balance without end", func(s *document.BankStatement) { s.OpeningCents = math.MinInt64 }, "OpeningCents",
			document.ErrAmount},
		{"a line outside the month", func(s *document.BankStatement) { s.Lines[1].Date = day(time.February, 1) },
			"Lines[1].Date", document.ErrDate},
		{"lines out of order", func(s *document.BankStatement) { s.Lines[0].Date = day(time.January, 3) },
			"Lines[1].Date", document.ErrDate},
		{"a line at a time of the day", func(s *document.BankStatement) {
			s.Lines[1].Date = s.Lines[1].Date.Add(5 * time.Hour)
		}, "Lines[1].Date", document.ErrDate},
		{"no period", func(s *document.BankStatement) { s.Period.To = time.Time{} }, "Period.To", document.ErrMissing},
		{"a period that ends first", func(s *document.BankStatement) {
			s.Period.To = s.Period.From.AddDate(0, 0, -1)
		}, "Period.To", document.ErrDate},
		{"a year of five digits", func(s *document.BankStatement) { s.Period.To = s.Period.To.AddDate(9000, 0, 0) },
			"Period.To", document.ErrDate},
	} {
		s := bankStatement(100, 50, -30)
		c.spoil(&s)
		refused(t, c.name, s.Check(), c.field, c.want)
		if _, err := s.PDF(); !errors.Is(err, c.want) {
			t.Errorf("%s is rendered: %v", c.name, err)
		}
	}
}

// refused fails unless err is about that field and has that reason.
func refused(t *testing.T, name string, err error, field string, want error) {
	t.Helper()
	var refusal *document.Error
	if !errors.As(err, &refusal) || refusal.Field != field || !errors.Is(err, want) {
		t.Errorf("%s: Check = %v; want %s: %v", name, err, field, want)
	}
}

// Whatever the texts and amounts are, there is a PDF that a reader can read, or a refusal.
func TestAnyBankStatementIsRenderedOrRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-10_000, 10_000))
		amounts := rapid.SliceOfN(amount, 0, 60).Draw(t, "amounts")
		s := bankStatement(rapid.Int64().Draw(t, "opening")>>rapid.IntRange(0, 60).Draw(t, "shift"), amounts...)
		s.Holder.Name, s.Pocket.Name = oddText().Draw(t, "name"), oddText().Draw(t, "pocket")
		s.Holder.Address = rapid.SliceOfN(oddText(), 0, 9).Draw(t, "address")
		s.Pocket.AccountNumber = oddText().Draw(t, "account")
		for i := range s.Lines {
			s.Lines[i].Description = rapid.StringN(0, 20, -1).Draw(t, "description")
		}
		pdf, err := s.PDF()
		var refusal *document.Error
		if err != nil {
			if !errors.As(err, &refusal) || s.Check() == nil {
				t.Fatalf("it fails without a refusal: %v", err)
			}
			return
		}
		pages := pdfPages(t, pdf)
		for i, page := range pages {
			if !slices.Contains(page, fmt.Sprintf("Page %d of %d", i+1, len(pages))) {
				t.Fatalf("page %d of %d has no number", i+1, len(pages))
			}
		}
	})
}

func BenchmarkBankStatementPDF(b *testing.B) {
	amounts := make([]int64, 1000)
	for i := range amounts {
		amounts[i] = int64(i) - 400
	}
	s := bankStatement(100_000_00, amounts...)
	b.ReportAllocs()
	for b.Loop() {
		pdf, err := s.PDF()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(pdf)), "bytes/doc")
	}
}
