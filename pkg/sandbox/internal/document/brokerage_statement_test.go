package document_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/document"
)

func TestABrokerageStatementShowsItsAmounts(t *testing.T) {
	t.Parallel()
	text := flat(pdfPages(t, mustBytes(t, brokerageStatement().PDF)))
	for _, want := range []string{
		"SANDBOX – NOT A DOCUMENT OF A BANK", "Brokerage statement", "2026-01-01 to 2026-01-31", "$100.00",
		"$209,354.04", "-$0.05", "$2,945.96", "$212,349.95", "912797HF7", "2140", "$214,000.00", "$212,050.00",
		"$212,350.00", "2026-02-27", "BUY", "MATURITY", "98.612361", "2026-01-06", "pending", "$212,300.00",
		"Holdings on 2026-01-31",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("it does not show %q:\n%s", want, text)
		}
	}
}

func TestABrokerageStatementWithoutHoldingsSaysSo(t *testing.T) {
	t.Parallel()
	s := document.BrokerageStatement{Period: january}
	if text := flat(pdfPages(t, mustBytes(t, s.PDF))); strings.Count(text, "None\n") != 2 {
		t.Errorf("it does not say that there are no holdings and no trades:\n%s", text)
	}
}

func TestABrokerageStatementThatDoesNotAddUpIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*document.BrokerageStatement)
		field string
		want  error
	}{
		{"another closing value", func(s *document.BrokerageStatement) { s.ClosingCents++ }, "ClosingCents",
			document.ErrTotal},
		{"other cash", func(s *document.BrokerageStatement) { s.CashCents++ }, "ClosingCents", document.ErrTotal},
		{"another market value", func(s *document.BrokerageStatement) { s.Holdings[0].MarketCents-- }, "ClosingCents",
			document.ErrTotal},
		{"other earnings", func(s *document.BrokerageStatement) { s.EarnedCents++ }, "ClosingCents",
			document.ErrTotal},
		{"a withdrawal below zero", func(s *document.BrokerageStatement) { s.WithdrawnCents = -1 }, "WithdrawnCents",
			document.ErrAmount},
		{"another face value", func(s *document.BrokerageStatement) { s.Holdings[0].FaceCents-- },
			"Holdings[0].FaceCents", document.ErrTotal},
		{"a holding of none", func(s *document.BrokerageStatement) { s.Holdings[0].Quantity = 0 },
			"Holdings[0].Quantity", document.ErrAmount},
		{"a holding without maturity", func(s *document.BrokerageStatement) {
			s.Holdings[0].MaturityDate = time.Time{}
		}, "Holdings[0].MaturityDate", document.ErrMissing},
		{"a trade outside the month", func(s *document.BrokerageStatement) {
			s.Trades[1].TradeDate = day(time.February, 1)
		}, "Trades[1].TradeDate", document.ErrDate},
		{"a trade that does not add up", func(s *document.BrokerageStatement) { s.Trades[0].AmountCents = 1 },
			"Trades[0].AmountCents", document.ErrTotal},
	} {
		s := brokerageStatement()
		c.spoil(&s)
		refused(t, c.name, s.Check(), c.field, c.want)
		if _, err := s.PDF(); !errors.Is(err, c.want) {
			t.Errorf("%s is rendered: %v", c.name, err)
		}
	}
}

