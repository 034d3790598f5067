package state

import (
	"slices"
	"sync"
	"time"
)

// Version is what a database was at some time. The database can become that again, as often as somebody asks for it.
//
// What it costs follows from what changes, not from how much there is: to take a version copies nothing, and a version
// has those records alone that were replaced afterwards. They stand in a tree, at whose root is what the database is
// now: each version has the rows in which it differs from the next one towards the root. To go back is to exchange the
// records of these rows with the table's, version by version, which leaves on the way the differences of the others.
type Version struct {
	era *era
	// next is the version towards what the database is, or nil if that itself comes next.
	next *Version
	// diff are the rows in which that has something else, each once, with the record of this version. Those of
	// each table are apart, by its number: they are large, and to go from one to the other and back takes most of the
	// time.
	diff [][]touched
	head head
	// number is that of the latest transaction which had begun.
	number uint64
	// kept says that somebody may come back to it. Otherwise it stands in the tree for the sake of others.
	kept bool
	lost bool
}

// Lost reports whether it has something that never came to last, since the store failed. Then it is gone. The lock must
// be held.
func (v *Version) Lost() bool { return v.lost }

// era is everything in a database between Tx.Clear and the next one.
type era struct {
	// base is the version next to what the database is; since is the latest transaction that it has seen.
	base  *Version
	since uint64
	// putBack gives the tables everything of it, while another one has them.
	putBack []func()
}

// OnClear has f called when everything is taken out of the tables, by whoever keeps something that follows from the
// records. It takes out what it keeps, and returns what puts that back. It is for a database that is not open yet.
func (db *Database) OnClear(f func() (putBack func())) { db.onClear = append(db.onClear, f) }

// Take returns what the database is now, as a version. Somebody has to forget it: until then the database keeps what
// replaced records were. The lock for writing must be held. If a transaction that has come before does not last, the
// version is lost.
func (db *Database) Take() *Version {
	v := &Version{era: db.era, diff: db.noDiff(), head: db.head, number: db.number, kept: true}
	if base := db.era.base; base != nil {
		base.next = v
	}
	db.era.base, db.era.since = v, db.number
	db.versions = append(db.versions, v)
	return v
}

// noDiff is that of a version which differs in nothing.
func (db *Database) noDiff() [][]touched { return make([][]touched, len(db.tables)) }

// Forget lets go of a version. The lock for writing must be held.
func (db *Database) Forget(v *Version) {
	v.kept = false
	db.prune()
}

// forgetSince lets go of all versions that have seen a transaction.
func (db *Database) forgetSince(number uint64) {
	for _, v := range db.versions {
		if v.number >= number {
			v.kept, v.lost = false, true
		}
	}
	db.prune()
}

// prune takes out of the tree what nobody comes back to, except where branches meet.
func (db *Database) prune() {
	for i := 0; i < len(db.versions); i++ {
		v := db.versions[i]
		if v.kept {
			continue
		}
		var before []*Version
		for _, other := range db.versions {
			if other.next == v {
				before = append(before, other)
			}
		}
		if len(before) > 1 {
			continue
		}
		db.takeOut(v, before)
		db.versions = slices.Delete(db.versions, i, i+1)
		i = -1 // Another one may not be needed any more.
	}
}

// takeOut takes a version out of the tree that at most one leads to.
func (db *Database) takeOut(v *Version, before []*Version) {
	var one *Version
	if len(before) > 0 {
		one = before[0]
		for i, diff := range v.diff {
			one.diff[i] = joined(one.diff[i], diff)
		}
		one.next = v.next
	}
	if e := v.era; e.base == v {
		e.base, e.since = one, db.number
		if one != nil { // Its rows are not to be noted again.
			db.number++
			for _, c := range slices.Concat(one.diff...) {
				c.row.mark(db.number)
			}
		}
	}
	v.next, v.diff = nil, nil
}

// joined are the differences of a version, and those of the next one in rows in which the first has none.
func joined(diff, next []touched) []touched {
	known := make(map[changed]bool, len(diff))
	for _, c := range diff {
		known[c.row] = true
	}
	for _, c := range next {
		if !known[c.row] {
			diff = append(diff, c)
		}
	}
	return diff
}

