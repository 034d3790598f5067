package document_test

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/document"
)

func day(month time.Month, dayOfMonth int) time.Time {
	return time.Date(2026, month, dayOfMonth, 0, 0, 0, 0, time.UTC)
}

var (
	january = document.Period{From: day(time.January, 1), To: day(time.January, 31)}
	holder  = document.Holder{
		Name: "Zoë Müller", Address: []string{"1 Main Street (rear)", "Springfield, IL 62701"},
		CustomerID: "160c0c4b-9966-4dc1-a916-8407eb10d74e",
	}
	pocket = document.Pocket{
		ID: "8a7ec6c0-2701-40a1-8954-68870964b50d", Name: "J1 (4-week)", AccountNumber: "900012345678",
	}
	purchase = document.Trade{
		ID: "497f6eca-6276-4993-bfeb-53cbbbba6f08", Traded: time.Date(2026, 1, 5, 15, 30, 0, 0, time.UTC),
		TradeDate: day(time.January, 5), SettlementDate: day(time.January, 6), Activity: document.ActivityBuy,
		CUSIP: "912796RF6", Description: "US T-Bill", Quantity: 2123, Price: "98.612361", AmountCents: 20935404,
		MaturityDate: day(time.January, 30), YieldToMaturity: "0.0468",
	}
	maturity = document.Trade{
		ID: "3f0d3c6a-6a0e-4c0b-8b55-0c9f3c1d7e21", TradeDate: day(time.January, 30),
		Activity: document.ActivityMaturity, CUSIP: "912796RF6", Description: "US T-Bill", Quantity: 2123,
		AmountCents: 21230000, MaturityDate: day(time.January, 30),
	}
)

// bankStatement returns one with the given amounts, a day apart as far as the month goes.
func bankStatement(opening int64, amounts ...int64) document.BankStatement {
	s := document.BankStatement{
		Holder: holder, Pocket: pocket, Period: january, OpeningCents: opening, ClosingCents: opening,
	}
	for i, cents := range amounts {
		s.ClosingCents += cents
		if cents < 0 {
			s.DebitCents -= cents
		} else {
			s.CreditCents += cents
		}
		s.Lines = append(s.Lines, document.Line{
			Date: day(time.January, min(i+1, 31)), Description: "Movement " + strconv.Itoa(i+1), AmountCents: cents,
			BalanceCents: s.ClosingCents,
		})
	}
	return s
}

func brokerageStatement() document.BrokerageStatement {
	return document.BrokerageStatement{
		Holder: holder, Pocket: pocket, Period: january, OpeningCents: 100_00, AddedCents: 20935404,
		WithdrawnCents: 50_00, EarnedCents: 294596, FeeCents: 5, CashCents: -5,
		Holdings: []document.Holding{
			{
				CUSIP: "912797HF7", Description: "US T-Bill", Quantity: 2140, FaceCents: 21400000, CostCents: 21205000,
				MarketCents: 21235000, MaturityDate: day(time.February, 27),
			},
		},
		Trades: []document.Trade{purchase, maturity}, ClosingCents: 21234995,
	}
}

func taxForm() document.TaxForm {
	return document.TaxForm{
		Type: document.TaxForm1099INT, Year: 2026, Holder: holder, Pocket: pocket,
		Items: []document.TaxItem{
			{
				Date: day(time.January, 30), CUSIP: "912796RF6", Description: "US T-Bill", ProceedsCents: 21230000,
				CostCents: 20935404,
			},
			{Date: day(time.March, 2), Description: "Interest", ProceedsCents: 5},
		},
		ProceedsCents: 21230005, CostCents: 20935404, EarnedCents: 294601,
	}
}

func bankReport() document.CAMT053 {
	first := day(time.January, 5)
	return document.CAMT053{
		Type: document.ReportBank, MessageID: "5b1f0a0e-7a55-4f0c-9a58-3b1d0f6c2e77",
		Created: time.Date(2026, 1, 6, 8, 0, 0, 0, time.UTC),
		Statements: []document.AccountStatement{
			{
				ID: "1", AccountID: pocket.ID, AccountName: pocket.Name, HolderName: holder.Name,
				Period: document.Period{From: first, To: first},
				Entries: []document.Entry{
					{
						ID: purchase.ID, Kind: document.EntryPayment, Booked: first, AmountCents: 123456,
						Description: "Wire <in> & \"out\"",
					},
					{Kind: document.EntryPayment, Booked: first, AmountCents: -5},
					{Kind: document.EntrySweep, Booked: first, Valued: first.AddDate(0, 0, 1), AmountCents: -123451},
				},
			},
			{
				ID: "2", AccountID: pocket.AccountNumber,
				Period: document.Period{From: first.AddDate(0, 0, 1), To: first.AddDate(0, 0, 1)},
			},
		},
	}
}

func brokerageReport() document.CAMT053 {
	report := bankReport()
	report.Type = document.ReportBrokerage
	report.Statements = report.Statements[:1]
	report.Statements[0].OpeningCents, report.Statements[0].ClosingCents = 1000, 1234
	report.Statements[0].Entries = nil
	for kind, cents := range map[document.EntryKind]int64{
		document.EntryAddition: 500, document.EntrySubtraction: -300, document.EntryGain: 50, document.EntryLoss: -10,
		document.EntryFee: -6,
	} {
		report.Statements[0].Entries = append(report.Statements[0].Entries,
			document.Entry{Kind: kind, Booked: day(time.January, 5), AmountCents: cents})
	}
	return report
}