func TestATradeIsItsQuantityTimesItsPrice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*document.Trade)
		field string
		want  error
	}{
		{"a cent more, as of an amount rounded up", func(t *document.Trade) { t.AmountCents++ }, "", nil},
		{"a dollar more", func(t *document.Trade) { t.AmountCents += 100 }, "AmountCents", document.ErrTotal},
		{"a price without a number", func(t *document.Trade) { t.Price = "" }, "Price", document.ErrValue},
		{"a price in another form", func(t *document.Trade) { t.Price = "1e2" }, "Price", document.ErrValue},
		{"a price below zero", func(t *document.Trade) { t.Price = "-98.6" }, "Price", document.ErrValue},
		{"a price without end", func(t *document.Trade) { t.Price = strings.Repeat("9", 1000) }, "Price",
			document.ErrValue},
		{"a yield below zero", func(t *document.Trade) { t.YieldToMaturity = "-0.001" }, "", nil},
		{"a yield in words", func(t *document.Trade) { t.YieldToMaturity = "high" }, "YieldToMaturity",
			document.ErrValue},
		{"an unknown activity", func(t *document.Trade) { t.Activity = "HOLD" }, "Activity", document.ErrValue},
		{"a maturity with a price", func(t *document.Trade) { t.Activity = document.ActivityMaturity }, "Price",
			document.ErrValue},
		{"a maturity below its face value", func(t *document.Trade) { t.Activity, t.Price = "MATURITY", "" },
			"AmountCents", document.ErrTotal},
		{"settled before it was made", func(t *document.Trade) { t.SettlementDate = day(time.January, 4) },
			"SettlementDate", document.ErrDate},
		{"settled at a time of the day", func(t *document.Trade) {
			t.SettlementDate = t.SettlementDate.Add(time.Second)
		}, "SettlementDate", document.ErrDate},
		{"made in a year of five digits", func(t *document.Trade) { t.Traded = t.Traded.AddDate(9000, 0, 0) },
			"Traded", document.ErrDate},
	} {
		trade := purchase
		c.spoil(&trade)
		if err := trade.Check(); c.want == nil && err != nil {
			t.Errorf("%s is refused: %v", c.name, err)
		} else if c.want != nil {
			refused(t, c.name, err, c.field, c.want)
		}
	}
}

func TestATradeConfirmationShowsItsTrade(t *testing.T) {
	t.Parallel()
	c := document.TradeConfirmation{Holder: holder, Pocket: pocket, Trade: purchase}
	text := flat(pdfPages(t, mustBytes(t, c.PDF)))
	for _, want := range []string{
		"SANDBOX – NOT A DOCUMENT OF A BANK", purchase.ID, "BUY", "2026-01-05T15:30:00Z", "2026-01-06", "912796RF6",
		"2123", "$212,300.00", "$98.612361", "$209,354.04", "0.0468",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("it does not show %q:\n%s", want, text)
		}
	}
}

func TestSomeTradesHaveNoConfirmation(t *testing.T) {
	t.Parallel()
	c := document.TradeConfirmation{Trade: maturity}
	refused(t, "a maturity", c.Check(), "Trade.Activity", document.ErrValue)
	c.Trade = purchase
	c.Trade.Traded = time.Time{}
	refused(t, "a trade without a moment", c.Check(), "Trade.Traded", document.ErrMissing)
	if _, err := c.PDF(); !errors.Is(err, document.ErrMissing) {
		t.Errorf("it is rendered: %v", err)
	}
}

func TestATaxFormSaysThatItIsNone(t *testing.T) {
	t.Parallel()
	f := taxForm()
	for i := range 60 {
		f.Items = append(f.Items, document.TaxItem{Date: day(time.April, 1+i%30)})
	}
	pages := pdfPages(t, mustBytes(t, f.PDF))
	if len(pages) < 2 {
		t.Fatal("it is on one page")
	}
	for i, page := range pages {
		if page[0] != "SANDBOX – NOT A TAX DOCUMENT" {
			t.Errorf("page %d begins with %q", i+1, page[0])
		}
	}
	text := flat(pages)
	for _, want := range []string{
		"Interest of the year 2026, in place of 1099INT", "Interest earned in the year", "$212,300.05", "$209,354.04",
		"$2,946.01", "$2,945.96", "$0.05",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("it does not show %q:\n%s", want, text)
		}
	}
}

