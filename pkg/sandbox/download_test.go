package sandbox_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/partner"
)

// ny is a moment in New York.
func ny(year int, month time.Month, day, hour, minute int) time.Time {
	return calendar.NewDate(year, month, day).At(hour, minute)
}

// openFrozen returns a sandbox whose clock stands still until set moves it.
func openFrozen(t *testing.T, at time.Time) *world {
	t.Helper()
	w := openAt(t, func() time.Time { return at })
	w.Close()
	var err error
	w.Client, err = partner.New(partner.Config{BaseURL: w.server.URL, Tokens: tokenOf{w},
		SigningSecret: signingSecret, HTTPClient: &http.Client{Transport: validator().Transport(w.plain.Transport)}})
	if err != nil {
		t.Fatal(err)
	}
	w.set(t, at)
	return w
}

// tokenOf has the token of the last login: a clock that goes by months ends more of them than a client believes.
type tokenOf struct{ *world }

func (s tokenOf) Token(context.Context, string) (string, error) { return s.token, nil }

func (w *world) set(t *testing.T, at time.Time) {
	t.Helper()
	if err := w.bank.SetClock(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	w.token = w.login(t)
}

// fetch gets what is not in the contract.
func (w *world) fetch(t *testing.T, method, address string, change ...func(*http.Request)) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(r)
	}
	response, err := w.plain.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(must(t, body, err))}
}

// What is no file, or not to be had in this way, is said as everything else is: in JSON, and nobody is sent elsewhere.
func TestWhatCannotBeDownloadedIsSaidInJSON(t *testing.T) {
	w := open(t)
	const documents, reports = "/__sandbox/documents/", "/__sandbox/reports/"
	report := reports + uuid.NewString()
	for _, c := range []struct {
		name, method, path string
		status             int
	}{
		{"no document", http.MethodGet, documents, 404},
		{"a document without a file", http.MethodGet, documents + "x", 404},
		{"a document with a file below it", http.MethodGet, documents + "x/y.pdf/z", 404},
		{"a document in a folder", http.MethodGet, documents + "x/y.pdf/", 404},
		{"a document with two slashes", http.MethodGet, documents + "x//y.pdf", 404},
		{"a document by way of a folder", http.MethodGet, documents + "x/../y/z.pdf", 404},
		{"a document that nobody has made", http.MethodGet, documents + "x/y.pdf", 404},
		{"a document that is posted", http.MethodPost, documents + "x/y.pdf", 405},
		{"a document that is deleted", http.MethodDelete, documents + "x/y.pdf", 405},
		{"no document that is posted", http.MethodPost, documents, 404},
		{"no report", http.MethodGet, reports, 404},
		{"a report without a slash", http.MethodGet, report, 404},
		{"a report with two slashes", http.MethodGet, report + "//", 404},
		{"a report with something below it", http.MethodGet, report + "/x", 404},
		{"a report without a token", http.MethodGet, report + "/", 401},
		{"a report that is put", http.MethodPut, report + "/", 405},
		{"a report that is asked for in any way", "ANY", report + "/", 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), c.method, "http://localhost"+c.path, nil)
			got := httptest.NewRecorder()
			w.bank.ServeHTTP(got, r)
			var body struct{ Type, Detail string }
			if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil || body.Type == "" || body.Detail == "" ||
				got.Code != c.status || got.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%d %v %s; want %d", got.Code, got.Header(), got.Body, c.status)
			}
			want := ""
			if c.status == http.StatusMethodNotAllowed {
				want = "GET, HEAD"
			}
			if allow := got.Header().Get("Allow"); allow != want {
				t.Errorf("Allow is %q; want %q", allow, want)
			}
		})
	}
}

var (
	pdfText    = regexp.MustCompile(`\(((?:[^\\()]|\\.)*)\) ?Tj`)
	pdfEscaped = regexp.MustCompile(`\\(.)`)
)

// pdf fetches a document and returns the texts that it shows, in their order.
func (w *world) pdf(t *testing.T, address string) pdf {
	t.Helper()
	a := w.fetch(t, http.MethodGet, address)
	if a.status != http.StatusOK || !strings.HasPrefix(a.body, "%PDF-") ||
		a.header.Get("Content-Type") != "application/pdf" || a.header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment; filename=") {
		t.Fatalf("%d %v %.80s", a.status, a.header, a.body)
	}
	if again := w.fetch(t, http.MethodGet, address); again.body != a.body {
		t.Errorf("the same document has other bytes: %s", address)
	}
	var all pdf
	for _, m := range pdfText.FindAllStringSubmatch(a.body, -1) {
		all = append(all, pdfEscaped.ReplaceAllString(m[1], "$1"))
	}
	return all
}

