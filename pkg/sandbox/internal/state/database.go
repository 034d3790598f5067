package state

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// stateKind and stateSeq are those of the record that the database keeps for itself.
const (
	stateKind = "state"
	stateSeq  = 1
)

// head is what the database knows besides its tables.
type head struct {
	// Seq is the highest number that was drawn.
	Seq uint64 `json:"seq"`
	// Time is that of the latest transaction.
	Time time.Time `json:"time"`
	// Records is how many there are, by which one that is missing is found, whatever it was. 0 is that of a store which
	// is older than the count.
	Records int `json:"records,omitempty"`
}

// Database is a set of tables. Make one with New, give it its tables with NewTable, and then open it.
//
// Whoever reads holds the lock for reading, whoever begins a transaction the one for writing.
type Database struct {
	mu     sync.RWMutex
	tables []table
	head   head
	due    queue
	// latest is head.Time in nanoseconds since 1970, for who cannot wait for the lock.
	latest atomic.Int64
	// open is the transaction that runs.
	open *Tx
	// number counts transactions, and never goes back.
	number uint64
	// era is what the tables have, and versions what somebody may come back to.
	era      *era
	versions []*Version
	onClear  []func() (putBack func())
	// spare is room that a transaction has left for the next one.
	spare undo
	// tail is the latest transaction that may not last yet.
	tail *Pending

	writer *writer
	// broken is why the store cannot be asked any more, for who cannot wait for the lock.
	broken atomic.Pointer[error]
}

// table is what the database asks of a Table or a Log, whatever is in it.
type table interface {
	kind() string
	len() int
	load(seq uint64, data []byte) error
	each(func(seq uint64, record any) error) error
	// clear takes everything out, and returns what puts it back.
	clear() (putBack func())
	// takeOut takes the records away that a version does not have, and notes them in its differences, and which others
	// are to come. It may be that several tables do so at the same time.
	takeOut(diff []touched)
}

var kindPattern = regexp.MustCompile(`^[a-z_]{1,32}$`)

// register adds a table, and returns its number. It panics if there is one of its kind, or if the kind is not as
// Record says.
func (db *Database) register(t table) (number int) {
	kind := t.kind()
	if kind == stateKind || !kindPattern.MatchString(kind) {
		panic("state: no name for a table: " + kind)
	}
	for _, other := range db.tables {
		if other.kind() == kind {
			panic("state: a second table " + kind)
		}
	}
	db.tables = append(db.tables, t)
	db.OnClear(t.clear)
	return len(db.tables) - 1
}

// New returns a database without tables.
func New() *Database {
	db := &Database{head: head{Seq: stateSeq}, era: &era{}}
	db.OnClear(func() func() {
		due := db.due
		db.due = queue{}
		return func() { db.due = due }
	})
	return db
}

// Open fills the tables from the store, and hands it what changes from then on; with nil everything is forgotten at the
// end. The store belongs to the database, which closes it.
func (db *Database) Open(store Store) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if store == nil {
		return nil
	}
	kinds := map[string]table{}
	for _, t := range db.tables {
		kinds[t.kind()] = t
	}
	highest := uint64(stateSeq)
	err := store.Load(func(r Record) error {
		highest = max(highest, r.Seq)
		if r.Kind == stateKind {
			return json.Unmarshal(r.Data, &db.head)
		}
		t := kinds[r.Kind]
		if t == nil {
			return fmt.Errorf("state: record %d is of a kind that nobody knows", r.Seq)
		}
		if err := t.load(r.Seq, r.Data); err != nil {
			return fmt.Errorf("state: record %d in %s: %w", r.Seq, r.Kind, err)
		}
		return nil
	})
	if err != nil {
		return errors.Join(err, store.Close())
	}
	if db.head.Seq < highest {
		err := fmt.Errorf("state: record %d is newer than the newest, %d", highest, db.head.Seq)
		return errors.Join(err, store.Close())
	}
	if db.head.Records == 0 {
		db.head.Records = db.records()
	}
	db.setHead(db.head)
	db.writer = newWriter(db, store)
	return nil
}

// Close waits for what is committed and closes the store. Nothing can be committed afterwards.
func (db *Database) Close() error {
	db.mu.Lock()
	w := db.writer
	db.mu.Unlock()
	if w == nil {
		return nil
	}
	return w.close()
}

// Lock holds off everybody else, so that a transaction can begin.
func (db *Database) Lock() { db.mu.Lock() }

// Unlock ends Lock.
func (db *Database) Unlock() { db.mu.Unlock() }

// RLock holds off transactions, so that tables can be read.
func (db *Database) RLock() { db.mu.RLock() }

// RUnlock ends RLock.
func (db *Database) RUnlock() { db.mu.RUnlock() }

// Tail returns the latest transaction that may not last yet, or nil. Who answers from what it has read waits for it
// first: what was read may be undone until then. The lock must be held.
func (db *Database) Tail() *Pending { return db.tail }

// Broken returns an error that wraps ErrBroken if the store failed in such a way that nobody knows what it has: then
// nobody knows either whether the records in memory are those that last. Otherwise it returns nil. It needs no lock:
// who has looked at something, and asks afterwards, is told of what was undone before.
func (db *Database) Broken() error {
	if err := db.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// Time returns the time of the latest transaction. The lock must be held.
func (db *Database) Time() time.Time { return db.head.Time }

// Latest is Time, without the lock: that of a transaction which is still open counts too. It is 1970 before the first.
func (db *Database) Latest() time.Time { return time.Unix(0, db.latest.Load()).UTC() }

// setHead needs the lock for writing.
func (db *Database) setHead(to head) {
	db.head = to
	db.latest.Store(to.nanoseconds())
}

// nanoseconds is the time since 1970, and 0 as long as there was no transaction.
func (h head) nanoseconds() int64 {
	if h.Time.IsZero() {
		return 0
	}
	return h.Time.UnixNano()
}

// Drawn returns the highest number that was drawn. The lock must be held.
func (db *Database) Drawn() uint64 { return db.head.Seq }

// Hash returns a digest of all records, by which two databases can be compared. skip leaves kinds out. The lock must be
// held.
func (db *Database) Hash(skip ...string) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	var number [8]byte
	for _, t := range db.tables {
		if slices.Contains(skip, t.kind()) {
			continue
		}
		_, _ = h.Write([]byte(t.kind()))
		err := t.each(func(seq uint64, record any) error {
			data, err := json.Marshal(record)
			if err != nil {
				return err
			}
			_, _ = h.Write(binary.BigEndian.AppendUint64(number[:0], seq))
			_, _ = h.Write(binary.BigEndian.AppendUint64(number[:0], uint64(len(data))))
			_, _ = h.Write(data)
			return nil
		})
		if err != nil {
			return sum, err
		}
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// Count returns how many records each table has. The lock must be held.
func (db *Database) Count() map[string]int {
	counts := map[string]int{}
	for _, t := range db.tables {
		if n := t.len(); n > 0 {
			counts[t.kind()] = n
		}
	}
	return counts
}

// Kinds returns the kinds of records that there can be.
func (db *Database) Kinds() (kinds []string) {
	for _, t := range db.tables {
		kinds = append(kinds, t.kind())
	}
	return kinds
}

func (db *Database) records() (n int) {
	for _, t := range db.tables {
		n += t.len()
	}
	return n
}

// Check fails if there are more records, or less, than transactions have left. The lock must be held.
func (db *Database) Check() error {
	if has := db.records(); has != db.head.Records {
		return fmt.Errorf("state: there are %d records instead of %d", has, db.head.Records)
	}
	return nil
}
