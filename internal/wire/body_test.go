package wire_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
)

func TestABodyIsReadOnceAndHeld(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", iotest.OneByteReader(strings.NewReader("hello")))
	r.ContentLength, r.TransferEncoding = -1, []string{"chunked"}
	body, err := wire.Read(httptest.NewRecorder(), r, wire.Bounds{MaxBytes: 5})
	if err != nil || string(body.Bytes()) != "hello" {
		t.Fatalf("%v", err)
	}
	wire.Put(r, body)
	if r.ContentLength != 5 || r.TransferEncoding != nil {
		t.Errorf("Content-Length %d, Transfer-Encoding %v", r.ContentLength, r.TransferEncoding)
	}
	again, err := wire.Read(httptest.NewRecorder(), r, wire.Bounds{MaxBytes: 5})
	if err != nil || again != body {
		t.Errorf("a held body was read again: %v", err)
	}
	if _, err := wire.Read(httptest.NewRecorder(), r, wire.Bounds{MaxBytes: 4}); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("a held body of 5 bytes for a reader of 4: %v", err)
	}
	first := make([]byte, 2)
	if _, err := io.ReadFull(r.Body, first); err != nil || string(body.Bytes()) != "llo" {
		t.Errorf("%q is left, %v", body.Bytes(), err)
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil || string(body.Bytes()) != "hello" {
		t.Errorf("%q after going back, %v", body.Bytes(), err)
	}
}

func TestWhatIsNotReadSaysWhy(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		body   io.Reader
		length int64
		want   error
	}{
		{"a length beyond the bound", strings.NewReader(""), 11, wire.ErrTooLarge},
		{"more bytes than the bound, of unknown length", strings.NewReader("01234567890"), -1, wire.ErrTooLarge},
		{"more bytes than were announced, beyond the bound", strings.NewReader("01234567890"), 3, wire.ErrTooLarge},
		{"a body that breaks off", io.MultiReader(strings.NewReader("0"), iotest.ErrReader(broken)), 10,
			wire.ErrUnreadable},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", c.body)
			r.ContentLength = c.length
			body, err := wire.Read(httptest.NewRecorder(), r, wire.Bounds{MaxBytes: 10})
			if body != nil || !errors.Is(err, c.want) {
				t.Errorf("%v; want %v", err, c.want)
			}
		})
	}
	r := httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(broken))
	if _, err := wire.Read(httptest.NewRecorder(), r, wire.Bounds{MaxBytes: 10}); !errors.Is(err, broken) {
		t.Errorf("the cause is lost: %v", err)
	}
	for _, absent := range []io.ReadCloser{nil, http.NoBody} {
		r.Body, r.ContentLength = absent, 0
		if body, err := wire.Read(httptest.NewRecorder(), r, wire.Bounds{}); err != nil || len(body.Bytes()) != 0 {
			t.Errorf("an absent body: %v", err)
		}
	}
}

// Whoever announces much and sends little does not make a server hold memory.
func TestNobodyIsTakenAtTheirWord(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("hello"))
	r.ContentLength = 8 << 20
	body, err := wire.Read(httptest.NewRecorder(), r, wire.Bounds{MaxBytes: 10 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if room := cap(body.Bytes()); room > 2<<20 {
		t.Errorf("room for %d bytes", room)
	}
}

// The largest limit there is stands for none.
func TestNoLimitIsALimit(t *testing.T) {
	for _, length := range []int64{-1, 0, 5} {
		source := io.NopCloser(strings.NewReader("hello"))
		body, _, err := wire.Retain(source, length, math.MaxInt64)
		if err != nil || string(body.Bytes()) != "hello" {
			t.Errorf("of length %d: %v", length, err)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("hello"))
	r.ContentLength = math.MaxInt64 - 1
	body, err := wire.Read(httptest.NewRecorder(), r, wire.Bounds{MaxBytes: math.MaxInt64})
	if err != nil || string(body.Bytes()) != "hello" {
		t.Errorf("a length that cannot be true: %v", err)
	}
}

// A body that dribbles in is given up when its time is over, and the answer still goes out.
func TestASlowBodyIsGivenUp(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := wire.Read(w, r, wire.Bounds{MaxBytes: 10, Timeout: 50 * time.Millisecond, RestartWrite: true})
		if !errors.Is(err, wire.ErrTooSlow) {
			t.Errorf("%v", err)
		}
		w.WriteHeader(http.StatusRequestTimeout)
	}))
	server.Config.WriteTimeout = time.Minute
	server.Start()
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	_, _ = fmt.Fprint(connection, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusRequestTimeout {
		t.Error(response.Status)
	}
}
