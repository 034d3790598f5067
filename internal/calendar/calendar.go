package calendar

import (
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/us"
)

// The years whose holidays a calendar knows.
const (
	firstYear = 1990
	lastYear  = 2100
)

// beginning is the first day of which a calendar keeps whether it is closed.
var beginning = NewDate(firstYear, time.January, 1)

// FederalReserve has the days on which the Federal Reserve Banks are open, and with them ACH and wires.
var FederalReserve = newFederalReserve()

// Treasury has the days on which trades of US Treasury securities settle. Each is one of the Federal Reserve's.
var Treasury = newTreasury()

func newFederalReserve() *Calendar {
	return newCalendar(append(floating(), reserve(us.NewYear), juneteenth(), reserve(us.IndependenceDay),
		reserve(us.VeteransDay), reserve(us.ChristmasDay)))
}

func newTreasury() *Calendar {
	return newCalendar(append(floating(), reserve(us.NewYear), juneteenth(), us.IndependenceDay,
		reserve(us.VeteransDay), us.ChristmasDay, aa.GoodFriday))
}

// floating are the holidays that are always on the same day of the week.
func floating() []*cal.Holiday {
	return []*cal.Holiday{
		us.MlkDay, us.PresidentsDay, us.MemorialDay, us.LaborDay, us.ColumbusDay, us.ThanksgivingDay,
	}
}

// reserve is a holiday as the Federal Reserve observes it. The library's own moves from Saturday to Friday.
func reserve(holiday *cal.Holiday) *cal.Holiday {
	return holiday.Clone(&cal.Holiday{Observed: []cal.AltDay{{Day: time.Sunday, Offset: 1}}})
}

func juneteenth() *cal.Holiday {
	holiday := reserve(us.Juneteenth)
	holiday.StartYear = 2022
	return holiday
}

// Calendar says which days are business days. It never changes, and any number of goroutines may use it.
type Calendar struct {
	// closed says of each day since the beginning whether it is no business day. It is made when it is first asked for.
	closed func() []bool
}

func newCalendar(holidays []*cal.Holiday) *Calendar {
	return &Calendar{closed: sync.OnceValue(func() []bool {
		closed := make([]bool, NewDate(lastYear, time.December, 31)-beginning+1)
		for i := range closed {
			closed[i] = isWeekend(beginning.AddDays(i))
		}
		for _, holiday := range holidays {
			for year := firstYear; year <= lastYear; year++ {
				if _, observed := holiday.Calc(year); !observed.IsZero() {
					// It is midnight where the machine is, and not even that where clocks skip it. Noon is always
					// on the day itself.
					closed[NewDate(observed.Add(12*time.Hour).Date())-beginning] = true
				}
			}
		}
		return closed
	})}
}

func isWeekend(d Date) bool {
	weekday := d.Weekday()
	return weekday == time.Saturday || weekday == time.Sunday
}

// IsBusinessDay says whether the day is neither on a weekend nor a holiday.
func (c *Calendar) IsBusinessDay(d Date) bool {
	closed := c.closed()
	if i := int(d) - int(beginning); i >= 0 && i < len(closed) {
		return !closed[i]
	}
	return !isWeekend(d)
}

// OnOrAfter returns the day itself if it is a business day, and else the first one after it.
func (c *Calendar) OnOrAfter(d Date) Date {
	for !c.IsBusinessDay(d) {
		d++
	}
	return d
}

// After returns the first business day after the day, never the day itself.
func (c *Calendar) After(d Date) Date { return c.OnOrAfter(d + 1) }

// Add returns the business day that is n business days after the day, or before it if n is negative. A day that is no
// business day counts as the next one: from a Saturday, 0 is Monday and 1 is Tuesday. The time that it takes grows
// with n.
func (c *Calendar) Add(d Date, n int) Date {
	d = c.OnOrAfter(d)
	for ; n > 0; n-- {
		d = c.After(d)
	}
	for ; n < 0; n++ {
		for d--; !c.IsBusinessDay(d); d-- {
		}
	}
	return d
}
