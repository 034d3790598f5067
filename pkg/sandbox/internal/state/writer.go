package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// maxBatch bounds how many transactions a store gets at once. Who comes later waits for the next batch.
const maxBatch = 1024

// Pending is a transaction that has taken effect and does not last yet.
type Pending struct {
	changes []change
	undo    undo
	head    head
	number  uint64
	lasts   func()
	done    chan struct{}
	err     error
}

// Wait returns nil once the transaction, and all before it, last. An error that wraps ErrNotCommitted says that it has
// been undone; if ctx ends first, its error says nothing of the transaction. A nil Pending lasts.
func (p *Pending) Wait(ctx context.Context) error {
	if p == nil {
		return nil
	}
	select {
	case <-p.done:
		return p.err
	default:
	}
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// HasFailed reports whether the transaction is known to have been undone.
func (p *Pending) HasFailed() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.done:
		return p.err != nil
	default:
		return false
	}
}

// writer hands transactions to the store in their order, as many at once as have come together while it was busy.
type writer struct {
	db    *Database
	store Store
	ended chan struct{}

	mu      sync.Mutex
	wake    *sync.Cond
	pending []*Pending
	closed  bool
}

func newWriter(db *Database, store Store) *writer {
	w := &writer{db: db, store: store, ended: make(chan struct{})}
	w.wake = sync.NewCond(&w.mu)
	go w.run()
	return w
}

// add has a transaction written, or says why nothing can be written any more.
func (w *writer) add(p *Pending) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrClosed
	}
	if err := w.db.Broken(); err != nil {
		return err
	}
	w.pending = append(w.pending, p)
	w.wake.Signal()
	return nil
}

// take waits for transactions. It returns none when the writer is closed and everything is written.
func (w *writer) take() []*Pending {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.pending) == 0 && !w.closed {
		w.wake.Wait()
	}
	batch := w.pending[:min(len(w.pending), maxBatch)]
	w.pending = w.pending[len(batch):]
	return batch
}

func (w *writer) run() {
	defer close(w.ended)
	for {
		batch := w.take()
		if len(batch) == 0 {
			return
		}
		records, err := merge(batch)
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrNotCommitted, err)
		} else {
			err = w.store.Commit(records)
		}
		if err != nil {
			w.fail(batch, err)
			continue
		}
		for _, p := range batch {
			if p.lasts != nil {
				w.db.mu.Lock()
				p.lasts()
				w.db.mu.Unlock()
			}
			p.end(nil)
		}
	}
}

// merge returns the last state of each record.
func merge(batch []*Pending) ([]Record, error) {
	most := 0
	for _, p := range batch {
		most += len(p.changes)
	}
	changes, at := make([]change, 0, most), make(map[uint64]int, most)
	for _, p := range batch {
		for _, c := range p.changes {
			if i, ok := at[c.seq]; ok {
				changes[i] = c
				continue
			}
			at[c.seq] = len(changes)
			changes = append(changes, c)
		}
	}
	records := make([]Record, len(changes))
	for i, c := range changes {
		records[i] = Record{Kind: c.kind, Seq: c.seq}
		if c.record == nil {
			continue
		}
		var err error
		if records[i].Data, err = json.Marshal(c.record); err != nil {
			return nil, fmt.Errorf("record %d in %s: %w", c.seq, c.kind, err)
		}
	}
	return records, nil
}

// fail undoes a batch that was not written, and all that came after it: that may have seen what is undone now.
func (w *writer) fail(batch []*Pending, err error) {
	if !errors.Is(err, ErrNotCommitted) {
		err = fmt.Errorf("%w: %w", ErrBroken, err)
	}
	w.db.mu.Lock()
	defer w.db.mu.Unlock()
	if open := w.db.open; open != nil { // Whoever holds the lock has none open.
		panic("state: a transaction is open that nobody holds")
	}
	w.mu.Lock()
	lost := slices.Concat(batch, w.pending)
	w.pending = nil
	if errors.Is(err, ErrBroken) {
		broken := err
		w.db.broken.Store(&broken)
	}
	w.mu.Unlock()
	for i := len(lost) - 1; i >= 0; i-- {
		lost[i].undo.takeBack()
		w.db.setHead(lost[i].head)
	}
	w.db.forgetSince(lost[0].number)
	w.db.tail = nil
	for i, p := range lost {
		if i == len(batch) && errors.Is(err, ErrBroken) { // Nobody has tried to write it.
			err = fmt.Errorf("%w: %w", ErrNotCommitted, err)
		}
		p.end(err)
	}
}

func (p *Pending) end(err error) {
	p.err, p.changes, p.undo, p.lasts = err, nil, undo{}, nil
	close(p.done)
}

// close writes what is left and closes the store.
func (w *writer) close() error {
	w.mu.Lock()
	again := w.closed
	w.closed = true
	w.mu.Unlock()
	w.wake.Broadcast()
	<-w.ended
	if again {
		return nil
	}
	return w.store.Close()
}
