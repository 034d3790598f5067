package bank

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

// StatementType says what a statement is about.
type StatementType string

// The types of statements. (Source: the contract.)
const (
	BankStatement      StatementType = "BANK"
	BrokerageStatement StatementType = "BROKERAGE"
	InterestForm       StatementType = "1099INT"
	SalesForm          StatementType = "1099B"
)

// statementHour is the hour of the day, in New York, at which statements are made. (Inferred.)
const statementHour = 6

// Statement is that of a month, or a form of a year. None is kept: what there is follows from when a pocket was open,
// and what is in it from what has happened.
type Statement struct {
	ID       uuid.UUID
	PocketID uuid.UUID
	Type     StatementType
	// Key is the month as 2006-01, or the year as 2006.
	Key     string
	Created time.Time

	pocket *Pocket
	period period
}

// period is a month, or a year if the month is 0.
type period struct {
	year  int
	month time.Month
}

func (p period) key() string {
	if p.month == 0 {
		return fmt.Sprintf("%04d", p.year)
	}
	return fmt.Sprintf("%04d-%02d", p.year, int(p.month))
}

func (p period) first() calendar.Date { return calendar.NewDate(p.year, max(p.month, time.January), 1) }

func (p period) last() calendar.Date {
	if p.month == 0 {
		return calendar.NewDate(p.year, time.December, 31)
	}
	return p.first().LastOfMonth()
}

const typesOfPeriod = 2

// types are the sorts of statements of a period, in their order.
func (p period) types() [typesOfPeriod]StatementType {
	if p.month == 0 {
		return [...]StatementType{InterestForm, SalesForm}
	}
	return [...]StatementType{BankStatement, BrokerageStatement}
}

// created is when the statements are made: on the first business day of the next month, and the forms in the middle of
// February. (Source: a monthly statement can be counted on from the 15th, by the contract, and no holidays last as
// long. Inferred: the rest, where brokers send out their forms by 15 February.)
func (p period) created() time.Time {
	day := p.last().AddDays(1)
	if p.month == 0 {
		day = calendar.NewDate(p.year+1, time.February, 15)
	}
	return calendar.FederalReserve.OnOrAfter(day).At(statementHour, 0)
}

// order numbers periods by when their statements are made: a year's forms come between the statements of January and
// February.
func (p period) order() uint64 {
	months := p.year*12 + int(p.month) - 1
	if p.month == 0 {
		months = (p.year + 1) * 12
	}
	number := uint64(max(months, 0)) * 2
	if p.month == 0 {
		number++
	}
	return number
}

// StatementFilter narrows a list of statements. Its zero value lets everything pass.
type StatementFilter struct {
	Pockets []uuid.UUID
	Types   []StatementType
	Key     string
}

func (f *StatementFilter) wants(p period) bool {
	return (f.Key == "" || f.Key == p.key()) && (len(f.Types) == 0 ||
		slices.ContainsFunc(f.Types, func(s StatementType) bool { return s == p.types()[0] || s == p.types()[1] }))
}

// statementRows are the statements that pockets may have, in the order of their time, of the pockets and of their
// types, as a sequence of which each is made when it is asked for: there are too many for a list.
type statementRows struct {
	pockets []*Pocket
	numbers []uint64 // of the pockets, ascending
	periods []period // in their order
	// ends has for each period how many statements there are up to its end.
	ends []int
}

// The parts of a statement's number: the order of the period, the number of the pocket, and the place of the type.
const (
	typeBits   = 1
	pocketBits = 44
)

func statementNumber(p period, pocket uint64, kind int) uint64 {
	return p.order()<<(pocketBits+typeBits) | pocket<<typeBits | uint64(kind&1)
}

// statementsOf returns what pockets may have by now. The pockets are in the order of their numbers, and so of when they
// were opened.
func (t *Tx) statementsOf(pockets []*Pocket, f *StatementFilter) *statementRows {
	s := &statementRows{pockets: pockets}
	if len(pockets) == 0 {
		return s
	}
	for _, p := range pockets {
		s.numbers = append(s.numbers, t.pockets.Seq(p.ID))
	}
	add := func(p period) {
		if p.created().After(t.now) || !f.wants(p) {
			return
		}
		open := sort.Search(len(pockets), func(i int) bool { return !pockets[i].Opened.Before(endOf(p.last())) })
		before := 0
		if n := len(s.ends); n > 0 {
			before = s.ends[n-1]
		}
		s.periods = append(s.periods, p)
		s.ends = append(s.ends, before+open*typesOfPeriod)
	}
	year, month, _ := calendar.DateOf(pockets[0].Opened).YearMonthDay()
	for p := (period{year, month}); !p.created().After(t.now); {
		add(p)
		if p.month == time.January {
			add(period{year: p.year - 1})
		}
		if p.month++; p.month > time.December {
			p = period{p.year + 1, time.January}
		}
	}
	return s
}

