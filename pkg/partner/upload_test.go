package partner_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func upload(ctx context.Context, client *partner.Client, file io.Reader, options ...partner.CallOption) error {
	_, err := client.Customers.UploadDocument(ctx, uuid.MustParse("497f6eca-6276-4993-bfeb-53cbbbba6f08"),
		partner.DocumentTypeOther, "application/pdf", file, options...)
	return err
}

// uploaded checks the signature of what arrives and answers, without holding it.
func uploaded(t *testing.T, got *[]byte, size *int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		signer, err := signing.NewSigner(secret, r.Header.Get(idempotency.Header), r.URL.EscapedPath())
		if err != nil {
			t.Error(err)
		}
		hash := sha256.New()
		n, err := io.CopyBuffer(io.MultiWriter(signer, hash), r.Body, make([]byte, 32<<10))
		if err != nil {
			t.Errorf("the file broke off: %v", err)
		}
		if r.Header.Get(signing.HeaderSignature) != signer.Signature() {
			t.Error("the signature is not that of the bytes")
		}
		if r.ContentLength != n || r.Header.Get("Content-Type") != "application/pdf" {
			t.Errorf("%d bytes were announced, %d came as %q", r.ContentLength, n, r.Header.Get("Content-Type"))
		}
		*got, *size = hash.Sum(nil), n
		answer(w, 201, `{}`)
	}
}

// pattern is n bytes that differ from place to place.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8*13 + i>>16)
	}
	return b
}

func temporary(t *testing.T, content []byte) *os.File {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "file.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if _, err := file.Write(content); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return file
}

// bare is a reader and nothing else.
type bare struct{ io.Reader }

func TestAFileArrivesAsItIs(t *testing.T) {
	content := pattern(200_000)
	at := func(s io.ReadSeeker, offset int64) io.Reader {
		if _, err := s.Seek(offset, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		return s
	}
	pipe, feed := io.Pipe()
	go func() { _, _ = feed.Write(content); _ = feed.Close() }()
	osPipe, osFeed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = osPipe.Close() }()
	go func() { _, _ = osFeed.Write(content); _ = osFeed.Close() }()
	for _, c := range []struct {
		name string
		file io.Reader
		want []byte
	}{
		{"an *os.File", temporary(t, content), content},
		{"an *os.File from its middle", at(temporary(t, content), 150_001), content[150_001:]},
		{"an *os.File at its end", at(temporary(t, content), 200_000), nil},
		{"an *os.File that is a pipe", osPipe, content},
		{"a *bytes.Reader", bytes.NewReader(content), content},
		{"a *bytes.Reader from its middle", at(bytes.NewReader(content), 7), content[7:]},
		{"a *bytes.Buffer", bytes.NewBuffer(bytes.Clone(content)), content},
		{"a *strings.Reader", strings.NewReader(string(content)), content},
		{"a section of a file", io.NewSectionReader(bytes.NewReader(content), 10, 20), content[10:30]},
		{"a pipe", pipe, content},
		{"a plain reader", bare{bytes.NewReader(content)}, content},
		{"a reader of one byte at a time", iotest.OneByteReader(bytes.NewReader(content[:5000])), content[:5000]},
		{"a reader that ends with its last bytes", iotest.DataErrReader(bytes.NewReader(content)), content},
		{"a plain reader of exactly one chunk", bare{bytes.NewReader(content[:64<<10])}, content[:64<<10]},
		{"a plain reader of one chunk and a byte", bare{bytes.NewReader(content[:64<<10+1])}, content[:64<<10+1]},
		{"an empty reader", bare{strings.NewReader("")}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []byte
			var size int64
			a := newAPI(t, uploaded(t, &got, &size))
			if err := upload(t.Context(), a.client(t), c.file); err != nil {
				if len(c.want) > 0 || !errors.Is(err, partner.ErrUnreadable) {
					t.Fatal(err)
				}
			}
			if want := sha256.Sum256(c.want); size != int64(len(c.want)) || !bytes.Equal(got, want[:]) {
				t.Errorf("%d bytes arrived, want %d, or they differ", size, len(c.want))
			}
		})
	}
}

