package storetest

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

const (
	lasts     = "When Commit returns nil, the records last."
	inOrder   = "Load calls yield with every record, in the order of Seq."
	replaces  = "Those with Data replace the record of the same Seq."
	allOrNone = "Commit writes all of the records or none."
)

var checks = []check{
	{"a storage is empty at first", inOrder, func(x *trial) {
		x.equal(x.open(), nil)
		x.reopened()
	}},
	{"what was committed is loaded in the order of Seq", inOrder, func(x *trial) {
		x.open()
		ten, nine := record(10, "ten"), record(9, "nine")
		hundred, two := record(100, "hundred"), record(2, "two")
		x.commit(ten)
		x.commit(hundred, two, nine)
		x.reopened(two, nine, ten, hundred)
		x.reopened(two, nine, ten, hundred)
	}},
	{"records are loaded byte for byte", lasts, func(x *trial) {
		x.open()
		// Spaces, the order of members, and how a character or a number is spelled are to stay as they are.
		texts := []string{
			`{"b": 1.0, "a":1e2 ,"b":-0}`, ` [ ] `, `0`, `""`, `"\"; DROP TABLE record; --"`,
			`"é ß 漢 👩‍👩‍👧 \u00e9 \ud83d\ude00 \u0000"`, `"` + "\u2028\u0301" + `"`,
		}
		var all []sandbox.Record
		for _, text := range texts {
			all = append(all, sandbox.Record{Kind: "text", Seq: uint64(len(all) + 1), Data: []byte(text)})
		}
		if x.Binary {
			every := make([]byte, 0, 256)
			for b := range 256 {
				every = append(every, byte(b))
				all = append(all, sandbox.Record{Kind: "byte", Seq: uint64(len(all) + 1), Data: []byte{byte(b)}})
			}
			all = append(all, sandbox.Record{Kind: "bytes", Seq: uint64(len(all) + 1), Data: every})
		}
		x.commit(all...)
		x.reopened(all...)
	}},
	{"large records are loaded byte for byte", lasts, func(x *trial) {
		const mebibyte = 1 << 20
		x.open()
		large := record(2, strings.Repeat("0123456789abcde", mebibyte/15))
		x.commit(record(1, "small"), large, record(3, "small"))
		x.reopened(record(1, "small"), large, record(3, "small"))
	}},
	{"a record is replaced", replaces, func(x *trial) {
		x.open()
		x.commit(record(1, "one"), record(2, "two"), record(3, "three"))
		x.commit(record(2, "zwei, and longer"))
		x.reopened(record(1, "one"), record(2, "zwei, and longer"), record(3, "three"))
		x.commit(record(2, "2"))
		x.reopened(record(1, "one"), record(2, "2"), record(3, "three"))
	}},
	{"a record is removed", "Those without Data remove the record of the same Seq.", func(x *trial) {
		x.open()
		x.commit(record(1, "one"), record(2, "two"), record(3, "three"))
		empty := removed(3)
		empty.Data = []byte{}
		x.commit(removed(2), empty)
		x.reopened(record(1, "one"))
		x.commit(removed(1))
		x.reopened()
	}},
	{"a record comes in the place of another kind", replaces, func(x *trial) {
		other := func(seq uint64) sandbox.Record {
			return sandbox.Record{Kind: "another_kind", Seq: seq, Data: []byte(`{"another":true}`)}
		}
		x.open()
		x.commit(record(1, "one"), record(2, "two"), record(3, "three"))
		x.commit(removed(3))
		x.commit(other(2), other(3)) // So it is when a sandbox has gone back to a snapshot.
		x.reopened(record(1, "one"), other(2), other(3))
	}},
	{"what is not there can be removed", "Those without Data remove the record of the same Seq.", func(x *trial) {
		x.open()
		x.commit(removed(7))
		x.commit(record(1, "one"), removed(8))
		x.commit(removed(7), removed(8))
		x.reopened(record(1, "one"))
	}},
	{"nothing can be committed", lasts, func(x *trial) {
		x.open()
		x.commit()
		x.commit(record(1, "one"))
		x.commit()
		x.reopened(record(1, "one"))
	}},
	{"a batch has 10,000 records", lasts, func(x *trial) {
		const many = 10_000
		x.open()
		var all []sandbox.Record
		for seq := range uint64(many) {
			all = append(all, record(seq+1, "record "+strconv.FormatUint(seq, 10)))
		}
		x.commit(all...)
		x.reopened(all...)
		// Half of them change, a quarter goes.
		var changes, left []sandbox.Record
		for i, r := range all {
			switch i % 4 {
			case 0:
				r = record(r.Seq, "changed")
				changes = append(changes, r)
			case 1:
				changes = append(changes, removed(r.Seq))
				continue
			}
			left = append(left, r)
		}
		x.commit(changes...)
		x.reopened(left...)
	}},
	{"the order within a batch makes no difference", allOrNone, func(x *trial) {
		x.open()
		x.commit(record(1, "one"), record(2, "two"), record(4, "four"))
		batch := []sandbox.Record{removed(1), record(2, "zwei"), record(3, "drei"), removed(4), record(5, "fünf"),
			record(math.MaxInt64, "last")}
		slices.Reverse(batch)
		x.commit(batch...)
		x.reopened(record(2, "zwei"), record(3, "drei"), record(5, "fünf"), record(math.MaxInt64, "last"))
	}},
	{"every kind that is allowed is kept", "A kind is 1 to 32 of the characters a to z and _.", func(x *trial) {
		x.open()
		kinds := []string{
			"a", "z", "_", "__", "abcdefghijklmnopqrstuvwxyz", "null", "select",
			strings.Repeat("k", 32), strings.Repeat("k", 31) + "l", strings.Repeat("_", 32),
		}
		var all []sandbox.Record
		for i, kind := range kinds {
			all = append(all, sandbox.Record{Kind: kind, Seq: uint64(i + 1), Data: []byte(`{}`)})
		}
		x.commit(all...)
		x.reopened(all...)
	}},
	{"every Seq up to 2^63-1 is kept", "Seq identifies the record. It is positive.", func(x *trial) {
		x.open()
		var all []sandbox.Record
		for _, seq := range []uint64{1, 255, 256, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<53 - 1, 1 << 53, 1<<53 + 1,
			1<<62 + 1, math.MaxInt64 - 1, math.MaxInt64} {
			all = append(all, record(seq, strconv.FormatUint(seq, 10)))
		}
		x.commit(all...)
		x.reopened(all...)
		x.commit(removed(math.MaxInt64), record(math.MaxInt64-1, "changed"))
		all = all[:len(all)-1]
		all[len(all)-1] = record(math.MaxInt64-1, "changed")
		x.reopened(all...)
	}},
	{"an error of yield ends Load", "Load stops with the error that yield returns.", func(x *trial) {
		x.open()
		x.commit(record(1, "one"), record(2, "two"), record(3, "three"))
		x.close()
		x.openOnly()
		stop, calls := errors.New("enough"), 0
		err := x.store.Load(func(sandbox.Record) error {
			calls++
			if calls == 2 {
				return stop
			}
			return nil
		})
		if !errors.Is(err, stop) || calls != 2 {
			x.broken("yield failed in its second call; there were %d, and Load = %v", calls, err)
		}
		x.reopened(record(1, "one"), record(2, "two"), record(3, "three"))
	}},
	{"a record that was loaded belongs to the callee", "The record belongs to the callee.", func(x *trial) {
		x.open()
		x.commit(record(1, "one"), record(2, "two"))
		x.close()
		var all []sandbox.Record
		x.openOnly()
		err := x.store.Load(func(r sandbox.Record) error {
			all = append(all, sandbox.Record{Kind: r.Kind, Seq: r.Seq, Data: slices.Clone(r.Data)})
			clear(r.Data)
			return nil
		})
		if err != nil {
			x.broken("Load failed: %v", err)
		}
		x.equal(all, []sandbox.Record{record(1, "one"), record(2, "two")})
		x.close()
		all = x.open()
		x.commit(record(1, "eins"), removed(2))
		x.equal(all, []sandbox.Record{record(1, "one"), record(2, "two")})
	}},
	{"a second store does the first no harm", lasts, func(x *trial) {
		x.open()
		x.commit(record(1, "one"), record(2, "two"))
		if second, err := x.Open(); err == nil {
			if _, err := load(second); err != nil {
				x.broken("a second store is opened and cannot load: %v", err)
			}
			if err := second.Close(); err != nil {
				x.broken("a second store is opened and cannot be closed: %v", err)
			}
		}
		x.commit(record(3, "three"), removed(1))
		x.reopened(record(2, "two"), record(3, "three"))
	}},
	{"a commit that fails leaves nothing", allOrNone, func(x *trial) {
		kept := x.failed()
		x.reopened(kept...)
		x.commit(record(5, "five"))
		x.reopened(append(kept, record(5, "five"))...)
	}},
	{"after a commit that failed the next succeeds",
		"An error that wraps ErrNotCommitted says that a later Commit may well succeed.", func(x *trial) {
			kept := x.failed()
			x.commit(record(5, "five"))
			x.reopened(append(kept, record(5, "five"))...)
		}},
	{"random commits are as in the model", "The records are those that were committed.", random},
}

// failed demands that a commit fails as the storage is full, and returns what is there nevertheless.
func (x *trial) failed() []sandbox.Record {
	x.Helper()
	if x.Fill == nil {
		x.Skip("the storage cannot be made full")
	}
	x.open()
	kept := []sandbox.Record{record(1, "one"), record(2, "two"), record(4, "four")}
	x.commit(kept...)
	empty, err := x.Fill(x.store)
	if err != nil {
		x.Fatalf("the storage cannot be made full: %v", err)
	}
	const mebibyte = 1 << 20
	large := strings.Repeat("x", mebibyte)
	batch := []sandbox.Record{record(1, "changed"), removed(2), record(3, "added")}
	for seq := range uint64(3) {
		batch = append(batch, record(100+seq, large))
	}
	batch = append(batch, record(90, "added"))
	if err := x.store.Commit(batch); !errors.Is(err, sandbox.ErrNotCommitted) {
		x.broken("the storage is full, and Commit = %v, want ErrNotCommitted", err)
	}
	empty()
	return kept
}
