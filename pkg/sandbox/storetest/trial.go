package storetest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// trial is a run of a check. Its methods end the run if the store does not do as they demand.
type trial struct {
	reporter
	Subject
	rule string
	// store is open, or nil.
	store sandbox.Store
}

// broken reports that the contract is broken, and ends the run.
func (x *trial) broken(format string, arguments ...any) {
	x.Helper()
	x.Fatalf("%s\nThe contract is broken: %s", fmt.Sprintf(format, arguments...), x.rule)
}

// open opens the storage and returns what it loads.
func (x *trial) open() []sandbox.Record {
	x.Helper()
	x.openOnly()
	all, err := load(x.store)
	if err != nil {
		x.broken("Load failed: %v", err)
	}
	return all
}

func (x *trial) openOnly() {
	x.Helper()
	store, err := x.Open()
	if err != nil {
		x.broken("Open failed: %v", err)
	}
	x.store = store
}

func load(store sandbox.Store) ([]sandbox.Record, error) {
	var all []sandbox.Record
	err := store.Load(func(r sandbox.Record) error {
		all = append(all, r)
		return nil
	})
	return all, err
}

func (x *trial) close() {
	x.Helper()
	store := x.store
	x.store = nil
	if err := store.Close(); err != nil {
		x.broken("Close failed: %v", err)
	}
}

// end closes what a check that failed left open.
func (x *trial) end() {
	if x.store != nil {
		_ = x.store.Close()
		x.store = nil
	}
}

func (x *trial) commit(records ...sandbox.Record) {
	x.Helper()
	if err := x.store.Commit(records); err != nil {
		x.broken("Commit failed: %v", err)
	}
}

// reopened closes the store and demands that the storage, opened again, has these records. Their order is that of Seq.
func (x *trial) reopened(want ...sandbox.Record) {
	x.Helper()
	x.close()
	x.equal(x.open(), want)
}

func (x *trial) equal(got, want []sandbox.Record) {
	x.Helper()
	for i := range min(len(got), len(want)) {
		g, w := got[i], want[i]
		if g.Seq != w.Seq || g.Kind != w.Kind || !bytes.Equal(g.Data, w.Data) {
			x.broken("record %d of those loaded is %s, want %s", i, abridged(g), abridged(w))
		}
	}
	if len(got) != len(want) {
		x.broken("%d records are loaded, want %d", len(got), len(want))
	}
}

// abridged shows the beginning of a record.
func abridged(r sandbox.Record) string {
	const most = 40
	return fmt.Sprintf("%d %s %.*q (%d bytes)", r.Seq, r.Kind, most, r.Data, len(r.Data))
}

// record returns a record whose Data is JSON.
func record(seq uint64, text string) sandbox.Record {
	return sandbox.Record{Kind: "kind_of_thing", Seq: seq, Data: []byte(`{"text":"` + text + `"}`)}
}

func removed(seq uint64) sandbox.Record { return sandbox.Record{Kind: "kind_of_thing", Seq: seq} }

// sorted returns the records of a model in the order of Seq.
func sorted(model map[uint64]sandbox.Record) []sandbox.Record {
	all := make([]sandbox.Record, 0, len(model))
	for _, seq := range slices.Sorted(maps.Keys(model)) {
		all = append(all, model[seq])
	}
	return all
}
