package bank

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// DefaultLimit is how long a page is unless somebody asks otherwise. (Source: the reference's samples; inferred for the
// lists that have none.)
const DefaultLimit = 30

// Query says which page of a list is wanted.
type Query struct {
	// Cursor is one that an earlier page had, or empty for the first page.
	Cursor string
	// Limit is how many records the page has at most; 0 means DefaultLimit.
	Limit int
	// Ascending puts the oldest first.
	Ascending bool
}

// Page is a part of a list.
type Page[R any] struct {
	Items []*R
	// Prev and Next are the cursors of the pages beside it; empty means that there is none.
	Prev, Next string
}

// The two directions of a cursor: what comes after a record, or what comes before it.
const (
	after  = 'a'
	before = 'b'
)

// sequence is records in their order, as state.Rows has them. At returns a record with its number, and Search the
// position of the first whose number is at least another.
type sequence[R any] interface {
	Len() int
	At(i int) (record *R, seq uint64)
	Search(seq uint64) int
}

// paginate cuts a page out of rows, of which it leaves out what keep does not keep. list names the list, so that a
// cursor of another one is refused. A cursor names the record next to the page, so whatever is added or removed
// meanwhile neither repeats nor hides another record. The cost depends on the page alone, if everything is kept.
func paginate[R any](rows sequence[R], list string, q Query, keep func(*R) bool) (Page[R], error) {
	limit := q.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	at := cursorAt{rows: rows.Len(), ascending: q.Ascending}
	page := Page[R]{Items: []*R{}}
	from, direction := at.first(), byte(after)
	if q.Cursor != "" {
		seq, way, ok := readCursor(q.Cursor, list)
		if !ok {
			return page, invalid("cursor", "is not a cursor of this list", "query", "cursor")
		}
		direction = way
		// The record itself is not part of the page, and may be gone.
		if goesUp := (way == after) == q.Ascending; goesUp {
			from = rows.Search(seq + 1)
		} else {
			from = rows.Search(seq) - 1
		}
	}
	step := at.step()
	if direction == before {
		step = -step
	}
	type found struct {
		record *R
		seq    uint64
	}
	take := func(i, step, limit int) []found {
		var some []found
		for ; i >= 0 && i < at.rows && len(some) < limit; i += step {
			if record, seq := rows.At(i); keep == nil || keep(record) {
				some = append(some, found{record, seq})
			}
		}
		return some
	}
	some := take(from, step, limit+1)
	beyond := len(some) > limit
	some = some[:min(len(some), limit)]
	behind := len(take(from-step, -step, 1)) > 0
	if direction == before {
		for i, j := 0, len(some)-1; i < j; i, j = i+1, j-1 {
			some[i], some[j] = some[j], some[i]
		}
		beyond, behind = behind, beyond
	}
	for _, f := range some {
		page.Items = append(page.Items, f.record)
	}
	if len(some) > 0 {
		if behind {
			page.Prev = writeCursor(some[0].seq, before, list)
		}
		if beyond {
			page.Next = writeCursor(some[len(some)-1].seq, after, list)
		}
	}
	return page, nil
}

// cursorAt knows where a list begins and which way it goes.
type cursorAt struct {
	rows      int
	ascending bool
}

func (c cursorAt) first() int {
	if c.ascending {
		return 0
	}
	return c.rows - 1
}

func (c cursorAt) step() int {
	if c.ascending {
		return 1
	}
	return -1
}

// cursorSize is a direction, a number and a mark of the list.
const cursorSize = 1 + 8 + 4

func writeCursor(seq uint64, direction byte, list string) string {
	raw := make([]byte, 0, cursorSize)
	raw = append(raw, direction)
	raw = binary.BigEndian.AppendUint64(raw, seq)
	raw = binary.BigEndian.AppendUint32(raw, mark(list))
	return base64.RawURLEncoding.EncodeToString(raw)
}

func readCursor(text, list string) (seq uint64, direction byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != cursorSize || raw[0] != after && raw[0] != before ||
		binary.BigEndian.Uint32(raw[9:]) != mark(list) {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(raw[1:]), raw[0], true
}

func mark(list string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(list))
	return h.Sum32()
}

// Slice is a page of a list that is counted: it begins at an offset.
type Slice[R any] struct {
	Items []*R
	// Total is how many there are in all.
	Total int
}

// sliceOf cuts a page out of rows: at most limit records, from an offset on, oldest first.
func sliceOf[R any](rows *state.Rows[R], offset, limit int) Slice[R] {
	s := Slice[R]{Items: []*R{}, Total: rows.Len()}
	for i := offset; i < s.Total && len(s.Items) < limit; i++ {
		record, _ := rows.At(i)
		s.Items = append(s.Items, record)
	}
	return s
}
