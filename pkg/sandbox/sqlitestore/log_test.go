package sqlitestore_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
)

const (
	logHeader   = 32
	frameHeader = 24
	frameSize   = frameHeader + sqlitestore.PageSize
	markAt      = 4
)

// fataler is a test, or a random run of one.
type fataler interface{ Fatal(...any) }

// log is a file and its log, as a process leaves them that is killed.
type log struct {
	main, text []byte
	// ends are where in the log the last frame of each commit begins, if it was not left over from before a checkpoint.
	ends []int
}

// killedAfter returns what a process leaves that is killed after some batches, before one of which it may checkpoint.
func killedAfter(t fataler, path string, batches [][]sandbox.Record, checkpoint int) log {
	store, _, err := loaded(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, records := range batches {
		if i == checkpoint && err == nil {
			err = store.Checkpoint()
		}
		if err == nil {
			err = store.Commit(records)
		}
	}
	main, unread := os.ReadFile(path)
	text, alike := os.ReadFile(path + "-wal")
	if err := errors.Join(err, unread, alike, store.Close()); err != nil {
		t.Fatal(err)
	}
	left := log{main: main, text: text}
	for at := logHeader; at+frameSize <= len(text); at += frameSize {
		isLeftOver := !bytes.Equal(text[at+8:at+16], text[16:24])
		if !isLeftOver && binary.BigEndian.Uint32(text[at+markAt:]) != 0 {
			left.ends = append(left.ends, at)
		}
	}
	return left
}

// batchesTo returns so many batches.
func batchesTo(number uint64) (all [][]sandbox.Record) {
	for n := range number {
		all = append(all, batch(n+1))
	}
	return all
}

// put writes a file with such a log.
func (l log) put(t fataler, path string, text []byte) {
	if err := errors.Join(os.WriteFile(path, l.main, 0o600), os.WriteFile(path+"-wal", text, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// found is the number of the last batch in a file with such a log, to whoever reads it and to whoever then writes it.
// Unless it is written, it has to be left as it is.
func (l log) found(t fataler, path string, text []byte) (batches uint64, err error) {
	l.put(t, path, text)
	left := func() {
		for name, before := range map[string][]byte{path: l.main, path + "-wal": text} {
			if now, err := os.ReadFile(name); err != nil || !bytes.Equal(now, before) {
				t.Fatal(name, " was not left as it was: ", err)
			}
		}
	}
	all, err := read(path)
	left()
	store, again, failed := loaded(path)
	if err != nil {
		left()
		if failed == nil || failed.Error() != err.Error() {
			t.Fatal("to read: ", err, "; to write: ", failed)
		}
		return 0, err
	}
	if failed != nil || !same(all, again) {
		t.Fatal("to read: ", len(all), " records; to write: ", len(again), ", ", failed)
	}
	if batches, err = last(all); err != nil || !same(all, after(batches)) {
		t.Fatal("the records are not those that are there after batch ", batches, ": ", err)
	}
	return batches, store.Close()
}

func TestADamagedLogIsRefusedIfItHadACommitThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	const batches = 8
	var (
		whole = killedAfter(t, newPath(t), batchesTo(batches), -1)
		// Of this one half of the batches are in the file, and what is behind the others in the log is left over.
		reset = killedAfter(t, newPath(t), batchesTo(batches), batches/2)
		flip  = func(at, bytes int) func([]byte) []byte {
			return func(text []byte) []byte {
				for i := range bytes {
					text[at+i] ^= 0xff
				}
				return text
			}
		}
		cutTo  = func(size int) func([]byte) []byte { return func(text []byte) []byte { return text[:size] } }
		zeroed = func(at, bytes int) func([]byte) []byte {
			return func(text []byte) []byte {
				clear(text[at : at+bytes])
				return text
			}
		}
		both = func(a, b func([]byte) []byte) func([]byte) []byte {
			return func(text []byte) []byte { return b(a(text)) }
		}
		mid, previous, final = whole.ends[3], whole.ends[batches-2], whole.ends[batches-1]
		frame                = func(at int) string { return fmt.Sprintf("frame %d of", (at-logHeader)/frameSize+1) }
	)
	type row struct {
		name string
		log  log
		do   func([]byte) []byte
		// If it says nothing, it is accepted, with so many batches.
		says    string
		batches uint64
	}
	rows := []row{
		{"a log that is whole", whole, cutTo(len(whole.text)), "", batches},
		{"a log that is empty", whole, cutTo(0), "", 0},
		{"a log that is shorter than a header", whole, cutTo(logHeader - 1), "", 0},
		{"a log that is a header", whole, cutTo(logHeader), "", 0},
		{"a log that is a header, and damaged", whole, both(cutTo(logHeader), flip(7, 1)), "", 0},
		{"a log with the first byte of a frame", whole, cutTo(logHeader + 1), "", 0},
		{"a log with that, and a header that is damaged", whole, both(cutTo(logHeader+1), flip(7, 1)), "the header", 0},
		{"a log of zeros", whole, zeroed(0, len(whole.text)), "the header", 0},
		{"a log without its last byte", whole, cutTo(len(whole.text) - 1), "", batches - 1},
		{"a log that somebody has cut in the middle", whole, cutTo(mid + frameSize + 100), "", 4},
		{"the first frame is damaged", whole, flip(logHeader+frameHeader, 1), frame(logHeader), 0},
		{"a frame in the middle is gone", whole, zeroed(mid, frameSize), frame(mid), 0},
		{"half the log is gone", whole, zeroed(logHeader, previous-logHeader), frame(logHeader), 0},
		{"a page of the last commit is damaged", whole, flip(final+frameHeader, 1), "", batches - 1},
		{"the salts of the last commit are damaged", whole, flip(final+8, 8), "", batches - 1},
		{"the last two commits are damaged", whole, both(flip(previous+100, 1), zeroed(previous+frameSize, 100)), "",
			batches - 2},
		{"the last commit is damaged, and one more has begun", log{whole.main, whole.text[:final], nil},
			flip(previous+frameHeader, 1), frame(previous), 0},
		{"a log that begins anew after a checkpoint", reset, cutTo(len(reset.text)), "", batches},
		{"what is left over in it is damaged", reset, flip(reset.ends[batches/2-1]+frameSize, frameHeader), "",
			batches},
		{"its header is damaged", reset, flip(16, 4), "the header", 0},
		{"its first frame is damaged", reset, flip(logHeader+frameHeader, 1), frame(logHeader), 0},
		{"its last commit is damaged", reset, flip(reset.ends[batches/2-1]+frameHeader, 1), "", batches - 1},
	}
	for at := 0; at < logHeader; at += 4 {
		rows = append(rows, row{fmt.Sprintf("its header is damaged at %d", at), whole, flip(at, 4), "the header", 0})
	}
	for name, end := range map[string]int{"in the middle": mid, "before the last": previous} {
		for at := 0; at < frameHeader; at += 4 {
			rows = append(rows, row{fmt.Sprintf("the frame of a commit %s is damaged at %d", name, at), whole,
				flip(end+at, 4), frame(end), 0})
		}
		for _, at := range []int{frameHeader, frameSize / 2, frameSize - 4} {
			rows = append(rows, row{fmt.Sprintf("the page of a commit %s is damaged at %d", name, at-frameHeader),
				whole, flip(end+at, 4), frame(end), 0})
		}
	}
	if len(reset.ends) != batches/2 || len(reset.text) < reset.ends[batches/2-1]+2*frameSize {
		t.Fatalf("nothing is left over in a log with %d commits", len(reset.ends))
	}
	for _, c := range rows {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			got, err := c.log.found(t, path, c.do(bytes.Clone(c.log.text)))
			switch {
			case c.says == "" && (err != nil || got != c.batches):
				t.Errorf("%d batches, %v; want %d", got, err, c.batches)
			case c.says != "" && (!errors.Is(err, sqlitestore.ErrDamaged) || !strings.Contains(err.Error(), c.says) ||
				!strings.Contains(err.Error(), path+"-wal")):
				t.Errorf("%d batches, %v; want ErrDamaged, %s", got, err, c.says)
			}
		})
	}
}

// The next process commits over what a crash has left of the last commit, until it crashes, and so on. No log that
// comes of it is refused, and nothing that was acknowledged is missing.
func TestWhatCrashesLeaveIsNeverTakenForDamaged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		folder, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			r.Fatal(err)
		}
		path := filepath.Join(folder, "bank.db")
		var all []sandbox.Record
		// What is there if a batch since the last that was acknowledged has come to be whole, be it by what was written
		// over it.
		var maybe [][]sandbox.Record
		for range rapid.IntRange(1, 8).Draw(r, "crashes") {
			batches := rapid.SliceOfN(someBatch(), 0, 3).Draw(r, "batches")
			before := killedAfter(r, path, batches, rapid.IntRange(-1, 2).Draw(r, "checkpoint"))
			before.put(r, path, before.text) // It was closed, which puts the log into the file.
			for _, records := range batches {
				all, maybe = changed(all, records), nil
			}
			final := someBatch().Draw(r, "last batch")
			maybe = append(maybe, all, changed(all, final))
			now := killedAfter(r, path, [][]sandbox.Record{final}, rapid.IntRange(-1, 0).Draw(r, "checkpoint"))
			now.put(r, path, crashed(r, before.text, now.text))
			got, err := read(path)
			isGot := func(records []sandbox.Record) bool { return same(got, records) }
			if err != nil || !slices.ContainsFunc(maybe, isGot) {
				r.Fatalf("%d records, %v; %d were acknowledged", len(got), err, len(all))
			}
			all = got
		}
	})
}

