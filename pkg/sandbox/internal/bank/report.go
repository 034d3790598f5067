package bank

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/document"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// ReportType says what a report is about.
type ReportType string

// The types of reports. (Source: the reference's Create Report Request.)
const (
	BankReport      ReportType = "BANK_STATEMENT_REPORT"
	BrokerageReport ReportType = "BROKERAGE_STATEMENT_REPORT"
	TradeReport     ReportType = "TRADE_REPORT"
)

// ReportStatus says how far a report is.
type ReportStatus string

// The statuses of reports. (Inferred: the values are not documented.)
const (
	ReportPending   ReportStatus = "PENDING"
	ReportCompleted ReportStatus = "COMPLETED"
	// ReportFailed is one of which nothing comes.
	ReportFailed ReportStatus = "FAILED"
)

const (
	// formatCAMT053 is the format of the reports of statements. (Source: the reference.)
	formatCAMT053 = "CAMT053"
	// formatCSV is that of the report of trades. (Inferred.)
	formatCSV = "CSV"
	// reportTime is how long a report takes. (Inferred.)
	reportTime = 5 * time.Second
	// maxReportDays bounds how many statements a report has, one for each day and pocket. (Inferred.)
	maxReportDays = 10_000
)

// Report is a report that was asked for. Only what it covers is kept; the file is made when it is fetched.
type Report struct {
	ID     uuid.UUID    `json:"id"`
	Type   ReportType   `json:"type"`
	Status ReportStatus `json:"status"`
	Course
	// Pockets are those that it covers; none means all.
	Pockets []uuid.UUID   `json:"pockets"`
	Formats []string      `json:"formats"`
	From    calendar.Date `json:"from"`
	To      calendar.Date `json:"to"`
	Created time.Time     `json:"created"`
	// DueAt is when one that is pending is completed.
	DueAt time.Time `json:"due_at,omitzero"`
	// Completed is when it was, and Through a number that all records have gone below until then: it knows of nothing
	// that came later.
	Completed time.Time `json:"completed,omitzero"`
	Through   uint64    `json:"through,omitempty"`
}

type reportTables struct {
	reports *state.Table[uuid.UUID, Report]
}

func newReportTables(b *Bank) reportTables {
	t := reportTables{reports: state.NewTable(b.db, "report", func(r *Report) uuid.UUID { return r.ID })}
	t.reports.When(func(r *Report) time.Time { return r.DueAt },
		func(tx *state.Tx, r *Report) { b.sub(tx).completeReport(r) })
	return t
}

// ReportOrder asks for a report. Nil days are chosen by the bank.
type ReportOrder struct {
	Type     ReportType
	Pockets  []uuid.UUID
	Formats  []string
	From, To *calendar.Date
}

// CreateReport begins a report. It fails with a Refusal if there is nothing that it could cover, or too much.
func (t *Tx) CreateReport(o ReportOrder) (*Report, error) {
	course, err := t.course("createReportRequest")
	if err != nil {
		return nil, err
	}
	r := &Report{ID: t.newID(), Type: o.Type, Status: ReportPending, Pockets: o.Pockets, Formats: o.Formats,
		From: t.today(), To: t.today(), Created: t.now, Course: course}
	r.DueAt = r.next(t.now.Add(reportTime))
	set(&r.To, o.To)
	r.From = r.To
	set(&r.From, o.From)
	if err := t.checkReport(r); err != nil {
		return nil, err
	}
	t.reports.Insert(t.tx, r)
	return r, nil
}

