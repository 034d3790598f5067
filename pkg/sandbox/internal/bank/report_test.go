package bank

import (
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

var closingBalance = regexp.MustCompile(`(?s)<Cd>CLBD</Cd>.*?<Amt Ccy="USD">([0-9.]+)</Amt>`)

// What has come by a transfer today is swept at the end of the day. A report of today is made before, and stays as it
// is; one of the same day that is made later has nothing left on the bank side.
func TestAReportOfTodayHasWhatIsThereSoFar(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-01-30 10:00", 0)
	defer w.close(t)
	w.do(t, func(x *Tx) error { return x.Fund(w.second, 1_000_000, "Employer") })
	w.send(t, 50_000)
	day := calendar.DateOf(w.Time())
	order := ReportOrder{Type: BankReport, Pockets: []uuid.UUID{w.first}, From: &day, To: &day}
	report := func() (id uuid.UUID) {
		t.Helper()
		w.do(t, func(x *Tx) error {
			r, err := x.CreateReport(order)
			if err == nil {
				id = r.ID
			}
			return err
		})
		if err := w.Advance(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
		return id
	}
	expect := func(id uuid.UUID, want string) {
		t.Helper()
		var file *ReportFile
		w.do(t, func(x *Tx) (err error) {
			file, err = x.ReportFile(id)
			return err
		})
		text, err := file.Render()
		if err != nil {
			t.Fatal(err)
		}
		if found := closingBalance.FindSubmatch(text); found == nil || string(found[1]) != want {
			t.Errorf("it closes with %s; want %s", found, want)
		}
	}
	today := report()
	expect(today, "500.00")
	w.until(t, "2026-01-31 10:00")
	expect(today, "500.00")
	expect(report(), "0.00")
}
