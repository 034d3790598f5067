package wire_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// read reads a body of some bytes, announced or in chunks.
func read(t *testing.T, spool *wire.Spool, owner string, content io.Reader, length int64, tap io.Writer) (*wire.Body,
	error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", content)
	r.ContentLength = length
	return wire.Read(httptest.NewRecorder(), r, wire.Bounds{MaxBytes: 1 << 20, Spool: spool, Owner: owner, Tap: tap})
}

func TestALargeBodyIsInAFileWithoutAName(t *testing.T) {
	for _, c := range []struct {
		name   string
		size   int
		inFile bool
	}{
		{"nothing", 0, false}, {"a small one", 100, false}, {"one that just fits into memory", 16 << 10, false},
		{"one byte more", 16<<10 + 1, true}, {"a large one", 300 << 10, true},
	} {
		for _, announced := range []bool{true, false} {
			t.Run(c.name, func(t *testing.T) {
				directory := t.TempDir()
				spool := wire.NewSpool(directory, 1<<20, 1<<20)
				content := bytes.Repeat([]byte("0123456789abcdef-"), c.size/17+1)[:c.size]
				length := int64(c.size)
				if !announced {
					length = -1
				}
				tap := sha256.New()
				body, err := read(t, spool, "acme", bytes.NewReader(content), length, tap)
				if err != nil {
					t.Fatal(err)
				}
				if body.InFile() != c.inFile || body.Len() != c.size {
					t.Errorf("in a file: %t, %d bytes", body.InFile(), body.Len())
				}
				if c.inFile && !bytes.Equal(tap.Sum(nil), sum(content)) {
					t.Error("other bytes were seen on the way")
				}
				names, err := filepath.Glob(filepath.Join(directory, "*"))
				if err != nil || runtime.GOOS != "windows" && len(names) > 0 {
					t.Errorf("files with a name: %v, %v", names, err)
				}
				if taken := spool.Taken(); c.inFile && taken < int64(c.size) || !c.inFile && taken != 0 {
					t.Errorf("%d bytes are taken", taken)
				}
				sameBytes(t, body, content)
				if err := body.Close(); err != nil {
					t.Error(err)
				}
				body.Discard() // Once more does no harm.
				if spool.Taken() != 0 {
					t.Errorf("%d bytes are taken afterwards", spool.Taken())
				}
			})
		}
	}
}

func sum(b []byte) []byte { s := sha256.Sum256(b); return s[:] }

// sameBytes reads a body in all ways.
func sameBytes(t *testing.T, body *wire.Body, content []byte) {
	t.Helper()
	var copied bytes.Buffer
	if err := body.CopyTo(&copied); err != nil || !bytes.Equal(copied.Bytes(), content) || body.Len() != len(content) {
		t.Errorf("copied %d bytes, %v, %d left", copied.Len(), err, body.Len())
	}
	if err := iotest.TestReader(body, content); err != nil {
		t.Error(err)
	}
	half := int64(len(content) / 2)
	if _, err := body.Seek(half, io.SeekStart); err != nil || body.Len() != len(content)-int(half) {
		t.Errorf("%d are left, %v", body.Len(), err)
	}
	if err := body.Load(); err != nil || body.InFile() || !bytes.Equal(body.Bytes(), content[half:]) {
		t.Errorf("loaded %d bytes, %v", body.Len(), err)
	}
	if got, err := io.ReadAll(body); err != nil || !bytes.Equal(got, content[half:]) {
		t.Errorf("%d bytes after loading, %v", len(got), err)
	}
}

// The file is for its owner alone, also while it has a name, where it has one.
func TestAFileIsForItsOwnerAlone(t *testing.T) {
	directory := t.TempDir()
	seen := false
	look := iotest.OneByteReader(strings.NewReader("x"))
	body, err := read(t, wire.NewSpool(directory, 1<<20, 1<<20), "acme", io.MultiReader(
		strings.NewReader(strings.Repeat("x", 20<<10)), readerFunc(func(b []byte) (int, error) {
			for _, f := range openFiles(t, directory) {
				seen = true
				if f.Mode().Perm() != 0o600 {
					t.Errorf("its mode is %o", f.Mode().Perm())
				}
			}
			return look.Read(b)
		})), -1, nil)
	if err != nil {
		t.Fatal(err)
	}
	body.Discard()
	if runtime.GOOS == "linux" && !seen {
		t.Error("nobody has seen the file")
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// openFiles are those of this process in a directory, with or without a name, where the system tells.
func openFiles(t *testing.T, directory string) (found []fs.FileInfo) {
	t.Helper()
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, directory) {
			if info, err := os.Stat(link); err == nil {
				found = append(found, info)
			}
		}
	}
	return found
}

func TestRoomIsBounded(t *testing.T) {
	const size = 100 << 10
	large := func() io.Reader { return bytes.NewReader(make([]byte, size)) }
	spool := wire.NewSpool(t.TempDir(), 3*size, 2*size)
	var held []*wire.Body
	for _, c := range []struct {
		owner string
		want  error
	}{
		{"acme", nil}, {"acme", nil}, {"acme", wire.ErrNoShare}, {"other", nil}, {"other", wire.ErrNoRoom},
		{"acme", wire.ErrNoShare},
	} {
		body, err := read(t, spool, c.owner, large(), size, nil)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Fatalf("%s: %v; want %v", c.owner, err, c.want)
		}
		if body != nil {
			held = append(held, body)
		}
	}
	t.Run("a body is not read for which there is no room", func(t *testing.T) {
		_, err := read(t, spool, "other", readerFunc(func([]byte) (int, error) {
			t.Error("it is read")
			return 0, io.EOF
		}), size, nil)
		if !errors.Is(err, wire.ErrNoRoom) {
			t.Error(err)
		}
	})
	t.Run("one in chunks is given up when the room ends", func(t *testing.T) {
		if _, err := read(t, spool, "other", large(), -1, nil); !errors.Is(err, wire.ErrNoRoom) {
			t.Error(err)
		}
	})
	t.Run("a small one needs no room", func(t *testing.T) {
		if _, err := read(t, spool, "acme", strings.NewReader("hello"), 5, nil); err != nil {
			t.Error(err)
		}
	})
	held[0].Discard()
	body, err := read(t, spool, "acme", large(), size, nil)
	if err != nil {
		t.Fatalf("after one has left: %v", err)
	}
	body.Discard()
	for _, body := range held {
		body.Discard()
	}
	if spool.Taken() != 0 {
		t.Errorf("%d bytes are taken when all have left", spool.Taken())
	}
}

