package idempotency_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

func TestAResponseComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := idempotency.Response{Status: rapid.IntRange(200, 999).Draw(t, "status"),
			Omitted: rapid.Bool().Draw(t, "omitted"), Body: rapid.SliceOf(rapid.Byte()).Draw(t, "body")}
		for range rapid.IntRange(0, 4).Draw(t, "lines") {
			if r.Header == nil {
				r.Header = http.Header{}
			}
			name := rapid.SampledFrom([]string{"Content-Type", "Location", "X-A"}).Draw(t, "name")
			r.Header.Add(name, rapid.String().Draw(t, "value"))
		}
		b, err := r.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var back idempotency.Response
		if err := back.UnmarshalBinary(b); err != nil || back.Status != r.Status || back.Omitted != r.Omitted ||
			!bytes.Equal(back.Body, r.Body) || !reflect.DeepEqual(back.Header, r.Header) {
			t.Fatalf("%+v came back as %+v, %v", r, back, err)
		}
		// No single change passes for a record.
		i := rapid.IntRange(0, len(b)-1).Draw(t, "place")
		b[i] ^= rapid.ByteRange(1, 255).Draw(t, "change")
		if err := back.UnmarshalBinary(b); !errors.Is(err, idempotency.ErrCorrupt) {
			t.Fatalf("a changed record is %+v, %v", back, err)
		}
	})
}

func TestAHeaderMayBeLongerThanTheBody(t *testing.T) {
	r := idempotency.Response{Status: 200, Header: http.Header{"X-A": {strings.Repeat("a", 1000)}}}
	b, err := r.MarshalBinary()
	var back idempotency.Response
	if err == nil {
		err = back.UnmarshalBinary(b)
	}
	if err != nil || back.Header.Get("X-A") != r.Header.Get("X-A") {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestAStatusOutOfRangeIsNotStored(t *testing.T) {
	for _, status := range []int{0, 100, 199, 1000, -1} {
		if _, err := (idempotency.Response{Status: status}).MarshalBinary(); err == nil {
			t.Errorf("%d is stored", status)
		}
	}
}

// A checksum that is right does not make a record.
func TestWhatIsNoRecordIsCorrupt(t *testing.T) {
	record, err := idempotency.Response{Status: 200, Body: []byte("ok")}.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	version := record[0]
	for name, content := range map[string][]byte{
		"nothing":                      {},
		"a version that is not known":  {version + 1, 0, 200, 1, 0, 2, 'o', 'k'},
		"a mark that is not known":     {version, 2, 200, 1, 0, 2, 'o', 'k'},
		"a status below all":           {version, 0, 199, 1, 0, 2, 'o', 'k'},
		"a status above all":           {version, 0, 232, 7, 0, 2, 'o', 'k'},
		"a status without an end":      {version, 0, 200},
		"no length of the body":        {version, 0, 200, 1, 0},
		"a number of more than 64 bit": append([]byte{version, 0, 200, 1, 0}, bytes.Repeat([]byte{255}, 11)...),
		"a body that is too short":     {version, 0, 200, 1, 0, 3, 'o', 'k'},
		"a body that is too long":      {version, 0, 200, 1, 0, 1, 'o', 'k'},
		"fewer lines than it says":     {version, 0, 200, 1, 2, 1, 'A', 1, 'b', 0},
	} {
		var r idempotency.Response
		if err := r.UnmarshalBinary(withChecksum(content)); !errors.Is(err, idempotency.ErrCorrupt) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	var r idempotency.Response
	content := []byte{version, 0, 200, 1, 0, 2, 'o', 'k'}
	if err := r.UnmarshalBinary(withChecksum(content)); err != nil || string(r.Body) != "ok" {
		t.Errorf("%+v, %v", r, err)
	}
}

// Whatever stands where a record should be is an error, or a record that encodes to the same bytes.
func FuzzResponse(f *testing.F) {
	for _, r := range []idempotency.Response{{Status: 200},
		{Status: 201, Header: http.Header{"Location": {"/a/"}}, Body: []byte("{}")}, {Status: 999, Omitted: true}} {
		b, err := r.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-1])
	}
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		// The checksum hides what is behind it from a fuzzer, so that it is made right as well.
		for _, b := range [][]byte{data, withChecksum(data)} {
			var r idempotency.Response
			err := r.UnmarshalBinary(b)
			if err != nil {
				if !errors.Is(err, idempotency.ErrCorrupt) || !reflect.DeepEqual(r, idempotency.Response{}) {
					t.Fatalf("%+v, %v", r, err)
				}
				continue
			}
			again, err := r.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			var back idempotency.Response
			if err := back.UnmarshalBinary(again); err != nil || !reflect.DeepEqual(back, r) {
				t.Fatalf("%+v came back as %+v, %v", r, back, err)
			}
		}
	})
}

func withChecksum(data []byte) []byte {
	return binary.BigEndian.AppendUint32(bytes.Clone(data), crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}

func TestKindsAndStatesHaveNames(t *testing.T) {
	for got, want := range map[string]string{
		idempotency.EventClaimed.String(): "claimed", idempotency.EventReplayed.String(): "replayed",
		idempotency.EventConflicted.String(): "conflicted",
		idempotency.EventMismatched.String(): "mismatched", idempotency.EventFailed.String(): "failed",
		idempotency.EventExpired.String(): "expired",
		idempotency.EventKind(0).String(): "EventKind(0)", idempotency.StateMine.String(): "mine",
		idempotency.State(9).String(): "State(9)",
	} {
		if got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
}
