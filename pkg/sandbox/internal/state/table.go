package state

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
)

// Table holds records by a key of theirs. A record is never changed in place: whoever changes one puts a changed copy
// in its place. Records become JSON and are made of it again, so everything that counts is in exported fields.
type Table[K comparable, R any] struct {
	db      *Database
	number  int
	name    string
	key     func(*R) K
	rows    map[K]*row[R]
	all     *Rows[R]
	indexes []index[R]
	due     func(*R) time.Time
	onDue   func(*Tx, *R)
	of      *of[R]
}

// of is what a row asks of its table. There are many rows, so that each has one word for it.
type of[R any] struct {
	kind    string
	run     func(*Tx, *R)
	restore func(w *row[R], before *R)
}

// row is the place of a record.
type row[R any] struct {
	seq    uint64
	record *R
	// at is when it is due, in nanoseconds since 1970, or 0.
	at int64
	// aside is the time at which it was due when that failed, or 0.
	aside int64
	of    *of[R]
	// tx is the number of the latest transaction that has changed it.
	tx uint64
}

// index is what a table asks of an Index, whatever it is by.
type index[R any] interface {
	add(w *row[R], record *R)
	remove(w *row[R], record *R)
	// same reports whether two records stand in the same places.
	same(a, b *R) bool
	// clear takes everything out, and returns what puts it back.
	clear() (putBack func())
}

// NewTable adds a table to a database that is not open yet. The kind names its records in the store; key finds them.
// It panics if there is a table of this kind, or if the kind is not as Record says.
func NewTable[K comparable, R any](db *Database, kind string, key func(*R) K) *Table[K, R] {
	t := &Table[K, R]{db: db, name: kind, key: key, rows: map[K]*row[R]{}, all: &Rows[R]{}}
	t.of = &of[R]{kind: kind, run: func(tx *Tx, record *R) { t.onDue(tx, record) }, restore: t.restore}
	t.number = db.register(t)
	return t
}

// When has run called when a record of the table is due. at says when that is; the zero time means never. run must
// change the record so that it is due later or never, or remove it: Database.RunDue would come back to it for ever.
func (t *Table[K, R]) When(at func(*R) time.Time, run func(*Tx, *R)) { t.due, t.onDue = at, run }

// Get returns the record of a key, or nil. It must not be changed.
func (t *Table[K, R]) Get(key K) *R {
	if w := t.rows[key]; w != nil {
		return w.record
	}
	return nil
}

// Seq returns the number of a record, by which records are ordered: who came later has the higher one. It is 0 if there
// is no such record.
func (t *Table[K, R]) Seq(key K) uint64 {
	if w := t.rows[key]; w != nil {
		return w.seq
	}
	return 0
}

// All returns every record, oldest first.
func (t *Table[K, R]) All() *Rows[R] { return t.all }

// Insert adds a record. It panics if there is one with its key.
func (t *Table[K, R]) Insert(tx *Tx, record *R) {
	w := &row[R]{seq: tx.Draw(), of: t.of}
	t.touch(tx, w)
	t.place(w, record)
	t.db.head.Records++
}

// Update replaces the record that has the same key. It panics if there is none.
func (t *Table[K, R]) Update(tx *Tx, record *R) {
	w := t.rows[t.key(record)]
	if w == nil {
		panic("state: no such record in " + t.name)
	}
	t.touch(tx, w)
	t.replace(w, record)
}

// Delete removes a record. It panics if there is none.
func (t *Table[K, R]) Delete(tx *Tx, key K) {
	w := t.rows[key]
	if w == nil {
		panic("state: no such record in " + t.name)
	}
	t.touch(tx, w)
	t.displace(w)
	t.db.head.Records--
}

// touch notes that a transaction changes a row, and what the row has before.
func (t *Table[K, R]) touch(tx *Tx, w *row[R]) {
	if tx.db.open != tx {
		panic("state: the transaction is over")
	}
	if w.tx == tx.number {
		return
	}
	note := touched{row: w, before: w.now()}
	if e := t.db.era; e.base != nil && w.tx <= e.since {
		e.base.diff[t.number] = append(e.base.diff[t.number], note)
	}
	w.tx = tx.number
	tx.changed = append(tx.changed, note)
}

