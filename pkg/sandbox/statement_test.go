package sandbox_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/internal/calendar"
)

func TestStatements(t *testing.T) {
	q := quarter(t)
	t.Run("lists", q.testStatementLists)
	t.Run("pages", q.testStatementPages)
	t.Run("bank statements", q.testBankStatements)
	t.Run("brokerage statements", q.testBrokerageStatements)
	t.Run("links", q.testLinks)
	t.Run("confirmations", q.testConfirmations)
	t.Run("the trades of a customer", q.testTrades)
	t.Run("the trades of v1", q.testTradesV1)
	t.Run("reports", q.testReports)
	t.Run("what a report refuses", q.testReportRefusals)
	t.Run("forms of a year", q.testForms) // It goes into the next year.
}

func (q *aQuarter) testStatementLists(t *testing.T) {
	months := func(pocket string, keys ...string) (all []string) {
		for _, key := range keys {
			all = append(all, pocket+" BROKERAGE "+key, pocket+" BANK "+key)
		}
		return all
	}
	asc := partnerapi.OrderAsc
	for _, c := range []struct {
		name   string
		params partnerapi.ListCustomerStatementsParams
		want   []string
	}{
		{"newest first, as long as a pocket is open", partnerapi.ListCustomerStatementsParams{}, slices.Concat(
			months("a", "2026-04"), months("b", "2026-03"), months("a", "2026-03"), months("b", "2026-02"),
			months("a", "2026-02"), months("b", "2026-01"), months("a", "2026-01"))},
		{"one month, oldest first", partnerapi.ListCustomerStatementsParams{Order: &asc, Key: ptr("2026-02")},
			[]string{"a BANK 2026-02", "a BROKERAGE 2026-02", "b BANK 2026-02", "b BROKERAGE 2026-02"}},
		{"one type", partnerapi.ListCustomerStatementsParams{Account: q.pockets[:1],
			Type: []partnerapi.StatementType{partnerapi.StatementTypeBank}},
			[]string{"a BANK 2026-04", "a BANK 2026-03", "a BANK 2026-02", "a BANK 2026-01"}},
		{"one pocket and month", partnerapi.ListCustomerStatementsParams{Account: q.pockets[1:], Key: ptr("2026-03")},
			months("b", "2026-03")},
		{"a month that is not over", partnerapi.ListCustomerStatementsParams{Key: ptr("2026-05")}, nil},
		{"a month before", partnerapi.ListCustomerStatementsParams{Key: ptr("2025-12")}, nil},
		{"no month", partnerapi.ListCustomerStatementsParams{Key: ptr("2026-13")}, nil},
		{"a year that is not over", partnerapi.ListCustomerStatementsParams{Key: ptr("2026")}, nil},
		{"the pocket of nobody", partnerapi.ListCustomerStatementsParams{Account: []uuid.UUID{uuid.New()}}, nil},
	} {
		if got := q.what(q.statements(t, c.params)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q; want %q", c.name, got, c.want)
		}
	}
	ofAccount := q.Statements.ListForAccount //nolint:staticcheck // SA1019: callers still use it.
	page, err := ofAccount(t.Context(), q.pockets[1], nil)
	if got := q.what(must(t, page, err).Items); !slices.Equal(got, months("b", "2026-03", "2026-02", "2026-01")) {
		t.Errorf("of a pocket: %q", got)
	}
	// 1 March 2026 is a Sunday.
	march := q.statements(t, partnerapi.ListCustomerStatementsParams{Key: ptr("2026-02")})[0]
	if want := ny(2026, time.March, 2, 6, 0); !march.TimeCreated.Equal(want) {
		t.Errorf("made at %v; want %v", march.TimeCreated, want)
	}
	_, err = ofAccount(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
	_, err = q.Statements.ListForCustomer(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
	_, err = ofAccount(t.Context(), q.pockets[0], &partnerapi.ListAccountStatementsParams{Cursor: ptr("x")})
	refused(t, err, http.StatusUnprocessableEntity, "query.cursor")
}

func (q *aQuarter) testStatementPages(t *testing.T) {
	all := q.statements(t, partnerapi.ListCustomerStatementsParams{})
	var ids []uuid.UUID
	for _, s := range all {
		ids = append(ids, s.ID)
	}
	for _, limit := range []int{1, 3, 5, 14} {
		var got []uuid.UUID
		for s, err := range q.Statements.AllForCustomer(t.Context(), q.customer,
			&partnerapi.ListCustomerStatementsParams{Limit: &limit}) {
			got = append(got, must(t, s, err).ID)
		}
		if !slices.Equal(got, ids) {
			t.Errorf("with pages of %d: %d statements of %d, or in another order", limit, len(got), len(ids))
		}
	}
}

func (q *aQuarter) testBankStatements(t *testing.T) {
	for i, pocket := range q.pockets {
		statements := q.statements(t, partnerapi.ListCustomerStatementsParams{Account: []uuid.UUID{pocket},
			Type: []partnerapi.StatementType{partnerapi.StatementTypeBank}})
		for _, s := range statements {
			first := must2(t, calendar.Parse, s.Key+"-01")
			from, to := first.At(0, 0), first.LastOfMonth().AddDays(1).At(0, 0).Add(-time.Nanosecond)
			var credits, debits int64
			var lines []string
			for x, err := range q.Transactions.AllForPocket(t.Context(), pocket,
				&partnerapi.ListPocketTransactionsParams{IncludeSweeps: ptr(true), TimeBookedFrom: &from,
					TimeBookedTo: &to, Order: ptr(partnerapi.OrderAsc)}) {
				cents, booked := moved(t, must(t, x, err))
				credits, debits = credits+max(cents, 0), debits+max(-cents, 0)
				lines = append(lines, fmt.Sprint(calendar.DateOf(booked), " ", cents))
			}
			document := q.pdf(t, s.PDFDownloadURL)
			for name, want := range map[string]int64{"Opening balance": 0, "Total credits": credits,
				"Total debits": debits, "Closing balance": 0} {
				if got := document.cents(t, name); got != want {
					t.Errorf("pocket %d, %s, %s: %d; want %d", i, s.Key, name, got, want)
				}
			}
			var got []string
			for _, row := range document.rows(t, "Transactions", 4) {
				got = append(got, fmt.Sprint(row[0], " ", amountOf(t, row[2])))
			}
			if !slices.Equal(got, lines) {
				t.Errorf("pocket %d, %s: %q; want %q", i, s.Key, got, lines)
			}
			if !document.has("Jiko Customer") || !document.has("Berkeley, CA 94701") ||
				!document.has(s.JikoAccountID.String()) {
				t.Errorf("it does not say whose it is: %q", []string(document))
			}
		}
	}
}

// must2 is must for a function.
func must2[A, B any](t *testing.T, f func(A) (B, error), a A) B {
	t.Helper()
	b, err := f(a)
	return must(t, b, err)
}

// moved is what a transaction of any kind moved, and when.
func moved(t *testing.T, x partnerapi.Transaction) (cents int64, booked time.Time) {
	t.Helper()
	if value, err := x.Value(); err != nil {
		t.Fatal(err)
	} else if sweep, ok := value.(partnerapi.SweepTransaction); ok {
		cents, booked = sweep.Amount.Value, sweep.TimeBooked
		if sweep.Direction == partnerapi.TransactionDirectionDebit {
			cents = -cents
		}
		return cents, booked
	}
	e := read(t, x)[0]
	return e.cents, e.time
}

func (q *aQuarter) testBrokerageStatements(t *testing.T) {
	statements := q.statements(t, partnerapi.ListCustomerStatementsParams{Account: q.pockets[:1],
		Order: ptr(partnerapi.OrderAsc), Type: []partnerapi.StatementType{partnerapi.StatementTypeBrokerage}})
	var value, earned int64
	maturities := 0
	for _, s := range statements {
		document := q.pdf(t, s.PDFDownloadURL)
		for name, want := range map[string]int64{"Opening value": value, "Closing value": q.value[s.Key],
			"Earnings of the period": q.earned[s.Key] - earned, "Cash": q.cash[s.Key], "Fees": 0} {
			if got := document.cents(t, name); got != want {
				t.Errorf("%s, %s: %d; want %d", s.Key, name, got, want)
			}
		}
		flow := document.cents(t, "Added") - document.cents(t, "Withdrawn")
		if want := q.value[s.Key] - value - (q.earned[s.Key] - earned); flow != want {
			t.Errorf("%s: %d came in; want %d", s.Key, flow, want)
		}
		value, earned = q.value[s.Key], q.earned[s.Key]
		for _, row := range document.rows(t, "Trades", 8) {
			if !strings.HasPrefix(row[0], s.Key) {
				t.Errorf("%s has a trade of %s", s.Key, row[0])
			}
			if row[2] == "MATURITY" {
				maturities++
			}
		}
	}
	if maturities < 2 || earned <= 0 {
		t.Errorf("%d maturities, %d cents earned: the months are not told by them", maturities, earned)
	}
	// What was bought on Saturday, 31 January, is there then, and traded on Monday.
	february := q.pdf(t, statements[1].PDFDownloadURL)
	if !slices.ContainsFunc(february.rows(t, "Trades", 8), func(row []string) bool {
		return row[0] == "2026-02-02" && row[2] == "BUY"
	}) {
		t.Errorf("the purchase of the weekend is not in February: %q", []string(february))
	}
	// The second pocket ends with nothing.
	closed := q.statements(t, partnerapi.ListCustomerStatementsParams{Account: q.pockets[1:], Key: ptr("2026-03"),
		Type: []partnerapi.StatementType{partnerapi.StatementTypeBrokerage}})[0]
	if got := q.pdf(t, closed.PDFDownloadURL).cents(t, "Closing value"); got != 0 {
		t.Errorf("the closed pocket has %d", got)
	}
}

func (q *aQuarter) testLinks(t *testing.T) {
	one := partnerapi.ListCustomerStatementsParams{Account: q.pockets[:1], Key: ptr("2026-01")}
	address := q.statements(t, one)[0].PDFDownloadURL
	if again := q.statements(t, one)[0].PDFDownloadURL; again != address {
		t.Errorf("at the same time there are two addresses: %s, %s", address, again)
	}
	if !strings.HasPrefix(address, q.server.URL+"/__sandbox/documents/") {
		t.Errorf("the address is elsewhere: %s", address)
	}
	prefix := q.server.URL + "/__sandbox/documents/"
	token, file, _ := strings.Cut(strings.TrimPrefix(address, prefix), "/")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	forged := func(change func([]byte) []byte) string {
		return base64.RawURLEncoding.EncodeToString(change(slices.Clone(raw)))
	}
	for name, address := range map[string]string{
		"no token":         prefix + "x/" + file,
		"another MAC":      prefix + forged(func(b []byte) []byte { b[0] ^= 1; return b }) + "/" + file,
		"another time":     prefix + forged(func(b []byte) []byte { b[36] ^= 1; return b }) + "/" + file,
		"another pocket":   prefix + forged(func(b []byte) []byte { b[45] ^= 1; return b }) + "/" + file,
		"another month":    prefix + forged(func(b []byte) []byte { b[len(b)-1]++; return b }) + "/" + file,
		"half a token":     prefix + token[:len(token)/2] + "/" + file,
		"a longer token":   prefix + token + "AA/" + file,
		"other characters": prefix + token + "=/" + file,
		"another file":     prefix + token + "/x.pdf",
		"no file":          prefix + token,
		"a folder":         prefix + token + "/",
	} {
		if a := q.fetch(t, http.MethodGet, address); a.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := q.fetch(t, http.MethodPost, address); a.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", a.status)
	}
	if a := q.fetch(t, http.MethodHead, address); a.status != http.StatusOK || a.body != "" ||
		a.header.Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d %v", a.status, a.header)
	}
	if a := q.fetch(t, http.MethodGet, address, func(r *http.Request) {
		r.Host = "evil.example"
	}); a.status != http.StatusMisdirectedRequest {
		t.Errorf("by a foreign name: %d", a.status)
	}
	// By another host, the same document has another address, and works there.
	a := q.raw(t, uuid.NewString(), http.MethodGet, "/api/v1/jiko-accounts/"+q.pockets[0].String()+"/statements/", "",
		func(r *http.Request) { r.Host = "sandbox.localhost:1234" })
	if !strings.Contains(a.body, `"http://sandbox.localhost:1234/__sandbox/documents/`) {
		t.Errorf("the address has not the host of the request: %s", a.body)
	}
	// It lives for ten minutes.
	began := q.bank.Time()
	q.set(t, began.Add(10*time.Minute-time.Second))
	_ = q.pdf(t, address)
	q.set(t, began.Add(10*time.Minute))
	if a := q.fetch(t, http.MethodGet, address); a.status != http.StatusGone || !strings.Contains(a.body, "expired") {
		t.Errorf("after ten minutes: %d %s", a.status, a.body)
	}
	if strings.Contains(q.log.String(), token[:40]) {
		t.Error("the log has a token of a document")
	}
	fresh := q.statements(t, one)[0].PDFDownloadURL
	if fresh == address {
		t.Error("the address is the old one")
	}
	_ = q.pdf(t, fresh)
}

func (q *aQuarter) testForms(t *testing.T) {
	yearly := partnerapi.ListCustomerStatementsParams{Key: ptr("2026"), Order: ptr(partnerapi.OrderAsc)}
	// 15 February 2027 is a Monday, and Presidents' Day.
	q.set(t, ny(2027, time.February, 16, 5, 59))
	if got := q.statements(t, yearly); len(got) > 0 {
		t.Fatalf("before their time: %q", q.what(got))
	}
	q.set(t, ny(2027, time.February, 16, 6, 0))
	forms := q.statements(t, yearly)
	want := []string{"a 1099INT 2026", "a 1099B 2026", "b 1099INT 2026", "b 1099B 2026"}
	if got := q.what(forms); !slices.Equal(got, want) {
		t.Fatalf("%q; want %q", got, want)
	}
	// They stand between the statements of January and February.
	all := q.what(q.statements(t, partnerapi.ListCustomerStatementsParams{Account: q.pockets[:1], Limit: ptr(4)}))
	if want := []string{"a 1099B 2026", "a 1099INT 2026", "a BROKERAGE 2027-01", "a BANK 2027-01"}; !slices.Equal(all,
		want) {
		t.Errorf("%q; want %q", all, want)
	}
	sales := q.statements(t, partnerapi.ListCustomerStatementsParams{Key: ptr("2026"),
		Type: []partnerapi.StatementType{partnerapi.StatementType1099B}})
	if len(sales) != 2 {
		t.Errorf("%q", q.what(sales))
	}
	// The sums of both are what the trades of the year brought.
	var want1, want2 int64
	from, to := ny(2026, time.January, 1, 0, 0), ny(2027, time.January, 1, 0, 0)
	for x, err := range q.Trades.AllForAccount(t.Context(), q.pockets[0], &partnerapi.ListAccountTradesParams{
		TradeDatetimeFrom: &from, TradeDatetimeTo: &to}) {
		switch x := must(t, x, err); x.Activity {
		case partnerapi.TradeActivityMaturity:
			want1 += x.Notional.Value
		case partnerapi.TradeActivitySell:
			want2 += x.Notional.Value
		case partnerapi.TradeActivityBuy:
		}
	}
	interest, sold := q.pdf(t, forms[0].PDFDownloadURL), q.pdf(t, forms[1].PDFDownloadURL)
	if got := interest.cents(t, "Proceeds"); got != want1 || want1 == 0 {
		t.Errorf("T-bills fell due for %d; want %d", got, want1)
	}
	if got := sold.cents(t, "Proceeds"); got != want2 || want2 == 0 {
		t.Errorf("T-bills were sold for %d; want %d", got, want2)
	}
	if interest.cents(t, "Interest earned in the year") <= 0 || !interest.has("SANDBOX – NOT A TAX DOCUMENT") &&
		!interest.has("SANDBOX \x96 NOT A TAX DOCUMENT") {
		t.Errorf("%q", []string(interest))
	}
}

// A customer's statements are listed without making those that are not shown.
func TestAYearOfStatementsIsCheap(t *testing.T) {
	w := openFrozen(t, start)
	customer := w.customer(t)
	for range 300 {
		_ = w.pocket(t, customer)
	}
	w.set(t, ny(2036, time.January, 2, 9, 0))
	page, err := w.Statements.ListForCustomer(t.Context(), customer, nil)
	items := must(t, page, err).Items
	if len(items) != 30 || items[0].Key != "2035-12" {
		t.Fatalf("%d statements, the first of %s", len(items), items[0].Key)
	}
	taken := testing.AllocsPerRun(1, func() {
		if _, err := w.Statements.ListForCustomer(t.Context(), customer, nil); err != nil {
			t.Fatal(err)
		}
	})
	if taken > 20_000 {
		t.Errorf("a page takes %.0f allocations, of %d statements", taken, 300*2*120)
	}
	_, err = w.Reports.Create(t.Context(), partnerapi.CreateReportRequest{DateFrom: civil(t, "2026-01-01"),
		Type: partnerapi.ReportTypeBankStatementReport})
	refused(t, err, http.StatusUnprocessableEntity, "body")
}