// someBatch draws records, some of which are removed.
func someBatch() *rapid.Generator[[]sandbox.Record] {
	one := rapid.Custom(func(r *rapid.T) sandbox.Record {
		text := strings.Repeat("x", rapid.IntRange(0, 3000).Draw(r, "size"))
		one := record(rapid.Uint64Range(1, 60).Draw(r, "seq"), text)
		if rapid.IntRange(0, 4).Draw(r, "removed") == 0 {
			one.Data = nil
		}
		return one
	})
	return rapid.SliceOfNDistinct(one, 1, 20, func(r sandbox.Record) uint64 { return r.Seq })
}

// changed returns the records that are there after a batch.
func changed(all, batch []sandbox.Record) []sandbox.Record {
	isIn := func(r sandbox.Record) bool {
		return slices.ContainsFunc(batch, func(other sandbox.Record) bool { return other.Seq == r.Seq })
	}
	isGone := func(r sandbox.Record) bool { return len(r.Data) == 0 }
	all = append(slices.DeleteFunc(slices.Clone(all), isIn), slices.DeleteFunc(slices.Clone(batch), isGone)...)
	slices.SortFunc(all, func(a, b sandbox.Record) int { return cmp.Compare(a.Seq, b.Seq) })
	return all
}

// crashed is what a crash leaves of a log when a commit is being written: if a process is killed, the first of what it
// was to write, over what was there; if power fails, any of it. The header of the log is there before the rest, and
// that of a frame is not torn.
func crashed(r *rapid.T, before, now []byte) []byte {
	const sector = 512
	if len(now) == 0 {
		return before // There was nothing to write.
	}
	log := make([]byte, max(len(before), len(now)))
	copy(log, before)
	copy(log, now[:logHeader])
	isKilled := rapid.Bool().Draw(r, "killed")
	for at := logHeader; at < len(now); {
		place := (at - logHeader) % frameSize
		end := at + min(sector, frameSize-place)
		if place == 0 {
			end = at + frameHeader
		}
		isLost := !bytes.Equal(log[at:end], now[at:end]) && rapid.IntRange(0, 9).Draw(r, "lost") == 0
		switch {
		case isLost && isKilled:
			return log[:max(len(before), at)]
		case !isLost:
			copy(log[at:end], now[at:end])
		}
		at = end
	}
	return log
}