// restore gives a row the record back that it had, or none.
func (t *Table[K, R]) restore(w *row[R], before *R) {
	switch {
	case before != nil && w.record != nil:
		t.replace(w, before)
	case before != nil:
		t.place(w, before)
	case w.record != nil:
		t.displace(w)
	}
}

// place puts a record where it can be found.
func (t *Table[K, R]) place(w *row[R], record *R) {
	key, before := t.key(record), len(t.rows)
	t.rows[key] = w
	if len(t.rows) == before { // To look first would be to look twice, and tables are long.
		t.putBack(key)
		panic("state: a second record of the same key in " + t.name)
	}
	w.record = record
	t.all.add(w)
	for _, x := range t.indexes {
		x.add(w, record)
	}
	t.schedule(w)
}

// putBack makes a key find the record again that has it.
func (t *Table[K, R]) putBack(key K) {
	for _, w := range t.all.rows {
		if t.key(w.record) == key {
			t.rows[key] = w
		}
	}
}

// displace takes the records of rows away, which is fast if the newest is first. Where they are found is gone through
// one after the other: each of these maps is larger than what a processor has at hand.
func (t *Table[K, R]) displace(rows ...*row[R]) {
	for _, w := range rows {
		delete(t.rows, t.key(w.record))
	}
	for _, w := range rows {
		t.all.remove(w)
	}
	for _, x := range t.indexes {
		for _, w := range rows {
			x.remove(w, w.record)
		}
	}
	for _, w := range rows {
		w.record, w.at = nil, 0
	}
}

func (t *Table[K, R]) takeOut(diff []touched) {
	gone := make([]*row[R], 0, len(diff))
	for i := range slices.Backward(diff) {
		c := &diff[i]
		if c.comes = c.before != nil; c.comes {
			continue
		}
		if w, _ := c.row.(*row[R]); w.record != nil {
			c.before = w.record
			gone = append(gone, w)
		}
	}
	t.displace(gone...)
}

// replace puts another record of the same key in a row.
func (t *Table[K, R]) replace(w *row[R], record *R) {
	for _, x := range t.indexes {
		if !x.same(w.record, record) {
			x.remove(w, w.record)
			x.add(w, record)
		}
	}
	w.record = record
	t.schedule(w)
}

// lastYear is one whose times fit into 64 bits of nanoseconds since 1970.
const lastYear = 2261

// schedule notes when the record of a row is due.
func (t *Table[K, R]) schedule(w *row[R]) {
	if t.due == nil {
		return
	}
	var at int64
	if when := t.due(w.record); when.Year() > lastYear {
		at = math.MaxInt64 // Nobody will see it, and later times do not fit.
	} else if !when.IsZero() {
		at = when.UnixNano()
	}
	if at == w.at {
		return
	}
	w.at = at
	if at == 0 {
		return
	}
	t.db.due.add(item{at: at, seq: w.seq, row: w})
}

func (t *Table[K, R]) kind() string { return t.name }
func (t *Table[K, R]) len() int     { return t.all.Len() }

func (t *Table[K, R]) load(seq uint64, data []byte) error {
	record := new(R)
	if err := json.Unmarshal(data, record); err != nil {
		return err
	}
	if t.rows[t.key(record)] != nil {
		return fmt.Errorf("there are two records of one key")
	}
	t.place(&row[R]{seq: seq, of: t.of}, record)
	return nil
}

func (t *Table[K, R]) each(f func(seq uint64, record any) error) error {
	for _, w := range t.all.rows {
		if err := f(w.seq, w.record); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table[K, R]) clear() (putBack func()) {
	rows, all := t.rows, t.all
	t.rows, t.all = map[K]*row[R]{}, &Rows[R]{}
	var indexes []func()
	for _, x := range t.indexes {
		indexes = append(indexes, x.clear())
	}
	return func() {
		t.rows, t.all = rows, all
		for _, putBack := range indexes {
			putBack()
		}
	}
}

func (w *row[R]) change() change {
	if w.record == nil {
		return change{kind: w.of.kind, seq: w.seq}
	}
	return change{w.of.kind, w.seq, w.record}
}

func (w *row[R]) restore(before any) {
	record, _ := before.(*R)
	w.of.restore(w, record)
}

func (w *row[R]) now() any {
	if w.record == nil {
		return nil
	}
	return w.record
}

func (w *row[R]) mark(number uint64) { w.tx = number }
