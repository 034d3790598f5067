package market

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

// Market has bills and their prices, which never change. Any number of goroutines may use it.
type Market struct {
	seed uint64
	// latest is what QuoteOn was asked last: many buy the same bill on the same day.
	latest atomic.Pointer[quoted]
}

// New returns the market of a seed.
func New(seed uint64) *Market { return &Market{seed: seed} }

// A rate is a yearly one in millionths: 48,400 is 4.84 percent, and 100 are a basis point.
type rate = int64

// curve has the discount rates of the strategies at their terms in days, before the shift of a day.
var curve = [...]struct {
	days int64
	rate rate
}{
	{28, 47_200},
	{91, 48_400},
	{182, 48_100},
	{364, 47_600},
}

// baseRate returns the discount rate of a remaining term: on the straight lines between the points of the curve, and
// level before the first and after the last.
func baseRate(days int64) rate {
	from := curve[0]
	for _, to := range curve[1:] {
		if days < to.days {
			return from.rate + (to.rate-from.rate)*max(days-from.days, 0)/(to.days-from.days)
		}
		from = to
	}
	return from.rate
}

// waves are the lines that a shift is the sum of: how many days apart their points are, and how high. The heights add
// up to 25 basis points.
var waves = [...]struct {
	days   int
	height rate
}{
	{64, 1_600},
	{16, 600},
	{4, 200},
	{1, 100},
}

// shift returns what is added to every rate on a day.
func (m *Market) shift(day calendar.Date) rate {
	var sum rate
	for i, wave := range waves {
		point := floor(int(day), wave.days)
		into := rate(int(day) - point*wave.days)
		from, to := m.height(i, point), m.height(i, point+1)
		sum += from + (to-from)*into/rate(wave.days)
	}
	return sum
}

// height returns how high a point of a wave is: a random number that the seed, the wave and the point determine.
func (m *Market) height(wave, point int) rate {
	//nolint:gosec // G115: a negative point is as good as another. G404: a price is no secret.
	number := rand.NewPCG(m.seed, uint64(wave)<<32|uint64(uint32(point))).Uint64()
	height := waves[wave].height
	//nolint:gosec // G115: what is left of the number is at most twice the height.
	return rate(number%uint64(2*height+1)) - height
}
