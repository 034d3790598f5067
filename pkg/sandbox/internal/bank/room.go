package bank

import "math"

// maxGrowth is more than what money earns in a year, in percent: the highest rate of the market is 5.09 percent, which
// compounds to less than 5.5.
const maxGrowth = 6

// maxWorld is the most that the world may be owed, in cents. The rest of the 64 bits is for what the provider bears or
// keeps of payments that come back, less than a hundred million dollars each, which nobody is asked for.
const maxWorld = math.MaxInt64 / 8 * 7

// room is how many cents more may come in from outside: so many that no account of the ledger has more than 64 bits
// hold until the clock ends, whatever all pockets earn until then. What is paid out leaves less room as well, since
// whoever got it may get as much again. (Inferred: a real bank has less money.)
func (t *Tx) room() int64 {
	outside, inside := t.ledger.World()
	most := int64(maxWorld) - outside
	// One year more, as T-bills may have been bought a year ago, and what they have gained is in no account yet.
	for year := t.now.Year(); year <= LastTime.Year(); year++ {
		most = most / (100 + maxGrowth) * 100
	}
	return most - inside
}

// admits reports whether so many cents may come from outside to a pocket.
func (t *Tx) admits(p *Pocket, cents int64) bool { return t.holds(p, cents) && cents <= t.room() }

var roomRules = []Rule{
	{[]string{"fundAccount", "createOnUsTransfer", "createACHOrigination"}, "What comes from outside is refused that " +
		"a pocket cannot hold, which is 10 trillion USD, or the bank: all that it has, and earns until the year " +
		"2100, fits into 64 bits. In 2026 there is room for more than 900 trillion USD.", Inferred, ""},
}
