package document

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Activity says what happened to a T-bill, in the words of the contract's TradeActivity.
type Activity string

// What can happen to a T-bill. A maturity pays it out.
const (
	ActivityBuy      Activity = "BUY"
	ActivitySell     Activity = "SELL"
	ActivityMaturity Activity = "MATURITY"
)

// faceCents is the face value of one T-bill: the contract's quantities count securities of 100 dollars.
const faceCents = 100_00

// Trade is a T-bill that was bought, sold or paid out.
type Trade struct {
	// ID is the trade's id, PocketID that of the pocket that it is of. Only what has trades of many pockets shows that.
	ID, PocketID string
	// Traded is the moment of the trade. A statement does not need it; a confirmation does.
	Traded time.Time
	// TradeDate and SettlementDate are civil dates. SettlementDate is zero until the trade has settled.
	TradeDate, SettlementDate time.Time
	Activity                  Activity
	CUSIP, Description        string
	// Quantity counts securities of 100 dollars face value, and is positive.
	Quantity int64
	// Price is dollars for one security, such as 98.612361. A maturity, which pays the face value, has none.
	Price string
	// AmountCents is what was paid or received in all, positive.
	AmountCents int64
	// MaturityDate is the civil date on which the T-bill falls due.
	MaturityDate time.Time
	// YieldToMaturity is a decimal fraction, 0.0468 for 4.68 %. It is not shown when empty.
	YieldToMaturity string
}

// Check refuses a trade whose amount is not its quantity times its price.
func (t Trade) Check() error {
	if err := firstError(civil("TradeDate", t.TradeDate), civil("MaturityDate", t.MaturityDate)); err != nil {
		return err
	}
	if !t.SettlementDate.IsZero() {
		if err := civil("SettlementDate", t.SettlementDate); err != nil {
			return err
		}
		if t.SettlementDate.Before(t.TradeDate) {
			return refuse("SettlementDate", fmt.Errorf("%w: it is before that of the trade", ErrDate))
		}
	}
	if !t.Traded.IsZero() {
		if err := moment("Traded", t.Traded); err != nil {
			return err
		}
	}
	if err := quantity("Quantity", t.Quantity); err != nil {
		return err
	}
	if err := positive("AmountCents", t.AmountCents); err != nil {
		return err
	}
	if t.YieldToMaturity != "" && !isDecimal(strings.TrimPrefix(t.YieldToMaturity, "-")) {
		return refuse("YieldToMaturity", fmt.Errorf("%w: it is no decimal number", ErrValue))
	}
	switch t.Activity {
	case ActivityBuy, ActivitySell:
		return t.checkPrice()
	case ActivityMaturity:
		if t.Price != "" {
			return refuse("Price", fmt.Errorf("%w: a maturity has none", ErrValue))
		}
		return total("AmountCents", t.AmountCents, t.Quantity*faceCents)
	}
	return refuse("Activity", ErrValue)
}

// checkPrice compares the amount with quantity times price. How the provider rounds is not documented: a cent is
// allowed, and what one in the last digit of a rounded price makes for all of the securities.
func (t Trade) checkPrice() error {
	if !isDecimal(t.Price) {
		return refuse("Price", fmt.Errorf("%w: it is no decimal number", ErrValue))
	}
	_, fraction, _ := strings.Cut(t.Price, ".")
	price, _ := new(big.Rat).SetString(t.Price)
	digits := big.NewInt(int64(len(fraction)))
	digit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), digits, nil))
	cents := new(big.Rat).SetInt64(t.Quantity)
	cents.Mul(cents, big.NewRat(100, 1))
	allowed := new(big.Rat).Mul(cents, digit)
	allowed.Add(allowed, big.NewRat(1, 1))
	want := new(big.Rat).Mul(cents, price)
	difference := new(big.Rat).Sub(new(big.Rat).SetInt64(t.AmountCents), want)
	if difference.Abs(difference).Cmp(allowed) > 0 {
		return refuse("AmountCents",
			fmt.Errorf("%w: %d cents instead of %s", ErrTotal, t.AmountCents, want.FloatString(0)))
	}
	return nil
}

// quantity refuses a number of securities that is not positive, or whose face value would be too large.
func quantity(field string, n int64) error {
	if n <= 0 || n > MaxCents/faceCents {
		return refuse(field, fmt.Errorf("%w: not between 1 and %d", ErrAmount, int64(MaxCents/faceCents)))
	}
	return nil
}

// isDecimal says whether s is digits, with at most one point between them. It is short, so that arithmetic is cheap.
func isDecimal(s string) bool {
	whole, fraction, pointed := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return len(s) <= 20 && digits(whole) && (!pointed || digits(fraction))
}

// settlement writes the day on which a trade settled, or that it has not.
func (t Trade) settlement() string {
	if t.SettlementDate.IsZero() {
		return "pending"
	}
	return date(t.SettlementDate)
}

func count(n int64) string { return strconv.FormatInt(n, 10) }
