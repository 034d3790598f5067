package state

import "slices"

// Index finds the records of a table by something that many of them share, in the order in which they came.
type Index[G comparable, R any] struct {
	// one says what the only group is; groups all of them, if there is no one.
	one    func(*R) G
	groups func(*R) []G
	rows   map[G]*Rows[R]
}

// NewIndex adds an index to a table of a database that is not open yet. groups says by what a record is found, with no
// group twice; it must not change what it returned.
func NewIndex[G comparable, K comparable, R any](t *Table[K, R], groups func(*R) []G) *Index[G, R] {
	x := &Index[G, R]{groups: groups, rows: map[G]*Rows[R]{}}
	t.indexes = append(t.indexes, x)
	return x
}

// NewIndexByOne is NewIndex for records that are in one group each.
func NewIndexByOne[G comparable, K comparable, R any](t *Table[K, R], group func(*R) G) *Index[G, R] {
	x := &Index[G, R]{one: group, rows: map[G]*Rows[R]{}}
	t.indexes = append(t.indexes, x)
	return x
}

// Of returns the records of a group, oldest first. Nil has none.
func (x *Index[G, R]) Of(group G) *Rows[R] { return x.rows[group] }

func (x *Index[G, R]) add(w *row[R], record *R) {
	if x.one != nil {
		x.addTo(x.one(record), w)
		return
	}
	for _, g := range x.groups(record) {
		x.addTo(g, w)
	}
}

func (x *Index[G, R]) addTo(g G, w *row[R]) {
	rows := x.rows[g]
	if rows == nil {
		rows = &Rows[R]{}
		x.rows[g] = rows
	}
	rows.add(w)
}

func (x *Index[G, R]) remove(w *row[R], record *R) {
	if x.one != nil {
		x.removeFrom(x.one(record), w)
		return
	}
	for _, g := range x.groups(record) {
		x.removeFrom(g, w)
	}
}

func (x *Index[G, R]) removeFrom(g G, w *row[R]) {
	rows := x.rows[g]
	rows.remove(w)
	if len(rows.rows) == 0 {
		delete(x.rows, g)
	}
}

func (x *Index[G, R]) same(a, b *R) bool {
	if x.one != nil {
		return x.one(a) == x.one(b)
	}
	return slices.Equal(x.groups(a), x.groups(b))
}

func (x *Index[G, R]) clear() (putBack func()) {
	rows := x.rows
	x.rows = map[G]*Rows[R]{}
	return func() { x.rows = rows }
}

// Rows are records in the order in which they came. They change with the table. Nil has none.
type Rows[R any] struct{ rows []*row[R] }

// Len returns how many there are.
func (r *Rows[R]) Len() int {
	if r == nil {
		return 0
	}
	return len(r.rows)
}

// At returns the record at a position, from 0, and its number.
func (r *Rows[R]) At(i int) (record *R, seq uint64) { return r.rows[i].record, r.rows[i].seq }

// Search returns the position of the first record whose number is at least seq.
func (r *Rows[R]) Search(seq uint64) int {
	if r == nil {
		return 0
	}
	// Most look for an end.
	if n := len(r.rows); n == 0 || r.rows[n-1].seq < seq {
		return n
	}
	if r.rows[0].seq >= seq {
		return 0
	}
	i, _ := slices.BinarySearchFunc(r.rows, seq, func(w *row[R], seq uint64) int {
		switch {
		case w.seq < seq:
			return -1
		case w.seq > seq:
			return 1
		}
		return 0
	})
	return i
}

// Each calls f with every record, oldest first, until it returns false.
func (r *Rows[R]) Each(f func(*R) bool) {
	if r == nil {
		return
	}
	for _, w := range r.rows {
		if !f(w.record) {
			return
		}
	}
}

func (r *Rows[R]) add(w *row[R]) {
	i := r.Search(w.seq)
	if i == len(r.rows) {
		r.rows = append(r.rows, w)
		return
	}
	r.rows = slices.Insert(r.rows, i, w)
}

func (r *Rows[R]) remove(w *row[R]) {
	if last := len(r.rows) - 1; r.rows[last] == w { // So it is when something is undone.
		r.rows[last] = nil
		r.rows = r.rows[:last]
		return
	}
	i := r.Search(w.seq)
	if i == 0 { // The oldest go first, one after the other.
		r.rows[0] = nil
		r.rows = r.rows[1:]
		return
	}
	r.rows = slices.Delete(r.rows, i, i+1)
}