func (t *Tx) checkReport(r *Report) error {
	var wrong Refusals
	format := formatCAMT053
	if r.Type == TradeReport {
		format = formatCSV
	}
	for i, f := range r.Formats {
		if f != format {
			wrong = append(wrong, invalid("output_format", "must be "+format+" for a report of this type", "body",
				"output_formats", strconv.Itoa(i)))
		}
	}
	for i, id := range r.Pockets {
		if t.pockets.Get(id) == nil {
			wrong = append(wrong, invalid("pocket", "must be the id of a pocket", "body", "pocket_ids",
				strconv.Itoa(i)))
		}
	}
	switch {
	case r.To > t.today():
		wrong = append(wrong, invalid("date", "must not be after today, in New York", "body", "date_to"))
	case r.From > r.To:
		wrong = append(wrong, invalid("date", "must not be after date_to", "body", "date_from"))
	}
	if len(wrong) > 0 {
		return wrong
	}
	if r.Type == TradeReport {
		return nil
	}
	days := 0
	for _, p := range t.reported(r, 0) {
		first, last := r.daysOf(p)
		days += max(int(last-first)+1, 0)
	}
	switch {
	case days == 0:
		return invalid("empty_report", "no pocket of the report was open on any day of it", "body")
	case days > maxReportDays:
		return invalid("report_size", "a report has at most 10000 statements, one for each day and pocket: ask for "+
			"several", "body")
	}
	return nil
}

// reported returns the pockets that a report covers, each once. Of all, they are those with a number below through,
// unless that is 0.
func (t *Tx) reported(r *Report, through uint64) []*Pocket {
	var pockets []*Pocket
	if len(r.Pockets) == 0 {
		all := t.pockets.All()
		n := all.Len()
		if through != 0 {
			n = all.Search(through)
		}
		for i := range n {
			p, _ := all.At(i)
			pockets = append(pockets, p)
		}
		return pockets
	}
	seen := map[uuid.UUID]bool{}
	for _, id := range r.Pockets {
		if !seen[id] {
			seen[id] = true
			pockets = append(pockets, t.pockets.Get(id))
		}
	}
	return pockets
}

// daysOf are the first and the last day of a report on which a pocket is open. The last is before the first if there is
// none.
func (r *Report) daysOf(p *Pocket) (first, last calendar.Date) {
	first, last = max(r.From, calendar.DateOf(p.Opened)), r.To
	if !p.Closed.IsZero() && (r.Completed.IsZero() || !p.Closed.After(r.Completed)) {
		last = min(last, calendar.DateOf(p.Closed))
	}
	return first, last
}

// completeReport ends a report: well, unless its fate says otherwise.
func (t *Tx) completeReport(r *Report) {
	changed := *r
	changed.Status, changed.DueAt, changed.Course = ReportCompleted, time.Time{}, Course{}
	if r.isFated(string(ReportFailed)) {
		changed.Status = ReportFailed
	} else {
		changed.Completed, changed.Through = t.now, t.tx.Draw()
	}
	t.reports.Update(t.tx, &changed)
}

// decideReport has a fate take effect on a report.
func (t *Tx) decideReport(r *Report, f *Fate) error {
	if r.Status != ReportPending {
		return cannot(r.Status, "only a report that is PENDING can be decided about")
	}
	changed := *r
	changed.Course = Course{Fate: f}
	switch {
	case f.Hold:
		changed.Held, changed.DueAt = true, time.Time{}
		t.reports.Update(t.tx, &changed)
	case f.State == string(ReportPending):
		return cannot(r.Status, "it is that already")
	default:
		t.completeReport(&changed)
	}
	return nil
}

// Reports lists the reports that were asked for.
func (t *Tx) Reports(q Query) (Page[Report], error) {
	return paginate(t.reports.All(), "reports", q, nil)
}

// ReportFile is a report that has not been rendered yet: that needs no transaction.
type ReportFile struct {
	// Name is what the file is called, MediaType what is in it.
	Name, MediaType string
	Render          func() ([]byte, error)
}

// ReportFile returns the file of a report. It is the same whenever it is asked for, but for what customers and pockets
// are called. One that is pending is refused as a Precondition.
func (t *Tx) ReportFile(id uuid.UUID) (*ReportFile, error) {
	r := t.reports.Get(id)
	switch {
	case r == nil:
		return nil, notFound()
	case r.Status == ReportFailed:
		return nil, &Refusal{Kind: Precondition, Rule: "report_failed",
			Message: "the report has failed: ask for another"}
	case r.Status != ReportCompleted:
		return nil, &Refusal{Kind: Precondition, Rule: "report_pending", Message: "the report is not completed yet"}
	}
	name := "report-" + r.From.String() + "-" + r.To.String()
	if r.Type == TradeReport {
		trades := t.reportTrades(r)
		return &ReportFile{Name: name + ".csv", MediaType: "text/csv; charset=utf-8",
			Render: func() ([]byte, error) { return document.TradesCSV(trades) }}, nil
	}
	statement := t.camt(r)
	return &ReportFile{Name: name + ".xml", MediaType: "application/xml", Render: statement.XML}, nil
}

