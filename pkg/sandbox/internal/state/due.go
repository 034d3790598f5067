package state

import (
	"cmp"
	"container/heap"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// queue has what is due by time, and what is due at the same time in the order in which it came. An item whose row is
// due at another time by now is ignored.
type queue struct {
	items []item
	// live is how many there were when those that are ignored were last taken out.
	live int
}

type item struct {
	at  int64
	seq uint64
	row scheduled
}

// scheduled is what the queue asks of a row, whatever is in it.
type scheduled interface {
	// dueAt is 0 if it is not due, or was set aside.
	dueAt() int64
	setAside()
	run(*Tx)
	table() string
}

func (w *row[R]) dueAt() int64 {
	if w.at == w.aside {
		return 0
	}
	return w.at
}
func (w *row[R]) setAside()     { w.aside = w.at }
func (w *row[R]) run(tx *Tx)    { w.of.run(tx, w.record) }
func (w *row[R]) table() string { return w.of.kind }

func (q *queue) Len() int { return len(q.items) }
func (q *queue) Less(i, j int) bool {
	a, b := &q.items[i], &q.items[j]
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}
func (q *queue) Swap(i, j int) { q.items[i], q.items[j] = q.items[j], q.items[i] }

// Push is for package heap.
func (q *queue) Push(x any) { q.items = append(q.items, x.(item)) } //nolint:forcetypeassert // Nothing else is pushed.

// Pop is for package heap.
func (q *queue) Pop() any {
	last := len(q.items) - 1
	x := q.items[last]
	q.items[last] = item{}
	q.items = q.items[:last]
	return x
}

func (q *queue) add(i item) { heap.Push(q, i) }

// first returns what is due first, and false if there is nothing.
func (q *queue) first() (item, bool) {
	for len(q.items) > 0 {
		if i := q.items[0]; i.row.dueAt() == i.at {
			return i, true
		}
		heap.Pop(q)
	}
	return item{}, false
}

// compact takes out what is ignored, if that may be most of it. Whoever goes back to the same version again and again
// leaves more of it each time, due at times that never come.
func (q *queue) compact() {
	const few = 64
	if len(q.items) < 2*q.live+few {
		return
	}
	q.items = slices.DeleteFunc(q.items, func(i item) bool { return i.row.dueAt() != i.at })
	slices.SortFunc(q.items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq))
	})
	q.items = slices.Compact(q.items) // What is sorted is a heap, too.
	q.live = len(q.items)
}

// NextDue returns when the next record is due, and false if none ever is. The lock for writing must be held.
func (db *Database) NextDue() (time.Time, bool) {
	i, ok := db.due.first()
	return time.Unix(0, i.at).UTC(), ok
}

// EarliestDue returns a time before which no record is due, and false if none ever is. The lock must be held; that for
// reading is enough. What was due then may be due later by now.
func (db *Database) EarliestDue() (time.Time, bool) {
	if len(db.due.items) == 0 {
		return time.Time{}, false
	}
	return time.Unix(0, db.due.items[0].at).UTC(), true
}

// IsDue reports whether a record is due by now. The lock must be held; that for reading is enough.
func (db *Database) IsDue(now time.Time) bool {
	// What is first may be out of date, in which case somebody finds nothing to do.
	return len(db.due.items) > 0 && db.due.items[0].at <= now.UnixNano()
}

// Fault says that what was due has panicked. It has had no effect, and is not tried again before the database is opened
// again, or the record is due at another time: it must not stand in the way of all that comes later.
type Fault struct {
	// Kind and Seq are those of the record.
	Kind string
	Seq  uint64
	// Cause is what it has panicked with, and Stack where.
	Cause any
	Stack []byte
}

// Error has the stack as well: it is for whoever mends it.
func (f *Fault) Error() string {
	return fmt.Sprintf("state: what was due of record %d in %s has failed, and is left undone: %v\n%s", f.Seq, f.Kind,
		f.Cause, f.Stack)
}

// RunDue does what is due first, if that is at a time until now, in a transaction of its own at that time. It returns
// false if nothing is due. It fails with a *Fault if what is due panics, once for each. The lock for writing must be
// held.
func (db *Database) RunDue(now time.Time) (more bool, err error) {
	i, ok := db.due.first()
	if !ok || i.at > now.UnixNano() {
		return false, nil
	}
	tx := db.Begin(time.Unix(0, i.at).UTC())
	finished := false
	defer func() {
		if finished {
			return
		}
		tx.Rollback()
		i.row.setAside()
		if cause := recover(); cause != nil {
			err = &Fault{Kind: i.row.table(), Seq: i.seq, Cause: cause, Stack: debug.Stack()}
		}
	}()
	i.row.run(tx)
	if i.row.dueAt() == i.at {
		panic("state: what is due stays due")
	}
	finished = true
	_, err = tx.Commit()
	return true, err
}

// NextDueOf returns when the next record of some tables is due, and false if none ever is. The lock must be held. It
// looks at everything that is due some day.
func (db *Database) NextDueOf(kinds ...string) (next time.Time, ok bool) {
	for _, i := range db.due.items {
		if i.row.dueAt() == i.at && slices.Contains(kinds, i.row.table()) && (!ok || i.at < next.UnixNano()) {
			next, ok = time.Unix(0, i.at).UTC(), true
		}
	}
	return next, ok
}
