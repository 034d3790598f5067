package state

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Log holds records that are added, never changed, and looked at one after the other. That takes half of the room of a
// Table, and half of its time.
type Log[R any] struct {
	number     int
	name       string
	gone, back func(*R)
	entries    []*entry[R]
}

// entry is the place of a record in a log.
type entry[R any] struct {
	log    *Log[R]
	seq    uint64
	record R
}

// NewLog adds a log to a database that is not open yet. The kind is that of its records in the store. gone is called
// with a record that has gone again, since its transaction does not last or the database has become an earlier version,
// and back with one that has come back with a later one. It panics where NewTable does.
func NewLog[R any](db *Database, kind string, gone, back func(*R)) *Log[R] {
	l := &Log[R]{name: kind, gone: gone, back: back}
	l.number = db.register(l)
	return l
}

// Append adds a record.
func (l *Log[R]) Append(tx *Tx, record R) {
	if tx.db.open != tx {
		panic("state: the transaction is over")
	}
	e := &entry[R]{l, tx.Draw(), record}
	l.entries = append(l.entries, e)
	tx.db.head.Records++
	note := touched{row: e}
	if base := tx.db.era.base; base != nil {
		base.diff[l.number] = append(base.diff[l.number], note)
	}
	tx.changed = append(tx.changed, note)
}

// Len returns how many there are.
func (l *Log[R]) Len() int { return len(l.entries) }

// Each calls f with every record, oldest first, until it returns false. Records must not be changed.
func (l *Log[R]) Each(f func(*R) bool) {
	for _, e := range l.entries {
		if !f(&e.record) {
			return
		}
	}
}

func (l *Log[R]) kind() string { return l.name }
func (l *Log[R]) len() int     { return len(l.entries) }

func (l *Log[R]) load(seq uint64, data []byte) error {
	e := &entry[R]{log: l, seq: seq}
	if err := json.Unmarshal(data, &e.record); err != nil {
		return err
	}
	l.entries = append(l.entries, e) // A store has them in order.
	return nil
}

func (l *Log[R]) each(f func(seq uint64, record any) error) error {
	for _, e := range l.entries {
		if err := f(e.seq, &e.record); err != nil {
			return err
		}
	}
	return nil
}

func (e *entry[R]) change() change { return change{e.log.name, e.seq, &e.record} }
func (e *entry[R]) mark(uint64)    {}

// place is where the entry is, or would be.
func (e *entry[R]) place() (i int, there bool) {
	entries := e.log.entries
	if i = len(entries) - 1; i >= 0 && entries[i] == e { // Most look for the last.
		return i, true
	}
	i, there = slices.BinarySearchFunc(entries, e.seq, func(e *entry[R], seq uint64) int {
		return cmp.Compare(e.seq, seq)
	})
	return i, there && entries[i] == e
}

func (e *entry[R]) now() any {
	if _, there := e.place(); there {
		return e
	}
	return nil
}

// restore takes the record away, or puts it back where it was.
func (e *entry[R]) restore(before any) {
	l := e.log
	i, there := e.place()
	switch {
	case there && before == nil:
		l.entries = slices.Delete(l.entries, i, i+1)
		l.gone(&e.record)
	case !there && before != nil:
		l.entries = slices.Insert(l.entries, i, e)
		l.back(&e.record)
	}
}

func (l *Log[R]) takeOut(diff []touched) {
	for i := range slices.Backward(diff) {
		c := &diff[i]
		if c.comes = c.before != nil; !c.comes {
			c.before = c.row.now()
			c.row.restore(nil)
		}
	}
}

func (l *Log[R]) clear() (putBack func()) {
	entries := l.entries
	l.entries = nil
	return func() { l.entries = entries }
}