func TestATaxFormOfSalesMayHaveALoss(t *testing.T) {
	t.Parallel()
	f := taxForm()
	f.Type, f.Items, f.ProceedsCents, f.CostCents, f.EarnedCents = document.TaxForm1099B, f.Items[:1], 5, 10, -5
	f.Items[0].ProceedsCents, f.Items[0].CostCents = 5, 10
	if text := flat(pdfPages(t, mustBytes(t, f.PDF))); !strings.Contains(text, "Gain or loss of the year\n-$0.05\n") {
		t.Errorf("it does not show the loss:\n%s", text)
	}
}

func TestATaxFormThatDoesNotAddUpIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*document.TaxForm)
		field string
		want  error
	}{
		{"an unknown type", func(f *document.TaxForm) { f.Type = "1099DIV" }, "Type", document.ErrValue},
		{"no year", func(f *document.TaxForm) { f.Year = 0 }, "Year", document.ErrDate},
		{"an item of another year", func(f *document.TaxForm) { f.Year = 2025 }, "Items[0].Date", document.ErrDate},
		{"other interest", func(f *document.TaxForm) { f.EarnedCents++ }, "EarnedCents", document.ErrTotal},
		{"other proceeds", func(f *document.TaxForm) { f.ProceedsCents++ }, "ProceedsCents", document.ErrTotal},
		{"another cost", func(f *document.TaxForm) { f.CostCents++ }, "CostCents", document.ErrTotal},
		{"a cost below zero", func(f *document.TaxForm) { f.Items[0].CostCents = -1 }, "Items[0].CostCents",
			document.ErrAmount},
	} {
		f := taxForm()
		c.spoil(&f)
		refused(t, c.name, f.Check(), c.field, c.want)
		if _, err := f.PDF(); !errors.Is(err, c.want) {
			t.Errorf("%s is rendered: %v", c.name, err)
		}
	}
}

// anyTrade draws trades of all kinds, most of which add up.
func anyTrade() *rapid.Generator[document.Trade] {
	return rapid.Custom(func(t *rapid.T) document.Trade {
		trade := purchase
		trade.ID, trade.CUSIP = oddText().Draw(t, "id"), oddText().Draw(t, "cusip")
		trade.PocketID, trade.Description = oddText().Draw(t, "pocket"), oddText().Draw(t, "description")
		trade.Activity = rapid.SampledFrom([]document.Activity{"BUY", "SELL", "MATURITY", "HOLD"}).Draw(t, "activity")
		trade.Quantity = rapid.Int64Range(-1, 1_000_000).Draw(t, "quantity")
		trade.Price, trade.AmountCents = "98.50", trade.Quantity*98_50
		if trade.Activity == document.ActivityMaturity {
			trade.Price, trade.AmountCents = "", trade.Quantity*100_00
		}
		if rapid.Bool().Draw(t, "unsettled") {
			trade.SettlementDate, trade.Traded, trade.YieldToMaturity = time.Time{}, time.Time{}, ""
		}
		return trade
	})
}

// Whatever the texts and amounts are, there is a PDF that a reader can read, or a refusal.
func TestAnyOtherPDFIsRenderedOrRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := brokerageStatement()
		s.Holder.Name = oddText().Draw(t, "name")
		s.Holdings[0].Description = oddText().Draw(t, "holding")
		s.Trades = rapid.SliceOfN(anyTrade(), 0, 5).Draw(t, "trades")
		f := taxForm()
		f.Year = rapid.IntRange(-1, 10_001).Draw(t, "year")
		for i := range f.Items {
			f.Items[i].Date = f.Items[i].Date.AddDate(f.Year-2026, 0, 0)
			f.Items[i].Description = oddText().Draw(t, "item")
		}
		for _, d := range []interface {
			Check() error
			PDF() ([]byte, error)
		}{s, f, document.TradeConfirmation{Holder: s.Holder, Trade: anyTrade().Draw(t, "trade")}} {
			pdf, err := d.PDF()
			var refusal *document.Error
			switch {
			case err == nil:
				pdfPages(t, pdf)
			case !errors.As(err, &refusal) || d.Check() == nil:
				t.Fatalf("%T fails without a refusal: %v", d, err)
			}
		}
	})
}