// Wherever a log ends, that may be by a crash. Wherever else than in its last commit it is damaged, it is refused.
func TestALogIsAcceptedWhereverItEndsAndRefusedWhereverItIsDamaged(t *testing.T) {
	t.Parallel()
	const batches = 8
	whole, path := killedAfter(t, newPath(t), batchesTo(batches), -1), newPath(t)
	previous := whole.ends[batches-2]
	rapid.Check(t, func(r *rapid.T) {
		text := whole.text[:rapid.IntRange(0, len(whole.text)).Draw(r, "cut to")]
		complete := uint64(0)
		for _, at := range whole.ends {
			if at+frameSize <= len(text) {
				complete++
			}
		}
		if got, err := whole.found(r, path, text); err != nil || got != complete {
			r.Fatalf("cut to %d bytes: %d batches, %v; want %d", len(text), got, err, complete)
		}
		text = bytes.Clone(whole.text)
		at := rapid.IntRange(0, len(text)-1).Draw(r, "damaged at")
		text[at] ^= byte(rapid.IntRange(1, 255).Draw(r, "bits"))
		got, err := whole.found(r, path, text)
		isGone := binary.BigEndian.Uint32(text[previous+markAt:]) == 0 // Without it, the last two look like one.
		switch {
		case at >= previous+frameSize && (err != nil || got != batches-1):
			r.Fatalf("%d batches, %v; want %d", got, err, batches-1)
		case at < previous+frameSize && !isGone && !errors.Is(err, sqlitestore.ErrDamaged):
			r.Fatalf("%d batches, %v; want ErrDamaged", got, err)
		}
	})
}

// A log that is accepted is accepted wherever it is cut off, and what is wrong has a name.
func FuzzLog(f *testing.F) {
	small := [][]sandbox.Record{{record(1, "one")}, {record(2, "two")}, {record(3, "three")}}
	text := killedAfter(f, filepath.Join(f.TempDir(), "bank.db"), small, -1).text
	f.Add(text, uint(len(text)-1))
	f.Add(text[:100], uint(40))
	f.Add([]byte{}, uint(0))
	text = bytes.Clone(text)
	text[logHeader+frameHeader] ^= 1
	f.Add(text, uint(logHeader+2*frameSize))
	f.Fuzz(func(t *testing.T, text []byte, cut uint) {
		fault, err := sqlitestore.FaultOf(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if fault != "" {
			var number int
			if _, err := fmt.Sscanf(fault, "frame %d", &number); fault != "the header" &&
				(err != nil || number < 1 || number > len(text)/512) {
				t.Fatalf("%q", fault)
			}
			return
		}
		part := text[:min(cut, uint(len(text)))]
		if fault, err := sqlitestore.FaultOf(bytes.NewReader(part)); err != nil || fault != "" {
			t.Fatalf("cut to %d of %d bytes: %q, %v", len(part), len(text), fault, err)
		}
	})
}
