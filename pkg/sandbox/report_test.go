package sandbox_test

import (
	"encoding/csv"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// camt is what tests read of a camt.053.
type camt struct {
	Statements []struct {
		Account  string `xml:"Acct>Id>Othr>Id"`
		From     string `xml:"FrToDt>FrDtTm"`
		Balances []struct {
			Kind   string `xml:"Tp>CdOrPrtry>Cd"`
			Amount string `xml:"Amt"`
			Side   string `xml:"CdtDbtInd"`
		} `xml:"Bal"`
		Entries []struct {
			Amount string `xml:"Amt"`
			Side   string `xml:"CdtDbtInd"`
			Kind   string `xml:"BkTxCd>Prtry>Cd"`
		} `xml:"Ntry"`
	} `xml:"BkToCstmrStmt>Stmt"`
}

// balances are the closing balances by the account, without hyphens, and the day. It fails when entries do not lead
// from one balance to the other, or one day does not begin as the day before has ended.
func (c camt) balances(t *testing.T) map[string]int64 {
	t.Helper()
	signed := func(amount, side string) int64 {
		if side == "DBIT" {
			return -amountOf(t, amount)
		}
		return amountOf(t, amount)
	}
	closing, last := map[string]int64{}, map[string]int64{}
	for _, s := range c.Statements {
		var opening, end int64
		for _, b := range s.Balances {
			switch b.Kind {
			case "OPBD":
				opening = signed(b.Amount, b.Side)
			case "CLBD":
				end = signed(b.Amount, b.Side)
			}
		}
		if before, known := last[s.Account]; known && opening != before {
			t.Errorf("%s begins with %d, and the day before has ended with %d", s.From, opening, before)
		}
		sum := opening
		for _, e := range s.Entries {
			sum += signed(e.Amount, e.Side)
		}
		if sum != end {
			t.Errorf("%s: the entries make %d of %d; want %d", s.From, sum, opening, end)
		}
		last[s.Account], closing[s.Account+" "+s.From[:10]] = end, end
	}
	return closing
}

func civil(t *testing.T, text string) *openapi_types.Date {
	t.Helper()
	at, err := time.Parse(time.DateOnly, text)
	return &openapi_types.Date{Time: must(t, at, err)}
}

// report asks for a report, waits for it, and fetches its file.
func (q *aQuarter) report(t *testing.T, request partnerapi.CreateReportRequest) answer {
	t.Helper()
	r, err := q.Reports.Create(t.Context(), request)
	r = must(t, r, err)
	address := q.server.URL + "/__sandbox/reports/" + r.ID.String() + "/"
	bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+q.token) }
	if a := q.fetch(t, http.MethodGet, address, bearer); *r.Status != "PENDING" || a.status != http.StatusConflict {
		t.Errorf("a new report is %s, and its file is answered with %d", *r.Status, a.status)
	}
	if err := q.bank.RunUntilQuiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, err := q.Reports.List(t.Context(), nil)
	if got := must(t, page, err).Items[0]; got.ID != r.ID || *got.Status != "COMPLETED" {
		t.Errorf("the latest report is %s, %s; want %s", got.ID, *got.Status, r.ID)
	}
	a := q.fetch(t, http.MethodGet, address, bearer)
	if a.status != http.StatusOK || a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return a
}

func (q *aQuarter) testReports(t *testing.T) {
	compact := func(pocket uuid.UUID) string { return strings.ReplaceAll(pocket.String(), "-", "") }
	all := partnerapi.CreateReportRequest{DateFrom: civil(t, "2026-01-01"), DateTo: civil(t, "2026-05-01"),
		OutputFormats: []string{"CAMT053"}}

	all.Type = partnerapi.ReportTypeBankStatementReport
	bank := q.report(t, all)
	var read camt
	if err := xml.Unmarshal([]byte(bank.body), &read); err != nil {
		t.Fatal(err)
	}
	// The first pocket is open on 116 days until 1 May, the second on 59 until it is closed.
	balances := read.balances(t)
	if len(balances) != 116+59 {
		t.Errorf("%d statements", len(balances))
	}
	for day, cents := range balances {
		if cents != 0 {
			t.Errorf("%s ends with %d", day, cents)
		}
	}
	var paid int64
	for _, s := range read.Statements {
		for _, e := range s.Entries {
			if e.Kind == "PAYMENT" && s.Account == compact(q.pockets[0]) {
				cents := amountOf(t, e.Amount)
				if e.Side == "DBIT" {
					cents = -cents
				}
				paid += cents
			}
		}
	}
	if earned := q.earned["2026-04"]; paid != q.value["2026-04"]-earned {
		t.Errorf("payments make %d; want %d", paid, q.value["2026-04"]-earned)
	}

	all.Type, all.OutputFormats = partnerapi.ReportTypeBrokerageStatementReport, nil
	brokerage := q.report(t, all)
	read = camt{}
	if err := xml.Unmarshal([]byte(brokerage.body), &read); err != nil {
		t.Fatal(err)
	}
	balances = read.balances(t)
	for day, key := range map[string]string{"2026-01-31": "2026-01", "2026-02-28": "2026-02", "2026-03-31": "2026-03",
		"2026-04-30": "2026-04"} {
		if got, want := balances[compact(q.pockets[0])+" "+day], q.value[key]-q.cash[key]; got != want {
			t.Errorf("on %s the T-bills are worth %d; want %d", day, got, want)
		}
	}
	if got := balances[compact(q.pockets[1])+" 2026-03-05"]; got != 0 {
		t.Errorf("when it is closed, the pocket has T-bills for %d", got)
	}

	q.testTradeReport(t)
	q.testReportOfToday(t)
}

