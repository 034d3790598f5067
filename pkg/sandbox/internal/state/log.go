package state

import "encoding/json"

// Log holds records that are added, never changed, and looked at one after the other. That takes half of the room of a
// Table, and half of its time.
type Log[R any] struct {
	name      string
	takenBack func(*R)
	entries   []*entry[R]
}

// entry is the place of a record in a log.
type entry[R any] struct {
	log    *Log[R]
	seq    uint64
	record R
}

// NewLog adds a log to a database that is not open yet. The kind is that of its records in the store; takenBack is
// called with a record that has gone again, since its transaction does not last. It panics where NewTable does.
func NewLog[R any](db *Database, kind string, takenBack func(*R)) *Log[R] {
	l := &Log[R]{name: kind, takenBack: takenBack}
	db.register(l)
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
	tx.changed = append(tx.changed, touched{row: e})
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
func (e *entry[R]) settle()        {}

// restore takes the record away. It is the last: whatever came later has been taken back.
func (e *entry[R]) restore(any) {
	l := e.log
	last := len(l.entries) - 1
	if l.entries[last] != e {
		panic("state: what came later is still there in " + l.name)
	}
	l.entries[last] = nil
	l.entries = l.entries[:last]
	l.takenBack(&e.record)
}
