package document_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/document"
)

// partSchema is the part of the published schema that the package writes; publishedSchema may name the whole.
const (
	partSchema      = "testdata/camt.053.001.08-part.xsd"
	publishedSchema = "CAMT053_XSD"
)

// statements is what a reader of a camt.053 looks for. Its names are the standard's, its order is not told.
type statements struct {
	XMLName xml.Name
	Message string `xml:"BkToCstmrStmt>GrpHdr>MsgId"`
	All     []struct {
		ID       string `xml:"Id"`
		Account  string `xml:"Acct>Id>Othr>Id"`
		Name     string `xml:"Acct>Nm"`
		Owner    string `xml:"Acct>Ownr>Nm"`
		From     string `xml:"FrToDt>FrDtTm"`
		To       string `xml:"FrToDt>ToDtTm"`
		Balances []struct {
			Kind   string `xml:"Tp>CdOrPrtry>Cd"`
			Amount string `xml:"Amt"`
			Side   string `xml:"CdtDbtInd"`
			Date   string `xml:"Dt>Dt"`
		} `xml:"Bal"`
		Credits string `xml:"TxsSummry>TtlCdtNtries>Sum"`
		Debits  string `xml:"TxsSummry>TtlDbtNtries>Sum"`
		Entries []struct {
			Amount struct {
				Value    string `xml:",chardata"`
				Currency string `xml:"Ccy,attr"`
			} `xml:"Amt"`
			Side   string `xml:"CdtDbtInd"`
			Booked string `xml:"BookgDt>Dt"`
			Valued string `xml:"ValDt>Dt"`
			ID     string `xml:"AcctSvcrRef"`
			Family string `xml:"BkTxCd>Domn>Fmly>Cd"`
			Kind   string `xml:"BkTxCd>Prtry>Cd"`
			Text   string `xml:"AddtlNtryInf"`
		} `xml:"Ntry"`
		Information string `xml:"AddtlStmtInf"`
	} `xml:"BkToCstmrStmt>Stmt"`
}

func parse(t rapid.TB, made []byte) statements {
	var s statements
	if err := xml.Unmarshal(made, &s); err != nil {
		t.Fatalf("%v in %s", err, made)
	}
	return s
}

func TestABankReportEndsAtZero(t *testing.T) {
	t.Parallel()
	got := parse(t, mustBytes(t, bankReport().XML))
	if got.XMLName.Space != "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08" || len(got.All) != 2 {
		t.Fatalf("it is %v with %d statements", got.XMLName, len(got.All))
	}
	// A UUID fits without its hyphens alone.
	if got.Message != "5b1f0a0e7a554f0c9a583b1d0f6c2e77" {
		t.Errorf("the message is %s", got.Message)
	}
	s := got.All[0]
	if s.Account != "8a7ec6c0270140a1895468870964b50d" || s.Name != pocket.Name || s.Owner != holder.Name ||
		s.From != "2026-01-05T00:00:00" || s.To != "2026-01-05T23:59:59" || s.Credits != "1234.56" ||
		s.Debits != "1234.56" || !strings.Contains(s.Information, "sandbox") {
		t.Errorf("the statement is %+v", s)
	}
	if fmt.Sprint(s.Balances) != "[{OPBD 0.00 CRDT 2026-01-05} {CLBD 0.00 CRDT 2026-01-05}]" {
		t.Errorf("the balances are %v", s.Balances)
	}
	for i, want := range []string{
		`{1234.56 USD} CRDT 2026-01-05 2026-01-05 497f6eca62764993bfeb53cbbbba6f08 RCDT PAYMENT Wire <in> & "out"`,
		`{0.05 USD} DBIT 2026-01-05 2026-01-05  ICDT PAYMENT `,
		`{1234.51 USD} DBIT 2026-01-05 2026-01-06  ACCB SWEEP `,
	} {
		if entry := fmt.Sprint(s.Entries[i]); entry != "{"+want+"}" {
			t.Errorf("entry %d is %s, want %s", i+1, entry, want)
		}
	}
	if s = got.All[1]; s.Account != pocket.AccountNumber || len(s.Entries) != 0 || s.Credits != "0.00" {
		t.Errorf("the statement of a day without entries is %+v", s)
	}
}

func TestABrokerageReportHasTheValueOfTheTBills(t *testing.T) {
	t.Parallel()
	s := parse(t, mustBytes(t, brokerageReport().XML)).All[0]
	if fmt.Sprint(s.Balances) != "[{OPBD 10.00 CRDT 2026-01-05} {CLBD 12.34 CRDT 2026-01-05}]" {
		t.Errorf("the balances are %v", s.Balances)
	}
	sides := map[string]string{}
	for _, e := range s.Entries {
		sides[e.Kind] = e.Amount.Value + " " + e.Side
	}
	want := "map[ADDITION:5.00 CRDT FEE:0.06 DBIT GAIN:0.50 CRDT LOSS:0.10 DBIT SUBTRACTION:3.00 DBIT]"
	if fmt.Sprint(sides) != want {
		t.Errorf("the entries are %v", sides)
	}
}

