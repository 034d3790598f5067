package validation_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// counting counts how often it is read.
type counting struct {
	io.Reader
	reads int
}

func (c *counting) Read(p []byte) (int, error) {
	c.reads++
	return c.Reader.Read(p)
}

func (*counting) Close() error { return nil }

func TestABodyIsReadOnceAndHeld(t *testing.T) {
	v := small(t, `{"type": "object"}`, validation.Config{MaxBodyBytes: 10})
	for _, length := range []int64{7, -1} {
		source := &counting{Reader: strings.NewReader(`{"a":1}`)}
		r := request("POST", "/a/", "{}")
		r.Body, r.ContentLength, r.TransferEncoding = source, length, []string{"chunked"}
		if err := v.CheckRequest(r); err != nil {
			t.Fatal(err)
		}
		held, ok := r.Body.(*wire.Body)
		if !ok || string(held.Bytes()) != `{"a":1}` || r.ContentLength != 7 || r.TransferEncoding != nil {
			t.Fatalf("the body is %T of %d bytes", r.Body, r.ContentLength)
		}
		reads := source.reads
		if err := v.CheckRequest(r); err != nil || r.Body != io.ReadCloser(held) || source.reads != reads {
			t.Errorf("a second check: %v; read %d times more", err, source.reads-reads)
		}
	}
}

func TestABodyThatIsHeldIsLeftInPlace(t *testing.T) {
	v := small(t, `{"type": "object"}`, validation.Config{MaxBodyBytes: 10})
	for body, status := range map[string]int{`{"a":1}`: 0, `[]`: 422, `{"abcdef":1}`: 413, "": 422} {
		held := wire.Hold([]byte(body), nil)
		r := request("POST", "/a/", "{}")
		r.Body, r.ContentLength = held, int64(len(body))
		e := refusal(t, v.CheckRequest(r))
		if e == nil && status != 0 || e != nil && e.Status != status {
			t.Errorf("%s: %v; want %d", body, e, status)
		}
		if r.Body != io.ReadCloser(held) || string(held.Bytes()) != body {
			t.Errorf("%s: the body is now %T, and yields %q", body, r.Body, held.Bytes())
		}
	}
}

// What something before has cut off is too large, and what breaks off yields its error again.
func TestABodyThatCannotBeHeldYieldsWhatItWouldHave(t *testing.T) {
	v := small(t, `{"type": "object"}`, validation.Config{MaxBodyBytes: 10})
	r := request("POST", "/a/", "{}")
	r.ContentLength = -1
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"a"`), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if e := refusal(t, v.CheckRequest(r)); e == nil || e.Status != http.StatusBadRequest {
		t.Errorf("a body that breaks off: %v", e)
	}
	if got, err := io.ReadAll(r.Body); string(got) != `{"a"` || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("it yields %q, %v", got, err)
	}
}