func TestWhatIsDiscardedCannotBeRead(t *testing.T) {
	body, err := read(t, wire.NewSpool(t.TempDir(), 1<<20, 1<<20), "acme", bytes.NewReader(make([]byte, 100<<10)), -1,
		nil)
	if err != nil {
		t.Fatal(err)
	}
	body.Discard()
	_, readErr := body.Read(make([]byte, 1))
	for way, err := range map[string]error{"Read": readErr, "CopyTo": body.CopyTo(io.Discard), "Load": body.Load()} {
		if !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: %v", way, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("its bytes are made up")
		}
	}()
	body.Bytes()
}

// However a body fails, its room is given back.
func TestABodyThatFailsTakesNoRoom(t *testing.T) {
	begin := func() io.Reader { return strings.NewReader(strings.Repeat("x", 100<<10)) }
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		rest io.Reader
		want error
	}{
		{"breaks off", iotest.ErrReader(broken), broken},
		{"is too slow", iotest.ErrReader(os.ErrDeadlineExceeded), wire.ErrTooSlow},
		{"is too large", zeros{}, wire.ErrTooLarge},
		{"is too large for something before", iotest.ErrReader(&http.MaxBytesError{}), wire.ErrTooLarge},
	} {
		for _, length := range []int64{-1, 200 << 10} {
			t.Run(c.name, func(t *testing.T) {
				spool := wire.NewSpool(t.TempDir(), 4<<20, 4<<20)
				body, err := read(t, spool, "acme", io.MultiReader(begin(), c.rest), length, nil)
				if body != nil || !errors.Is(err, c.want) {
					t.Errorf("%v; want %v", err, c.want)
				}
				if spool.Taken() != 0 {
					t.Errorf("%d bytes are taken", spool.Taken())
				}
			})
		}
	}
	t.Run("panics", func(t *testing.T) {
		spool := wire.NewSpool(t.TempDir(), 4<<20, 4<<20)
		defer func() {
			if recover() == nil || spool.Taken() != 0 {
				t.Errorf("%d bytes are taken", spool.Taken())
			}
		}()
		_, _ = read(t, spool, "acme", readerFunc(func([]byte) (int, error) { panic("broken") }), 200<<10, nil)
	})
	t.Run("has no directory", func(t *testing.T) {
		spool := wire.NewSpool(filepath.Join(t.TempDir(), "none"), 4<<20, 4<<20)
		if _, err := read(t, spool, "acme", begin(), 100<<10, nil); !errors.Is(err, wire.ErrDisk) ||
			!errors.Is(err, fs.ErrNotExist) || spool.Taken() != 0 {
			t.Errorf("%v, %d bytes are taken", err, spool.Taken())
		}
	})
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// What nobody discards goes with the body.
func TestAForgottenBodyGivesItsRoomBack(t *testing.T) {
	spool := wire.NewSpool(t.TempDir(), 1<<20, 1<<20)
	if _, err := read(t, spool, "acme", strings.NewReader(strings.Repeat("x", 100<<10)), -1, nil); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if runtime.GC(); spool.Taken() == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d bytes are taken", spool.Taken())
}

// Whatever comes and goes, nobody has more than is theirs, and all of it comes back.
func TestRoomIsNeverOverdrawn(t *testing.T) {
	directory := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		total := rapid.Int64Range(100<<10, 400<<10).Draw(rt, "total")
		share := rapid.Int64Range(50<<10, total).Draw(rt, "share")
		spool := wire.NewSpool(directory, total, share)
		var mu sync.Mutex
		var group sync.WaitGroup
		var held []*wire.Body
		for range rapid.IntRange(1, 12).Draw(rt, "bodies") {
			owner := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "owner")
			size := rapid.IntRange(0, 120<<10).Draw(rt, "size")
			announced := rapid.Bool().Draw(rt, "announced")
			keep := rapid.Bool().Draw(rt, "keep")
			group.Go(func() {
				length := int64(size)
				if !announced {
					length = -1
				}
				body, err := read(t, spool, owner, bytes.NewReader(make([]byte, size)), length, nil)
				switch {
				case err != nil && !errors.Is(err, wire.ErrNoRoom) && !errors.Is(err, wire.ErrNoShare):
					t.Errorf("%v", err)
				case spool.Taken() > total:
					t.Errorf("%d of %d bytes are taken", spool.Taken(), total)
				case err == nil && keep:
					mu.Lock()
					held = append(held, body)
					mu.Unlock()
				case err == nil:
					body.Discard()
				}
			})
		}
		group.Wait()
		for _, body := range held {
			body.Discard()
		}
		if spool.Taken() != 0 {
			rt.Fatalf("%d bytes are taken when all have left", spool.Taken())
		}
	})
}