// reportTrades are the purchases and sales of a report, by the day on which they are booked, in the order in which they
// were made. (Source: the contract, that it lists what was bought and sold; inferred: by which day.)
func (t *Tx) reportTrades(r *Report) []document.Trade {
	var trades []*Trade
	booked := func(x *Trade) time.Time { return x.Booked.Midnight() }
	w := window{from: r.From.Midnight(), end: r.To.AddDays(1).Midnight(), through: r.Through}
	note := func(x *Trade) {
		if x.Activity == Buy || x.Activity == Sell {
			trades = append(trades, x)
		}
	}
	if len(r.Pockets) == 0 {
		eachIn(t.trades.All(), booked, w, note)
	} else {
		for _, p := range t.reported(r, 0) {
			eachIn(t.tradesByOwner.Of(p.ID), booked, w, note)
		}
		slices.SortFunc(trades, func(a, b *Trade) int { return cmp.Compare(t.trades.Seq(a.ID), t.trades.Seq(b.ID)) })
	}
	on := calendar.DateOf(r.Completed)
	all := make([]document.Trade, 0, len(trades))
	for _, x := range trades {
		all = append(all, tradeDocument(x, on))
	}
	return all
}

// camt is a report of statements, one for each pocket and day on which it was open. The last day may not be over: then
// it ends when the report was completed. (Source: the Customer API's guide, of current prices before the end of a day.)
func (t *Tx) camt(r *Report) document.CAMT053 {
	c := document.CAMT053{Type: document.ReportType(r.Type), MessageID: r.ID.String(), Created: r.Created}
	of := t.bankDays
	if r.Type == BrokerageReport {
		of = t.brokerageDays
	}
	for _, p := range t.reported(r, r.Through) {
		first, last := r.daysOf(p)
		if first > last {
			continue
		}
		holder, pocket := t.holder(p)
		for _, s := range of(r, p, first, last) {
			s.ID = t.derivedID(p.ID, string(r.Type)+" "+s.Period.From.Format(time.DateOnly)).String()
			s.AccountID, s.AccountName, s.HolderName = pocket.ID, pocket.Name, holder.Name
			c.Statements = append(c.Statements, s)
		}
	}
	return c
}

// bankDays has the bank side of a pocket, day by day.
func (t *Tx) bankDays(r *Report, p *Pocket, first, last calendar.Date) []document.AccountStatement {
	rows := t.transactionsBySide.Of(side{p.ID, true})
	var balance int64
	eachIn(rows, bookingTime, window{end: startOf(first), through: r.Through}, func(x *Transaction) {
		balance = x.Balance
	})
	all := make([]document.AccountStatement, 0, last-first+1)
	for day := first; day <= last; day++ {
		s := document.AccountStatement{Period: span(day, day), OpeningCents: balance}
		w := window{from: startOf(day), end: endOf(day), through: r.Through}
		eachIn(rows, bookingTime, w, func(x *Transaction) {
			e := document.Entry{ID: x.ID.String(), Kind: document.EntryPayment, Booked: day.Midnight(),
				AmountCents: x.Cents, Description: transactionText(x)}
			if x.Kind == KindSweep {
				e.Kind = document.EntrySweep
			}
			if x.Settled(r.Completed) {
				e.Valued = calendar.DateOf(x.SettlesAt).Midnight()
			}
			s.Entries = append(s.Entries, e)
			balance = x.Balance
		})
		s.ClosingCents, s.Unfinished = balance, r.Completed.Before(endOf(day))
		all = append(all, s)
	}
	return all
}

