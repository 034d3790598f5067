package document_test

import (
	"encoding/csv"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/document"
)

func TestTradesAsCSV(t *testing.T) {
	t.Parallel()
	trade := purchase
	trade.PocketID, trade.Description = pocket.ID, "US T-Bill, \"4 weeks\""
	got := string(mustBytes(t, func() ([]byte, error) { return document.TradesCSV([]document.Trade{trade, maturity}) }))
	want := strings.Join([]string{
		"trade_id,pocket_id,trade_datetime,trade_date,settlement_date,activity,cusip,description,quantity,price," +
			"amount,maturity_date,yield_to_maturity",
		"497f6eca-6276-4993-bfeb-53cbbbba6f08,8a7ec6c0-2701-40a1-8954-68870964b50d,2026-01-05T15:30:00Z,2026-01-05," +
			`2026-01-06,BUY,912796RF6,"US T-Bill, ""4 weeks""",2123,98.612361,209354.04,2026-01-30,0.0468`,
		"3f0d3c6a-6a0e-4c0b-8b55-0c9f3c1d7e21,,,2026-01-30,,MATURITY,912796RF6,US T-Bill,2123,,212300.00," +
			"2026-01-30,",
		"",
	}, "\r\n")
	if got != want {
		t.Errorf("TradesCSV =\n%s\nwant\n%s", got, want)
	}
}

func TestNoFieldOfACSVIsAFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@A1": "'@A1", "\t=1": "'=1", "\r\n=1": "'=1", "\u200B=1": "'=1",
		"\uFF1D1": "'\uFF1D1", "a=1": "a=1", "'=1": "'=1", "": "",
	} {
		lines := []document.Line{{Date: day(time.January, 1), Description: text, AmountCents: -5, BalanceCents: 1}}
		records := read(t, mustBytes(t, func() ([]byte, error) { return document.TransactionsCSV(lines) }))
		if got := records[1]; got[1] != want || got[2] != "-0.05" || got[3] != "0.01" {
			t.Errorf("%q is written as %q", text, got)
		}
	}
}

func read(t rapid.TB, made []byte) [][]string {
	records, err := csv.NewReader(strings.NewReader(string(made))).ReadAll()
	if err != nil {
		t.Fatalf("%v in %q", err, made)
	}
	return records
}

func TestWhatIsNoTradeOrLineHasNoCSV(t *testing.T) {
	t.Parallel()
	_, err := document.TradesCSV([]document.Trade{purchase, {}})
	refused(t, "an empty trade", err, "Trades[1].TradeDate", document.ErrMissing)
	line := document.Line{Date: day(time.January, 1), AmountCents: math.MinInt64}
	_, err = document.TransactionsCSV([]document.Line{line})
	refused(t, "an amount without end", err, "Lines[0].AmountCents", document.ErrAmount)
}

// Whatever the texts are, CSV reads back as it was written, and no text is a formula or on two lines.
func TestAnyCSVReadsBackTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		trades := rapid.SliceOfN(anyTrade(), 0, 5).Draw(t, "trades")
		made, err := document.TradesCSV(trades)
		var refusal *document.Error
		if err != nil {
			if !errors.As(err, &refusal) {
				t.Fatalf("it fails without a refusal: %v", err)
			}
			return
		}
		records := read(t, made)
		if len(records) != len(trades)+1 || strings.Count(string(made), "\r\n") != len(records) {
			t.Fatalf("%d trades make %d records in %q", len(trades), len(records), made)
		}
		for i, trade := range trades {
			for j, text := range map[int]string{0: trade.ID, 1: trade.PocketID, 6: trade.CUSIP,
				7: trade.Description} {
				got := records[i+1][j]
				if strings.IndexAny(got, "=+-@\uFF1D\uFF0B\uFF0D\uFF20") == 0 ||
					strings.ContainsFunc(got, unicode.IsControl) {
					t.Fatalf("%q is written as %q", text, got)
				}
				if words := printable(text); words != printable(strings.TrimPrefix(got, "'")) &&
					words != printable(got) {
					t.Fatalf("%q is written as %q", text, got)
				}
			}
		}
	})
}

// printable is what must be left of a text: its letters, digits and signs.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf) || r == '\uFFFE' || r == '\uFFFF' ||
			r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
}

func BenchmarkTradesCSV(b *testing.B) {
	trades := make([]document.Trade, 1000)
	for i := range trades {
		trades[i] = purchase
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := document.TradesCSV(trades); err != nil {
			b.Fatal(err)
		}
	}
}