func (q *aQuarter) testTradeReport(t *testing.T) {
	request := partnerapi.CreateReportRequest{Type: partnerapi.ReportTypeTradeReport, DateFrom: civil(t, "2026-02-01"),
		DateTo: civil(t, "2026-02-28"), OutputFormats: []string{"CSV"}}
	for _, pockets := range [][]uuid.UUID{nil, {q.pockets[1], q.pockets[0], q.pockets[1]}, q.pockets[1:]} {
		request.PocketIDs = pockets
		a := q.report(t, request)
		rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
		var got []string
		for _, row := range must(t, rows, err)[1:] {
			got = append(got, strings.Join([]string{row[0], row[1], row[5],
				strconv.FormatInt(amountOf(t, row[10]), 10)}, " "))
		}
		var want []string
		for _, x := range slices.Backward(q.all(t)) {
			if strings.HasPrefix(x.booked, "2026-02") && x.activity != "MATURITY" &&
				(len(pockets) != 1 || x.pocket == pockets[0]) {
				want = append(want, strings.Join([]string{x.id.String(), x.pocket.String(), x.activity,
					strconv.FormatInt(x.cents, 10)}, " "))
			}
		}
		if !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%q; want %q", got, want)
		}
		if a.header.Get("Content-Type") != "text/csv; charset=utf-8" ||
			a.header.Get("Content-Disposition") != "attachment; filename=report-2026-02-01-2026-02-28.csv" {
			t.Errorf("%v", a.header)
		}
	}
}

// What happens after a report was completed does not change it, not even at the same moment.
func (q *aQuarter) testReportOfToday(t *testing.T) {
	r, err := q.Reports.Create(t.Context(), partnerapi.CreateReportRequest{
		Type: partnerapi.ReportTypeBrokerageStatementReport, PocketIDs: q.pockets[:1]})
	r = must(t, r, err)
	if today := r.DateTo.String(); r.DateFrom.String() != today || today != "2026-05-04" {
		t.Errorf("it is from %s to %s", r.DateFrom, today)
	}
	if err := q.bank.RunUntilQuiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	address := q.server.URL + "/__sandbox/reports/" + r.ID.String() + "/"
	bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+q.token) }
	before := q.fetch(t, http.MethodGet, address, bearer)
	q.fund(t, q.pockets[0], 1_000_000)
	if after := q.fetch(t, http.MethodGet, address, bearer); after.body != before.body ||
		before.status != http.StatusOK {
		t.Errorf("the report has changed: %d %s", after.status, after.body)
	}
	for name, change := range map[string]func(*http.Request){
		"no token":      func(*http.Request) {},
		"another token": func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
		"two tokens": func(r *http.Request) {
			bearer(r)
			r.Header.Add("Authorization", "Bearer x")
		},
		"another way": func(r *http.Request) { r.SetBasicAuth(username, password.Reveal()) },
	} {
		if a := q.fetch(t, http.MethodGet, address, change); a.status != http.StatusUnauthorized ||
			a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for _, id := range []string{uuid.NewString(), "x"} {
		a := q.fetch(t, http.MethodGet, q.server.URL+"/__sandbox/reports/"+id+"/", bearer)
		if a.status != http.StatusNotFound {
			t.Errorf("report %s: %d %s", id, a.status, a.body)
		}
	}
}

func (q *aQuarter) testReportRefusals(t *testing.T) {
	statement, trade := partnerapi.ReportTypeBankStatementReport, partnerapi.ReportTypeTradeReport
	for _, c := range []struct {
		name    string
		request partnerapi.CreateReportRequest
		places  []string
	}{
		{"an unknown pocket", partnerapi.CreateReportRequest{Type: statement, PocketIDs: []uuid.UUID{q.pockets[0],
			uuid.New()}}, []string{"body.pocket_ids.1"}},
		{"a statement as CSV", partnerapi.CreateReportRequest{Type: statement,
			OutputFormats: []string{"CAMT053", "CSV"}}, []string{"body.output_formats.1"}},
		{"trades as camt.053", partnerapi.CreateReportRequest{Type: trade, OutputFormats: []string{"CAMT053"}},
			[]string{"body.output_formats.0"}},
		{"tomorrow", partnerapi.CreateReportRequest{Type: trade, DateTo: civil(t, "2026-05-05")},
			[]string{"body.date_to"}},
		{"an end before the beginning", partnerapi.CreateReportRequest{Type: trade, DateFrom: civil(t, "2026-03-02"),
			DateTo: civil(t, "2026-03-01")}, []string{"body.date_from"}},
		{"days on which no pocket was open", partnerapi.CreateReportRequest{Type: statement,
			DateFrom: civil(t, "2025-03-02"), DateTo: civil(t, "2025-03-03")}, []string{"body"}},
		{"two faults", partnerapi.CreateReportRequest{Type: statement, OutputFormats: []string{"PDF"},
			DateTo: civil(t, "2027-03-03")}, []string{"body.output_formats.0", "body.date_to"}},
	} {
		if _, err := q.Reports.Create(t.Context(), c.request); err == nil {
			t.Errorf("%s is not refused", c.name)
		} else {
			refused(t, err, http.StatusUnprocessableEntity, c.places...)
		}
	}
	page, err := q.Reports.List(t.Context(), &partnerapi.ListReportRequestsParams{Limit: ptr(2)})
	if p := must(t, page, err); len(p.Items) != 2 || p.NextPage.IsNull() {
		t.Errorf("%+v", p)
	}
	_, err = q.Reports.List(t.Context(), &partnerapi.ListReportRequestsParams{Cursor: ptr("x")})
	refused(t, err, http.StatusUnprocessableEntity, "query.cursor")
}