func TestTextsAreCutAndIdentifiersAreNot(t *testing.T) {
	t.Parallel()
	report := bankReport()
	first := &report.Statements[0]
	first.AccountName, first.HolderName = strings.Repeat("名", 71), strings.Repeat("é", 999)
	first.Entries[0].Description = strings.Repeat("😀", 501)
	s := parse(t, mustBytes(t, report.XML)).All[0]
	if s.Name != strings.Repeat("名", 70) || s.Owner != strings.Repeat("é", 140) ||
		s.Entries[0].Text != strings.Repeat("😀", 500) {
		t.Errorf("the texts are not cut: %+v", s)
	}
	first.AccountID = strings.Repeat("1", 35)
	refused(t, "an account number of 35 digits", report.Check(), "Statements[0].AccountID", document.ErrLength)
}

func TestAReportThatDoesNotAddUpIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*document.CAMT053)
		field string
		want  error
	}{
		{"an unknown type", func(c *document.CAMT053) { c.Type = "TRADE_REPORT" }, "Type", document.ErrValue},
		{"no message id", func(c *document.CAMT053) { c.MessageID = " \x00" }, "MessageID", document.ErrMissing},
		{"a message id without end", func(c *document.CAMT053) { c.MessageID = strings.Repeat("é", 36) }, "MessageID",
			document.ErrLength},
		{"no moment", func(c *document.CAMT053) { c.Created = time.Time{} }, "Created", document.ErrMissing},
		{"no statement", func(c *document.CAMT053) { c.Statements = nil }, "Statements", document.ErrMissing},
		{"one id for two", func(c *document.CAMT053) { c.Statements[1].ID = " 1" }, "Statements[1].ID",
			document.ErrTwice},
		{"no period", func(c *document.CAMT053) { c.Statements[0].Period.From = time.Time{} },
			"Statements[0].Period.From", document.ErrMissing},
		{"a balance that is not swept", func(c *document.CAMT053) {
			c.Statements[0].OpeningCents, c.Statements[0].ClosingCents = 1, 1
		}, "Statements[0].ClosingCents", document.ErrTotal},
		{"another opening balance", func(c *document.CAMT053) { c.Statements[0].OpeningCents = 1 },
			"Statements[0].ClosingCents", document.ErrTotal},
		{"an entry of the other side", func(c *document.CAMT053) { c.Statements[0].Entries[0].Kind = "GAIN" },
			"Statements[0].Entries[0].Kind", document.ErrValue},
		{"an entry of another day", func(c *document.CAMT053) {
			c.Statements[0].Entries[1].Booked = day(time.January, 6)
		}, "Statements[0].Entries[1].Booked", document.ErrDate},
		{"entries out of order", func(c *document.CAMT053) {
			c.Statements[0].Period.To = day(time.January, 6)
			c.Statements[0].Entries[0].Booked = day(time.January, 6)
		}, "Statements[0].Entries[1].Booked", document.ErrDate},
		{"valued at a time of the day", func(c *document.CAMT053) {
			c.Statements[0].Entries[1].Valued = c.Created
		}, "Statements[0].Entries[1].Valued", document.ErrDate},
		{"an entry without end", func(c *document.CAMT053) { c.Statements[0].Entries[0].AmountCents = math.MinInt64 },
			"Statements[0].Entries[0].AmountCents", document.ErrAmount},
		{"an entry id without end", func(c *document.CAMT053) {
			c.Statements[0].Entries[0].ID = strings.Repeat("1", 36)
		}, "Statements[0].Entries[0].ID", document.ErrLength},
		{"credits without end", func(c *document.CAMT053) {
			first := day(time.January, 5)
			c.Statements[0].Entries = []document.Entry{
				{Kind: document.EntryPayment, Booked: first, AmountCents: document.MaxCents},
				{Kind: document.EntrySweep, Booked: first, AmountCents: -document.MaxCents},
				{Kind: document.EntryPayment, Booked: first, AmountCents: 1},
				{Kind: document.EntrySweep, Booked: first, AmountCents: -1},
			}
		}, "Statements[0].Entries: the sum of credits", document.ErrAmount},
	} {
		report := bankReport()
		c.spoil(&report)
		refused(t, c.name, report.Check(), c.field, c.want)
		if _, err := report.XML(); !errors.Is(err, c.want) {
			t.Errorf("%s is written: %v", c.name, err)
		}
	}
	for kind, cents := range map[document.EntryKind]int64{
		document.EntryAddition: -1, document.EntrySubtraction: 1, document.EntryGain: -1, document.EntryLoss: 1,
		document.EntryFee: 1,
	} {
		report := brokerageReport()
		report.Statements[0].Entries = []document.Entry{{Kind: kind, Booked: day(time.January, 5), AmountCents: cents}}
		refused(t, "a sign that is not that of "+string(kind), report.Check(), "Statements[0].Entries[0].AmountCents",
			document.ErrAmount)
	}
}