// Restore has the database be a version again, which stays. It has to be the first that the transaction does. What the
// transaction does then comes after the version: its time is that of the version, and so are the numbers that it draws.
func (tx *Tx) Restore(v *Version) {
	if v.lost {
		panic("state: the version is lost")
	}
	tx.leave()
	tx.restored = tx.db.become(v)
	tx.arrive(v.head)
}

// Clear takes out everything, so that the database is as if it were new, at a time. Versions stay. It has to be the
// first that the transaction does.
func (tx *Tx) Clear(at time.Time) {
	db := tx.db
	tx.leave()
	if db.writer != nil {
		tx.restored = db.removals()
	}
	db.enter(&era{})
	tx.arrive(head{Seq: stateSeq, Time: at})
}

// leave keeps what the database is until it is known whether the transaction lasts.
func (tx *Tx) leave() {
	if tx.lasts != nil || tx.Changed() {
		panic("state: the transaction has changed something already")
	}
	db := tx.db
	before := db.Take()
	tx.OnRollback(func() {
		db.become(before)
		db.Forget(before)
	})
	tx.lasts = func() { db.Forget(before) }
}

// arrive goes on after another record than the one at which the transaction began.
func (tx *Tx) arrive(at head) {
	tx.db.setHead(at)
	tx.db.number++ // What changes from now on, the version has not seen.
	tx.number = tx.db.number
}

// become exchanges everything that a version has otherwise, and returns what a store has to write.
func (db *Database) become(v *Version) (changes []change) {
	writes := db.writer != nil
	if v.era == db.era {
		return db.goTo(v, writes)
	}
	if writes {
		changes = db.removals()
	}
	db.enter(v.era)
	db.goTo(v, false)
	if writes {
		changes = append(changes, db.all()...)
	}
	return changes
}

// enter has the tables have another era.
func (db *Database) enter(e *era) {
	left := db.era
	for _, takeOut := range db.onClear {
		left.putBack = append(left.putBack, takeOut())
	}
	for _, putBack := range e.putBack {
		putBack()
	}
	e.putBack = nil
	db.era = e
}

// goTo has the database be a version of its era, and returns what has changed if somebody wants to know.
func (db *Database) goTo(v *Version, tell bool) (changes []change) {
	var path []*Version
	for n := v; n != nil; n = n.next {
		path = append(path, n)
	}
	var rows [][]touched
	for _, n := range slices.Backward(path) {
		db.exchange(n.diff)
		if tell {
			rows = append(rows, n.diff...)
		}
		if n.next != nil {
			n.next.next, n.next.diff = n, n.diff
		}
		n.next, n.diff = nil, nil
	}
	v.diff = db.noDiff()
	db.era.base, db.era.since = v, db.number
	db.due.compact()
	var there []change
	for _, of := range rows {
		for _, c := range of {
			is := c.row.change()
			if c.row.now() != nil {
				there = append(there, is)
				continue
			}
			is.record = nil
			changes = append(changes, is)
		}
	}
	return append(changes, there...) // They are last: a number may have been drawn again.
}

// exchange gives rows the records that a version has otherwise, and the version what the rows had. Tables know nothing
// of each other, so that as many are gone through at once as there are processors.
func (db *Database) exchange(diff [][]touched) {
	var all sync.WaitGroup
	for i, t := range db.tables {
		if len(diff[i]) > 0 {
			all.Go(func() { t.takeOut(diff[i]) }) // It may have the key, or the place, of what comes.
		}
	}
	all.Wait()
	for _, of := range diff {
		for i := range of {
			if c := &of[i]; c.comes {
				now := c.row.now()
				c.row.restore(c.before)
				c.before, c.comes = now, false
			}
		}
	}
}

// removals is what a store does to have nothing any more.
func (db *Database) removals() []change {
	changes := db.all()
	for i := range changes {
		changes[i].record = nil
	}
	return changes
}

// all is what a store does to have everything.
func (db *Database) all() []change {
	changes := make([]change, 0, db.records())
	for _, t := range db.tables {
		_ = t.each(func(seq uint64, record any) error {
			changes = append(changes, change{t.kind(), seq, record})
			return nil
		})
	}
	return changes
}