func TestARetrySendsTheSameFileWhileTheFirstAttemptMayStillBeReadingIt(t *testing.T) {
	content := pattern(3 << 20)
	for _, c := range []struct {
		name string
		file func() io.Reader
	}{
		{"an *os.File", func() io.Reader { return temporary(t, content) }},
		{"a *bytes.Reader", func() io.Reader { return bytes.NewReader(content) }},
		{"a plain reader", func() io.Reader { return bare{bytes.NewReader(content)} }},
	} {
		for name, options := range map[string][]partner.CallOption{"": nil,
			"and its own key": {partner.WithIdempotencyKey(idempotency.NewKey())}} {
			t.Run(c.name+" "+name, func(t *testing.T) {
				var got []byte
				var size int64
				whole := uploaded(t, &got, &size)
				first := true
				a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
					if first {
						first = false
						// It answers while the client is still sending.
						_, _ = io.CopyN(io.Discard, r.Body, 1000)
						w.Header().Set("Connection", "close")
						answer(w, 503, `{"detail":"busy"}`)
						return
					}
					whole(w, r)
				})
				client := a.client(t)
				newClock(client)
				if err := upload(t.Context(), client, c.file(), options...); err != nil {
					t.Fatal(err)
				}
				if want := sha256.Sum256(content); size != int64(len(content)) || !bytes.Equal(got, want[:]) {
					t.Errorf("%d bytes arrived, want %d, or they differ", size, len(content))
				}
			})
		}
	}
}

func TestAFileThatIsTooLargeOrCannotBeReadIsNotSent(t *testing.T) {
	broken := errors.New("the disk is broken")
	closed := temporary(t, []byte("x"))
	_ = closed.Close()
	var none *os.File
	sparse := temporary(t, nil)
	if err := sparse.Truncate(50 << 20); err != nil {
		t.Fatal(err)
	}
	beyond := bytes.NewReader([]byte("abc"))
	_, _ = beyond.Seek(4, io.SeekStart)
	for _, c := range []struct {
		name string
		file io.Reader
		want error
	}{
		{"an *os.File of 50 MiB", sparse, partner.ErrRequestTooLarge},
		{"a *bytes.Reader of 50 MiB", bytes.NewReader(make([]byte, 50<<20)), partner.ErrRequestTooLarge},
		{"a plain reader of 50 MiB", io.LimitReader(zeros{}, 50<<20), partner.ErrRequestTooLarge},
		{"a reader without end", zeros{}, partner.ErrRequestTooLarge},
		{"nil", nil, nil},
		{"a nil *os.File", none, nil},
		{"a closed file", closed, nil},
		{"a reader that fails", io.MultiReader(strings.NewReader("x"), iotest.ErrReader(broken)), broken},
		{"a reader that breaks off", io.MultiReader(strings.NewReader("x"), iotest.ErrReader(io.ErrUnexpectedEOF)),
			io.ErrUnexpectedEOF},
		{"a file that stands beyond its end", beyond, nil},
		{"a file that cannot be read at a place", unreadable{bytes.NewReader([]byte("abc")), broken}, broken},
		{"a file that shrinks", shrunk{bytes.NewReader([]byte("abc"))}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := scripted(t, status(500))
			for _, options := range [][]partner.CallOption{nil, {partner.WithIdempotencyKey(idempotency.NewKey())}} {
				err := upload(t.Context(), a.client(t), c.file, options...)
				if !errors.Is(err, partner.ErrNotSent) || c.want != nil && !errors.Is(err, c.want) ||
					len(s.requests()) != 0 {
					t.Errorf("%v after %d requests, want %v", err, len(s.requests()), c.want)
				}
				if _, again := c.file.(io.ReaderAt); !again {
					break // The reader is used up.
				}
			}
		})
	}
}

type unreadable struct {
	*bytes.Reader
	err error
}

func (u unreadable) ReadAt([]byte, int64) (int, error) { return 0, u.err }

type shrunk struct{ *bytes.Reader }

func (shrunk) ReadAt(p []byte, offset int64) (int, error) {
	return strings.NewReader("a").ReadAt(p, offset)
}

func TestAnUploadHoldsAtMostOneCopy(t *testing.T) {
	const size = 40 << 20
	file := temporary(t, nil)
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	var got []byte
	var arrived int64
	a := newAPI(t, uploaded(t, &got, &arrived))
	client := a.client(t)
	if err := upload(t.Context(), client, strings.NewReader("warm up")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		file  io.Reader
		limit uint64
	}{
		{"an *os.File", file, 8 << 20},
		{"a plain reader", io.LimitReader(zeros{}, size), size + size/4},
		{"a reader of known length", bytes.NewBuffer(make([]byte, size)), size + size/4},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if err := upload(t.Context(), client, c.file,
				partner.WithIdempotencyKey(idempotency.NewKey())); err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > c.limit {
				t.Errorf("%d MiB were allocated for 40 MiB, want at most %d", n>>20, c.limit>>20)
			}
			if arrived != size {
				t.Errorf("%d bytes arrived", arrived)
			}
		})
	}
}