// pdfPages reads a PDF as a reader does: from its end to the table of where its objects are, and from there the pages.
// It fails when anything is not where the table has it. Each page is the texts that it shows.
func pdfPages(t interface {
	Helper()
	Fatalf(string, ...any)
}, pdf []byte) [][]string {
	t.Helper()
	end := regexp.MustCompile(`(?s)startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(pdf)
	if end == nil || !bytes.HasPrefix(pdf, []byte("%PDF-1.")) {
		t.Fatalf("it has no beginning or no end of a PDF: %q", pdf[max(0, len(pdf)-100):])
	}
	start, _ := strconv.Atoi(string(end[1]))
	table := regexp.MustCompile(`^xref\n0 (\d+)\n0000000000 65535 f \n((?:\d{10} 00000 n \n)*)trailer\n<<\n` +
		`/Size (\d+)\n/Root (\d+) 0 R\n/Info (\d+) 0 R\n>>\nstartxref\n`).FindSubmatch(pdf[min(start, len(pdf)):])
	if table == nil || !bytes.Equal(table[1], table[3]) {
		t.Fatalf("startxref %d is not where the table is, or the table has not what the trailer says", start)
	}
	objects := map[string][]byte{}
	for i, entry := range strings.Split(strings.TrimSuffix(string(table[2]), "\n"), "\n") {
		number := strconv.Itoa(i + 1)
		offset, _ := strconv.Atoi(entry[:10])
		head := []byte(number + " 0 obj\n")
		if !bytes.HasPrefix(pdf[min(offset, len(pdf)):], head) {
			t.Fatalf("object %s is not at %d", number, offset)
		}
		body, _, ended := bytes.Cut(pdf[offset+len(head):], []byte("\nendobj\n"))
		if !ended {
			t.Fatalf("object %s has no end", number)
		}
		objects[number] = body
	}
	if size := strconv.Itoa(len(objects) + 1); size != string(table[1]) {
		t.Fatalf("the table has %s objects, and says %s", size, table[1])
	}
	for _, number := range []string{string(table[4]), string(table[5])} {
		if objects[number] == nil {
			t.Fatalf("object %s of the trailer is missing", number)
		}
	}
	kids := regexp.MustCompile(`(?s)/Type /Pages\n/Kids \[(.*?)\]\n/Count (\d+)`).FindSubmatch(objects["1"])
	if kids == nil {
		t.Fatalf("the first object is not the list of pages: %s", objects["1"])
	}
	var pages [][]string
	for _, kid := range regexp.MustCompile(`(\d+) 0 R`).FindAllSubmatch(kids[1], -1) {
		contents := regexp.MustCompile(`/Contents (\d+) 0 R`).FindSubmatch(objects[string(kid[1])])
		if contents == nil {
			t.Fatalf("page %s has no contents", kid[1])
		}
		stream := regexp.MustCompile(`(?s)^<</Length (\d+)>>\nstream\n(.*)\nendstream$`).
			FindSubmatch(objects[string(contents[1])])
		if stream == nil || strconv.Itoa(len(stream[2])) != string(stream[1]) {
			t.Fatalf("the contents of page %s have not the length that they say", kid[1])
		}
		pages = append(pages, texts(stream[2]))
	}
	if strconv.Itoa(len(pages)) != string(kids[2]) {
		t.Fatalf("%d pages, where the list says %s", len(pages), kids[2])
	}
	return pages
}

var (
	shown   = regexp.MustCompile(`(?s)\(((?:[^\\()]|\\.)*)\) ?Tj`)
	escaped = regexp.MustCompile(`(?s)\\(.)`)
)

// texts returns what a page shows, in the order in which it is drawn.
func texts(stream []byte) []string {
	var all []string
	for _, match := range shown.FindAllSubmatch(stream, -1) {
		text, _ := charmap.Windows1252.NewDecoder().Bytes(escaped.ReplaceAll(match[1], []byte("$1")))
		all = append(all, string(text))
	}
	return all
}

// flat joins the texts of all pages, a line each.
func flat(pages [][]string) string {
	var b strings.Builder
	for _, page := range pages {
		b.WriteString(strings.Join(page, "\n") + "\n")
	}
	return b.String()
}

func mustBytes(t *testing.T, render func() ([]byte, error)) []byte {
	t.Helper()
	made, err := render()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// oddText draws texts that formats stumble over.
func oddText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{
			"", " ", "=1+1", " \t=1+1", "-5", "@SUM(A1)", "\uFF1D1", "]]>", "<!--", "&amp;", "{nb}", "\x01", "a\x00b",
			"(((", "\\", ")", "\\)", "\U0001F469\u200D\U0001F467 family", "\u202E001$", "مرحبا", "Ďáblův Łódź", "日本",
			"\xff\xfe", "\uFFFE", "\r\n", "\"a\", b", strings.Repeat("x", 10_000), strings.Repeat("名", 10_000),
			strings.Repeat("a\u0301\u0302", 3_000),
		}),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 80), func(b []byte) string { return string(b) }),
	)
}
