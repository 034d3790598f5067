package storetest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// plain is a storage in memory that keeps the contract, but for its twist.
type plain struct {
	twist string
	// twisted says that the twist made a difference.
	twisted bool
	records map[uint64]sandbox.Record
	// arrived has the Seqs in the order in which they came.
	arrived []uint64
	// last is what the last commit changed, before it did.
	last map[uint64]sandbox.Record
	full bool
	// late is what a commit that failed was to write.
	late []sandbox.Record
}

func newPlain(twist string) *plain {
	p := &plain{twist: twist, records: map[uint64]sandbox.Record{}}
	if twist == "has a record from the start" {
		p.records[1] = record(1, "welcome")
	}
	return p
}

func (p *plain) subject() Subject {
	open := 0
	var first *plainStore
	return Subject{
		Binary: true,
		Open: func() (sandbox.Store, error) {
			if open > 0 && p.is("empties what is opened again") {
				clear(p.records)
			}
			if open > 0 && p.twist == "" {
				return nil, errors.New("it is open")
			}
			if open > 0 && p.is("locks the first out when it is opened again") {
				first.lockedOut = true
			}
			open++
			store := &plainStore{plain: p, closed: func() { open-- }}
			if open == 1 {
				first = store
			}
			return store, nil
		},
		Fill: func(sandbox.Store) (func(), error) {
			p.full = true
			return func() { p.full = p.is("stays full") }, nil
		},
	}
}

// is says whether the storage has a twist. It is asked where that makes a difference.
func (p *plain) is(twist string) bool {
	p.twisted = p.twisted || p.twist == twist
	return p.twist == twist
}

type plainStore struct {
	*plain
	closed func()
	// lockedOut says that commits fail from now on.
	lockedOut bool
}

// Load implements [sandbox.Store].
func (s *plainStore) Load(yield func(sandbox.Record) error) error {
	all := slices.Collect(maps.Values(s.records))
	slices.SortFunc(all, func(a, b sandbox.Record) int {
		switch {
		case s.is("orders by arrival"):
			return cmp.Compare(slices.Index(s.arrived, a.Seq), slices.Index(s.arrived, b.Seq))
		case s.is("orders by Seq as text"):
			return cmp.Compare(strconv.FormatUint(a.Seq, 10), strconv.FormatUint(b.Seq, 10))
		case s.is("orders backwards"):
			return cmp.Compare(b.Seq, a.Seq)
		}
		return cmp.Compare(a.Seq, b.Seq)
	})
	if len(all) > 0 && s.is("leaves out the last record") {
		all = all[:len(all)-1]
	}
	var failed error
	for _, r := range all {
		if !s.is("hands out its own bytes") {
			r.Data = bytes.Clone(r.Data)
		}
		err := yield(r)
		failed = cmp.Or(failed, err)
		switch {
		case err == nil || s.is("goes on when yield failed"):
		case s.is("keeps the error of yield for itself"):
			return nil
		case s.is("returns another error than yield"):
			return errors.New("something failed")
		default:
			return err
		}
	}
	return failed
}

// Commit implements [sandbox.Store].
func (s *plainStore) Commit(records []sandbox.Record) error {
	if s.lockedOut {
		return errors.New("somebody opened it again")
	}
	if len(records) == 0 && s.is("refuses to write nothing") {
		return errors.New("there is nothing to write")
	}
	if s.full && !s.is("writes though it is full") {
		switch {
		case s.is("writes what there is room for"):
			s.write(records[:len(records)/2])
		case s.is("removes before it sees that it is full"):
			for _, r := range records {
				if len(r.Data) == 0 {
					s.write([]sandbox.Record{r})
				}
			}
		case s.is("writes later what failed"):
			s.late = records
		case s.is("does not say that nothing was written"):
			return errors.New("it is full")
		case s.is("says nothing when it is full"):
			return nil
		}
		return fmt.Errorf("%w: it is full", sandbox.ErrNotCommitted)
	}
	s.write(s.late)
	s.late = nil
	s.last = maps.Clone(s.records)
	for i, r := range records {
		if i == 1000 && s.is("writes the first thousand") {
			break
		}
		if len(r.Data) == 0 && i < len(records)-1 && s.is("ends with the first that is removed") {
			s.write([]sandbox.Record{r})
			break
		}
		if _, known := s.records[r.Seq]; !known && len(r.Data) == 0 && s.is("cannot remove what is not there") {
			return errors.New("there is no such record")
		}
		if i > 0 && r.Seq < records[i-1].Seq && s.is("leaves out what is not in order") {
			continue
		}
		s.write([]sandbox.Record{r})
	}
	return nil
}

func (s *plainStore) write(records []sandbox.Record) {
	for _, r := range records {
		r.Seq, r.Kind = s.twistSeq(r.Seq), s.twistKind(r.Kind)
		_, known := s.records[r.Seq]
		switch {
		case len(r.Data) > 0 && known && s.is("does not replace"):
		case len(r.Data) > 0 && known && s.is("adds to what it should replace"):
			old := s.records[r.Seq]
			r.Data = slices.Concat(old.Data, r.Data)
			s.records[r.Seq] = r
		case len(r.Data) > 0:
			r.Data = s.twistData(bytes.Clone(r.Data))
			s.records[r.Seq] = r
			s.arrived = append(s.arrived, r.Seq)
		case s.is("does not remove"):
		case r.Data != nil && s.is("keeps what is empty"):
			s.records[r.Seq] = r
		default:
			delete(s.records, r.Seq)
		}
	}
}

func (s *plainStore) twistSeq(seq uint64) uint64 {
	switch {
	case s.is("keeps Seq in 32 bits"):
		return uint64(uint32(seq))
	case s.is("keeps Seq as a floating-point number"):
		return uint64(float64(seq))
	case seq == math.MaxInt64 && s.is("counts the last Seq as the one before"):
		return seq - 1
	}
	return seq
}

func (s *plainStore) twistKind(kind string) string {
	switch {
	case len(kind) > 31 && s.is("cuts kinds off"):
		return kind[:31]
	case s.is("trims kinds"):
		return strings.Trim(kind, "_")
	}
	return kind
}

func (s *plainStore) twistData(data []byte) []byte {
	switch {
	case len(data) > 1<<16 && s.is("cuts large records off"):
		return data[:1<<16]
	case s.is("keeps JSON without spaces"):
		var compact bytes.Buffer
		if json.Compact(&compact, data) == nil {
			return compact.Bytes()
		}
	case s.is("spells JSON its own way"):
		var value any
		if json.Unmarshal(data, &value) == nil {
			data, _ = json.Marshal(value)
		}
	case s.is("keeps text alone"):
		return []byte(strings.ToValidUTF8(string(data), "?"))
	case s.is("ends at a zero byte"):
		before, _, _ := bytes.Cut(data, []byte{0})
		return append(before, ' ')
	}
	return data
}

// Close implements [sandbox.Store].
func (s *plainStore) Close() error {
	s.closed()
	switch {
	case s.is("forgets what it knew"):
		clear(s.records)
	case s.last != nil && s.is("forgets the last commit"):
		s.records, s.last = s.last, nil
	}
	return nil
}