type pdf []string

// has reports whether it shows a text.
func (p pdf) has(text string) bool {
	for _, s := range p {
		if s == text {
			return true
		}
	}
	return false
}

// cents is the amount beside a name.
func (p pdf) cents(t *testing.T, name string) int64 {
	t.Helper()
	for i, text := range p {
		if text == name && i+1 < len(p) {
			return amountOf(t, p[i+1])
		}
	}
	t.Fatalf("it does not show %q: %q", name, []string(p))
	return 0
}

// rows are the rows of the table below a heading, of so many columns.
func (p pdf) rows(t *testing.T, heading string, columns int) [][]string {
	t.Helper()
	for i, text := range p {
		if text != heading {
			continue
		}
		var all [][]string
		for i += 1 + columns; i+columns <= len(p) && aDay.MatchString(p[i]); i += columns {
			all = append(all, p[i:i+columns])
		}
		return all
	}
	t.Fatalf("it does not show %q: %q", heading, []string(p))
	return nil
}

var aDay = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)

// amountOf reads -$1,234.56 or -1234.56.
func amountOf(t *testing.T, text string) int64 {
	t.Helper()
	cents, err := strconv.ParseInt(strings.NewReplacer("$", "", ",", "", ".", "").Replace(text), 10, 64)
	return must(t, cents, err)
}

// aQuarter is a customer with two pockets in which something happens from January to April 2026: deposits, transfers,
// weekends, maturities, and the second pocket is closed in March.
type aQuarter struct {
	*world

	customer uuid.UUID
	pockets  []uuid.UUID
	// value and earned are what the API said of the first pocket at the end of each month, by its key.
	value, earned, cash map[string]int64
}

// start is a Tuesday.
var start = ny(2026, time.January, 6, 10, 0)

func quarter(t *testing.T) *aQuarter {
	t.Helper()
	q := &aQuarter{world: openFrozen(t, start), value: map[string]int64{}, earned: map[string]int64{},
		cash: map[string]int64{}}
	q.customer, q.pockets = q.world.pockets(t, 4_999_999, 0)
	a, b := q.pockets[0], q.pockets[1]
	for range 3 {
		q.fund(t, a, 4_999_999)
	}
	note := func(month time.Month) {
		last := calendar.NewDate(2026, month, 1).LastOfMonth()
		q.set(t, last.AddDays(1).At(0, 0).Add(-time.Second))
		p, err := q.Pockets.Get(t.Context(), a, nil)
		portfolio := must(t, p, err).Portfolio
		key := last.String()[:7]
		q.value[key], q.earned[key] = portfolio.TotalValue.Value, portfolio.AllTimeEarnings.Value
		q.cash[key] = portfolio.Cash.Value
	}
	q.set(t, ny(2026, time.January, 14, 12, 0))
	q.move(t, a, b, requested(1_234_56))
	q.set(t, ny(2026, time.January, 20, 23, 30)) // It is the next day in UTC.
	q.move(t, a, b, requested(77_777_01))
	q.set(t, ny(2026, time.January, 31, 15, 0)) // A Saturday: what is bought now is booked in February.
	q.fund(t, a, 2_500_033)
	q.move(t, a, b, requested(10_000_00))
	note(time.January)
	q.set(t, ny(2026, time.February, 17, 9, 0))
	q.move(t, b, a, requested(40_000_00))
	note(time.February)
	q.set(t, ny(2026, time.March, 5, 9, 0))
	q.move(t, b, a, everything())
	if _, err := q.Pockets.Update(t.Context(), q.customer, b, partnerapi.UpdatePocketRequest{
		Status: ptr(partnerapi.PocketStatusClosed), ClosureReason: ptr("no longer needed")}); err != nil {
		t.Fatal(err)
	}
	note(time.March)
	q.set(t, ny(2026, time.April, 20, 9, 0))
	q.fund(t, a, 99)
	note(time.April)
	q.set(t, ny(2026, time.May, 4, 9, 0))
	return q
}

func (q *aQuarter) statements(t *testing.T, params partnerapi.ListCustomerStatementsParams) []partnerapi.Statement {
	t.Helper()
	page, err := q.Statements.ListForCustomer(t.Context(), q.customer, &params)
	return must(t, page, err).Items
}

// what says which statements there are.
func (q *aQuarter) what(statements []partnerapi.Statement) (all []string) {
	for _, s := range statements {
		pocket := "a"
		if s.JikoAccountID == q.pockets[1] {
			pocket = "b"
		}
		all = append(all, pocket+" "+string(s.Type)+" "+s.Key)
	}
	return all
}
