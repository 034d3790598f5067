package market

import (
	"fmt"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

// Bill is a Treasury bill as it was offered on one day.
type Bill struct {
	// CUSIP identifies the security. Offers with the same maturity have the same.
	CUSIP string
	// Tenor is the term that it was issued with.
	Tenor Tenor
	// Issued and Maturity are business days.
	Issued, Maturity calendar.Date
}

const daysOfWeek = 7

// A schedule says on which days bills are issued: every so many days, before and after a first one.
type schedule struct {
	first calendar.Date
	every int
}

var (
	tuesdays  = schedule{calendar.NewDate(2024, time.January, 23), daysOfWeek}
	thursdays = schedule{calendar.NewDate(2024, time.January, 25), daysOfWeek}
	// (Inferred: that this is one of the Thursdays on which bills of 52 weeks are issued.)
	fourthThursdays = schedule{calendar.NewDate(2024, time.January, 25), 4 * daysOfWeek}
)

// latest returns the last scheduled day that is not after a day.
func (s schedule) latest(day calendar.Date) calendar.Date {
	since := int(day) - int(s.first)
	return s.first.AddDays(floor(since, s.every) * s.every)
}

// floor returns the quotient, rounded down where Go's own is rounded to zero. The divisor is positive.
func floor(dividend, divisor int) int {
	quotient := dividend / divisor
	if dividend%divisor < 0 {
		quotient--
	}
	return quotient
}

func (t Tenor) schedule() schedule {
	switch t {
	case Weeks4:
		return tuesdays
	case Weeks13, Weeks26:
		return thursdays
	case Weeks52:
		return fourthThursdays
	default:
		panic(fmt.Sprintf("market: no bill has a term of %d weeks", int(t)))
	}
}

// OnTheRun returns the newest bill of a tenor that was issued on the day or before. It matures after the day. A tenor
// that no bill has is an error of the program, and panics.
func (m *Market) OnTheRun(tenor Tenor, day calendar.Date) Bill {
	when := tenor.schedule()
	scheduled := when.latest(day)
	issued := calendar.Treasury.OnOrAfter(scheduled)
	if issued > day {
		scheduled = scheduled.AddDays(-when.every)
		issued = calendar.Treasury.OnOrAfter(scheduled)
	}
	maturity := calendar.Treasury.OnOrAfter(scheduled.AddDays(int(tenor) * daysOfWeek))
	return Bill{CUSIP: cusip(maturity), Tenor: tenor, Issued: issued, Maturity: maturity}
}

const (
	cusipLength = 9
	// cusipLetters are the characters that count maturities.
	cusipLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
	// cusipsPerDigit is how many maturities two of them count, and the digit before them ten times that.
	cusipsPerDigit = len(cusipLetters) * len(cusipLetters)
	cusipCount     = 10 * cusipsPerDigit
	cusipsPerWeek  = 2
)

// firstCUSIP is the Monday of the week whose maturities have the first numbers of 912797.
var firstCUSIP = calendar.NewDate(2022, time.January, 3)

// cusips are all numbers, one behind the other, so that none has to be made when a bill is asked for.
var cusips = sync.OnceValue(func() string {
	all := make([]byte, 0, cusipCount*cusipLength)
	for i := range cusipCount {
		digit := byte('0' + (7+i/cusipsPerDigit)%10)
		count := i % cusipsPerDigit
		number := append([]byte("91279"), digit,
			cusipLetters[count/len(cusipLetters)], cusipLetters[count%len(cusipLetters)])
		all = append(append(all, number...), checkDigit(number))
	}
	return string(all)
})

// cusip returns the number of the bill with a maturity. A week has two: that of a Tuesday, which may be moved to
// Wednesday, and that of a Thursday, which may be moved to Friday.
func cusip(maturity calendar.Date) string {
	i := cusipsPerWeek * floor(int(maturity)-int(firstCUSIP), daysOfWeek)
	if maturity.Weekday() >= time.Thursday {
		i++
	}
	i -= floor(i, cusipCount) * cusipCount
	return cusips()[i*cusipLength : (i+1)*cusipLength]
}

// checkDigit returns the last character of a CUSIP by those before it: letters count from 10, every second character
// counts twice, and the digits of all of that, with the check digit, add up to a multiple of ten. (Source: ANSI X9.6.)
func checkDigit(number []byte) byte {
	sum := 0
	for i, character := range number {
		value := int(character - '0')
		if character >= 'A' {
			value = int(character-'A') + 10
		}
		if i%2 == 1 {
			value *= 2
		}
		sum += value/10 + value%10
	}
	return byte('0' + (10-sum%10)%10)
}