// Len returns how many there may be.
func (s *statementRows) Len() int {
	if len(s.ends) == 0 {
		return 0
	}
	return s.ends[len(s.ends)-1]
}

// At returns one of them and its number.
func (s *statementRows) At(i int) (*Statement, uint64) {
	n := sort.SearchInts(s.ends, i+1)
	p := s.periods[n]
	if n > 0 {
		i -= s.ends[n-1]
	}
	pocket, kind := i/typesOfPeriod, i%typesOfPeriod
	return &Statement{PocketID: s.pockets[pocket].ID, Type: p.types()[kind], Key: p.key(), Created: p.created(),
		pocket: s.pockets[pocket], period: p}, statementNumber(p, s.numbers[pocket], kind)
}

// Search returns the position of the first whose number is at least another.
func (s *statementRows) Search(seq uint64) int {
	return sort.Search(s.Len(), func(i int) bool {
		_, number := s.At(i)
		return number >= seq
	})
}

// exists reports whether there is such a statement: the pocket was open in the period, and there is something on a form
// of a year.
func (t *Tx) exists(s *Statement) bool {
	p := s.pocket
	if s.Created.After(t.now) || !p.Opened.Before(endOf(s.period.last())) ||
		!p.Closed.IsZero() && p.Closed.Before(startOf(s.period.first())) {
		return false
	}
	activity, yearly := formActivity[s.Type]
	if !yearly {
		return true
	}
	found := false
	trades := t.tradesByOwner.Of(p.ID)
	w := window{from: startOf(s.period.first()), end: endOf(s.period.last())}
	eachIn(trades, tradeTime, w, func(x *Trade) { found = found || x.Activity == activity })
	return found
}

// formActivity is what the forms of a year are about. (Inferred, with the forms.)
var formActivity = map[StatementType]Activity{InterestForm: Mature, SalesForm: Sell}

// CustomerStatements lists the statements of the pockets of a customer.
func (t *Tx) CustomerStatements(customer uuid.UUID, q Query, f StatementFilter) (Page[Statement], error) {
	if _, err := t.Customer(customer); err != nil {
		return Page[Statement]{}, err
	}
	var pockets []*Pocket
	t.pocketsOf(customer).Each(func(p *Pocket) bool {
		if len(f.Pockets) == 0 || slices.Contains(f.Pockets, p.ID) {
			pockets = append(pockets, p)
		}
		return true
	})
	return t.statementPage(pockets, "statements "+customer.String(), q, f)
}

// PocketStatements lists the statements of a pocket.
func (t *Tx) PocketStatements(pocket uuid.UUID, q Query, f StatementFilter) (Page[Statement], error) {
	p, err := t.Pocket(pocket)
	if err != nil {
		return Page[Statement]{}, err
	}
	return t.statementPage([]*Pocket{p}, "statements "+pocket.String(), q, f)
}

func (t *Tx) statementPage(pockets []*Pocket, list string, q Query, f StatementFilter) (Page[Statement], error) {
	page, err := paginate(t.statementsOf(pockets, &f), list, q, func(s *Statement) bool {
		return (len(f.Types) == 0 || slices.Contains(f.Types, s.Type)) && t.exists(s)
	})
	for _, s := range page.Items {
		s.ID = t.derivedID(s.PocketID, "statement "+string(s.Type)+" "+s.Key)
	}
	return page, err
}

// statement returns a statement of a pocket.
func (t *Tx) statement(pocket uuid.UUID, kind StatementType, key string) (*Statement, error) {
	p, err := t.Pocket(pocket)
	if err != nil {
		return nil, err
	}
	page, err := t.statementPage([]*Pocket{p}, "", Query{}, StatementFilter{Types: []StatementType{kind}, Key: key})
	if err != nil {
		return nil, err
	}
	if len(page.Items) == 0 {
		return nil, notFound()
	}
	return page.Items[0], nil
}

var statementRules = []Rule{
	{[]string{"listCustomerStatements", "listAccountStatements"}, "The address of a PDF works for 10 minutes, and " +
		"needs no token.", Documented, "the contract; inferred: the token"},
	{[]string{"listCustomerStatements", "listAccountStatements"}, "The statements of a month are there from 6:00 in " +
		"New York on the first business day of the next one, from the month in which the pocket was opened to that " +
		"in which it was closed.", Inferred, ""},
	{[]string{"listCustomerStatements", "listAccountStatements"}, "The forms of a year are there from 15 February " +
		"of the next one, or the business day after: 1099INT if T-bills fell due, 1099B if some were sold.",
		Inferred, ""},
	{[]string{"listCustomerStatements", "listAccountStatements"}, "Statements come newest first unless an order is " +
		"given.", Inferred, ""},
	{[]string{"listCustomerStatements", "listAccountStatements"}, "A PDF has the name and the address that the " +
		"customer has now, and the name that the pocket has; all else is as it was.", Inferred, ""},
}