// anyReport draws reports that add up, mostly, with texts and amounts of all kinds.
func anyReport() *rapid.Generator[document.CAMT053] {
	return rapid.Custom(func(t *rapid.T) document.CAMT053 {
		report := bankReport()
		kinds := []document.EntryKind{document.EntryPayment, document.EntrySweep}
		if rapid.Bool().Draw(t, "brokerage") {
			report.Type = document.ReportBrokerage
			kinds = []document.EntryKind{"ADDITION", "SUBTRACTION", "GAIN", "LOSS", "FEE"}
		}
		id := rapid.OneOf(oddText(), rapid.StringN(1, 36, -1))
		report.MessageID = rapid.OneOf(id, rapid.Just("1")).Draw(t, "message")
		report.Created = time.Unix(rapid.Int64Range(-70_000_000_000, 260_000_000_000).Draw(t, "created"), 0)
		report.Statements = nil
		for i := range rapid.IntRange(1, 3).Draw(t, "statements") {
			first := day(time.January, 1).AddDate(rapid.IntRange(-2024, 7973).Draw(t, "years"), 0, 0)
			s := document.AccountStatement{
				ID: fmt.Sprint(i), AccountID: rapid.OneOf(id, rapid.Just("1")).Draw(t, "account"),
				AccountName: oddText().Draw(t, "name"), HolderName: oddText().Draw(t, "holder"),
				Period:       document.Period{From: first, To: first},
				OpeningCents: rapid.Int64Range(-document.MaxCents, document.MaxCents).Draw(t, "opening"),
			}
			s.ClosingCents = s.OpeningCents
			for range rapid.IntRange(0, 4).Draw(t, "entries") {
				e := document.Entry{
					ID: rapid.StringN(0, 36, -1).Draw(t, "entry"), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
					Booked: first, Description: oddText().Draw(t, "description"),
				}
				size := rapid.Int64Range(0, document.MaxCents/rapid.SampledFrom([]int64{1, 1e6, 1e12}).Draw(t, "part"))
				e.AmountCents = size.Draw(t, "amount")
				switch e.Kind {
				case document.EntrySubtraction, document.EntryLoss, document.EntryFee, document.EntrySweep:
					e.AmountCents = -e.AmountCents
				case document.EntryPayment, document.EntryAddition, document.EntryGain:
				}
				s.Entries, s.ClosingCents = append(s.Entries, e), s.ClosingCents+e.AmountCents
			}
			if report.Type == document.ReportBank {
				s.OpeningCents, s.ClosingCents = s.OpeningCents-s.ClosingCents, 0
			}
			report.Statements = append(report.Statements, s)
		}
		return report
	})
}

// Whatever the texts and amounts are, there is XML with all of it, as far as it has room, or a refusal.
func TestAnyReportIsWrittenOrRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		report := anyReport().Draw(t, "report")
		made, err := report.XML()
		var refusal *document.Error
		if err != nil {
			if !errors.As(err, &refusal) || report.Check() == nil {
				t.Fatalf("it fails without a refusal: %v", err)
			}
			return
		}
		if !utf8.Valid(made) {
			t.Fatal("it is not UTF-8")
		}
		got := parse(t, made)
		if len(got.All) != len(report.Statements) {
			t.Fatalf("%d statements of %d", len(got.All), len(report.Statements))
		}
		for i, s := range report.Statements {
			if len(got.All[i].Entries) != len(s.Entries) {
				t.Fatalf("%d entries of %d", len(got.All[i].Entries), len(s.Entries))
			}
			if !strings.HasPrefix(printable(s.HolderName), printable(got.All[i].Owner)) {
				t.Fatalf("%q is written as %q", s.HolderName, got.All[i].Owner)
			}
		}
	})
}

func TestReportsAreValid(t *testing.T) {
	t.Parallel()
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("xmllint is missing: install libxml2-utils")
		}
		t.Skip("xmllint is missing: install libxml2-utils")
	}
	folder := t.TempDir()
	var files []string
	write := func(made []byte) {
		files = append(files, filepath.Join(folder, fmt.Sprintf("%03d.xml", len(files))))
		if err := os.WriteFile(files[len(files)-1], made, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(mustBytes(t, bankReport().XML))
	write(mustBytes(t, brokerageReport().XML))
	for seed := range 150 {
		if made, err := anyReport().Example(seed).XML(); err == nil {
			write(made)
		}
	}
	if len(files) < 30 {
		t.Fatalf("only %d of 150 reports are written", len(files))
	}
	schemas := []string{partSchema}
	if published := os.Getenv(publishedSchema); published != "" {
		schemas = append(schemas, published)
	}
	for _, schema := range schemas {
		out, err := exec.Command(xmllint, append([]string{"--noout", "--nonet", "--schema", schema}, files...)...).
			CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", schema, err, out[:min(len(out), 4000)])
		}
	}
}

func BenchmarkCAMT053(b *testing.B) {
	report := brokerageReport()
	s := &report.Statements[0]
	for range 1000 {
		s.Entries = append(s.Entries, document.Entry{
			ID: purchase.ID, Kind: document.EntryGain, Booked: day(time.January, 5), AmountCents: 5,
			Description: "US T-Bill",
		})
		s.ClosingCents += 5
	}
	b.ReportAllocs()
	for b.Loop() {
		made, err := report.XML()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(made)), "bytes/doc")
	}
}