// brokerageDays has the value of the T-bills of a pocket, day by day: what was bought adds to it, what was sold or has
// fallen due takes from it, and the rest is gained or lost. (Source: the reference, that the balance is the value of
// the T-bills; inferred: that cash beside them does not count, and so what adds and what takes.)
func (t *Tx) brokerageDays(r *Report, p *Pocket, first, last calendar.Date) []document.AccountStatement {
	rows := t.tradesByOwner.Of(p.ID)
	held := t.brokerageAt(p.ID, window{end: startOf(first), through: r.Through})
	balance := held.value(first.AddDays(-1))
	all := make([]document.AccountStatement, 0, last-first+1)
	for day := first; day <= last; day++ {
		s := document.AccountStatement{Period: span(day, day), OpeningCents: balance}
		w := window{from: startOf(day), end: endOf(day), through: r.Through}
		eachIn(rows, tradeTime, w, func(x *Trade) {
			held.trade(x)
			e := document.Entry{ID: x.ID.String(), Booked: day.Midnight(), Valued: x.Settles.Midnight(),
				Description: string(x.Activity) + " " + x.CUSIP}
			switch x.Activity {
			case Buy:
				e.Kind, e.AmountCents = document.EntryAddition, x.Cents
			case Sell, Mature:
				e.Kind, e.AmountCents = document.EntrySubtraction, -x.Cents
			case SecurityTransfer: // Nothing makes one.
				return
			}
			balance += e.AmountCents
			s.Entries = append(s.Entries, e)
		})
		s.ClosingCents = held.value(day)
		if gain := s.ClosingCents - balance; gain != 0 {
			kind := document.EntryGain
			if gain < 0 {
				kind = document.EntryLoss
			}
			s.Entries = append(s.Entries, document.Entry{Kind: kind, Booked: day.Midnight(), AmountCents: gain,
				Description: "Change of value"})
		}
		balance = s.ClosingCents
		all = append(all, s)
	}
	return all
}

func (a *audit) checkReport(r *Report) {
	for _, id := range r.Pockets {
		if a.pockets.Get(id) == nil {
			a.note("report %s is about the pocket %s, which is not there", r.ID, id)
		}
	}
	pending, completed := r.Status == ReportPending, r.Status == ReportCompleted
	if r.misses(pending, r.DueAt) || !pending && r.Fate != nil || completed == r.Completed.IsZero() ||
		completed == (r.Through == 0) || r.Through > a.db.Drawn() {
		a.note("report %s is %s, was completed at %s and has what came before %d", r.ID, r.Status, r.Completed,
			r.Through)
	}
}

var reportRules = []Rule{
	{[]string{"createReportRequest"}, "A report is PENDING for 5 seconds of the sandbox's clock, then COMPLETED.",
		Inferred, ""},
	{[]string{"createReportRequest"}, "The file of a report that is completed is at /__sandbox/reports/{id}/, for " +
		"whoever sends the token of the API as Authorization; no signature is needed.", Inferred, ""},
	{[]string{"createReportRequest"}, "BANK_STATEMENT_REPORT and BROKERAGE_STATEMENT_REPORT are a camt.053.",
		Documented, "reference, Create Report Request"},
	{[]string{"createReportRequest"}, "TRADE_REPORT is a CSV of what was bought and sold, by the day on which it is " +
		"booked, with the pocket that each is of; CSV is its output format.", Inferred, ""},
	{[]string{"createReportRequest"}, "A report without pocket_ids is of all pockets, one without date_to until " +
		"today, and one without date_from of that one day. date_to is not after today, in New York.", Inferred, ""},
	{[]string{"createReportRequest"}, "A camt.053 has a statement for each day and pocket that was open, 10,000 of " +
		"them at most.", Inferred, ""},
	{[]string{"createReportRequest"}, "The closing balance of the bank side is zero on each day that is over.",
		Documented, "reference, Create Report Request; inferred: today's is what is there"},
	{[]string{"createReportRequest"}, "Today counts as far as it had come when the report was completed.", Documented,
		"Customer API, export and reporting"},
	{[]string{"listReportRequests"}, "Reports come newest first.", Inferred, ""},
	{[]string{"listReportRequests"}, "A report is FAILED only if somebody decides so; then there is no file.",
		Inferred, ""},
}
