package idempotency

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"net/http"
	"slices"
)

// Response is the part of a handler's answer that is stored.
type Response struct {
	// Status is the HTTP status, 200 to 999.
	Status int
	// Header has the headers to replay.
	Header http.Header
	// Body is the body, unless Omitted is set.
	Body []byte
	// Omitted says that the body was too large to store.
	Omitted bool
}

const (
	responseVersion = 1
	responseOmitted = 1
	checksumBytes   = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// MarshalBinary encodes the response for a Store, with a checksum. It fails if the status is out of range.
func (r Response) MarshalBinary() ([]byte, error) {
	if r.Status < 200 || r.Status > 999 {
		return nil, fmt.Errorf("idempotency: a response with the status %d cannot be stored", r.Status)
	}
	size := len(r.Body) + 32
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value) + 4
		}
	}
	b := append(make([]byte, 0, size), responseVersion, 0)
	if r.Omitted {
		b[1] = responseOmitted
	}
	b = binary.AppendUvarint(b, uint64(r.Status))
	lines := 0
	for _, values := range r.Header {
		lines += len(values)
	}
	b = binary.AppendUvarint(b, uint64(lines))
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			b = appendText(appendText(b, name), value)
		}
	}
	b = appendText(b, r.Body)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)), nil
}

func appendText[T string | []byte](to []byte, text T) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

// UnmarshalBinary decodes what MarshalBinary made. For anything else it fails with ErrCorrupt and changes nothing. The
// body is part of data, not a copy.
func (r *Response) UnmarshalBinary(data []byte) error {
	if len(data) < checksumBytes+2 {
		return fmt.Errorf("%w: it is too short", ErrCorrupt)
	}
	content, sum := data[:len(data)-checksumBytes], data[len(data)-checksumBytes:]
	if binary.BigEndian.Uint32(sum) != crc32.Checksum(content, castagnoli) {
		return fmt.Errorf("%w: its checksum is wrong", ErrCorrupt)
	}
	if content[0] != responseVersion || content[1]&^responseOmitted != 0 {
		return fmt.Errorf("%w: its version is unknown", ErrCorrupt)
	}
	d := decoder{rest: content[2:]}
	read := Response{Omitted: content[1] == responseOmitted, Status: int(d.number(999))} //nolint:gosec // it is bounded
	if lines := d.number(math.MaxInt32); lines > 0 {
		read.Header = make(http.Header)
		for i := uint64(0); i < lines && !d.failed; i++ {
			name := string(d.text())
			read.Header[name] = append(read.Header[name], string(d.text()))
		}
	}
	read.Body = d.text()
	if d.failed || len(d.rest) > 0 || read.Status < 200 {
		return fmt.Errorf("%w: it does not decode", ErrCorrupt)
	}
	*r = read
	return nil
}

// decoder takes a record apart. Once it has failed, it yields zero values.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) number(most uint64) uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 || n > most {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) text() []byte {
	n := d.number(uint64(len(d.rest)))
	if n > uint64(len(d.rest)) {
		d.failed, d.rest = true, nil
		return nil
	}
	text := d.rest[:n:n]
	d.rest = d.rest[n:]
	return text
}
