package validation

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// maxBinaryBytes bounds bodies that are not JSON: the contract takes files of up to 50 MB.
const maxBinaryBytes = 50 << 20

// media is a media type that the contract allows.
type media struct {
	// name is in lower case and may be a range, such as image/*.
	name   string
	json   bool
	schema *schema
}

func isJSON(mediaType string) bool {
	name, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	name = strings.TrimSpace(name)
	return name == "application/json" || strings.HasSuffix(name, "+json")
}

// selectMedia returns what the contract says of a Content-Type, or nil. The most specific name wins.
func selectMedia(allowed []media, header http.Header) *media {
	values := header["Content-Type"]
	if len(values) != 1 {
		return nil
	}
	for i := range allowed {
		// Nearly always it is spelled as in the contract.
		if allowed[i].name == values[0] {
			return &allowed[i]
		}
	}
	name, parameters, err := mime.ParseMediaType(values[0])
	if err != nil {
		return nil
	}
	kind, _, _ := strings.Cut(name, "/")
	for _, candidate := range []string{name, kind + "/*", "*/*"} {
		i := slices.IndexFunc(allowed, func(m media) bool { return m.name == candidate })
		if i < 0 {
			continue
		}
		if charset := parameters["charset"]; allowed[i].json && charset != "" && !strings.EqualFold(charset, "utf-8") {
			return nil
		}
		return &allowed[i]
	}
	return nil
}

func mediaNames(allowed []media) []string {
	names := make([]string, 0, len(allowed))
	for _, m := range allowed {
		names = append(names, m.name)
	}
	slices.Sort(names)
	return names
}

// isEncoded reports whether a body is compressed or otherwise not what its media type says.
func isEncoded(header http.Header) bool {
	encoding := header.Get("Content-Encoding")
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}

// bodyLength is how many bytes the body of a request has, or -1 when only reading it tells.
func bodyLength(r *http.Request) int64 {
	switch {
	case r.Body == nil || r.Body == http.NoBody:
		return 0
	case r.ContentLength > 0:
		return r.ContentLength
	}
	// 0 beside a body means unknown in a request that is being made.
	return -1
}

// held is a body that something before has read already, and that gives out what is left of it without a copy. Whoever
// reads it again goes back with Seek.
type held interface {
	io.Seeker
	Bytes() []byte
}

// readRequest returns up to limit bytes of a body, and leaves the same in r.Body.
func readRequest(r *http.Request, length, limit int64) (data []byte, tooLarge bool, err error) {
	if body, ok := r.Body.(held); ok {
		data = body.Bytes()
		return data, int64(len(data)) > limit, nil
	}
	data, r.Body, tooLarge, err = readBody(r.Body, length, limit)
	return data, tooLarge, err
}

// readBody reads up to limit bytes and returns a body to put in place of the one it read, which yields the same bytes
// and, if reading failed, the same error. length is how many there should be, or -1.
func readBody(body io.ReadCloser, length, limit int64) (data []byte, again io.ReadCloser, tooLarge bool, err error) {
	// A reader says that it is at its end when there is room for more.
	room := min(max(length, 0), limit) + 1
	if length < 0 {
		room = 512
	}
	data = make([]byte, 0, room)
	for err == nil && int64(len(data)) <= limit {
		if len(data) == cap(data) {
			data = slices.Grow(data, len(data))
		}
		var n int
		n, err = body.Read(data[len(data):min(int64(cap(data)), limit+1)])
		data = data[:len(data)+n]
	}
	if err == io.EOF {
		err = nil
	}
	tooLarge = int64(len(data)) > limit
	if err == nil && !tooLarge {
		memory := &memory{data: data, closer: body}
		memory.Reset(data)
		return data, memory, false, nil
	}
	again = replay{io.MultiReader(bytes.NewReader(data), body), body}
	if err != nil {
		again = replay{io.MultiReader(bytes.NewReader(data), failing{err}), body}
	}
	return data, again, tooLarge, err
}

// memory yields bytes that were read and closes what they were read from.
type memory struct {
	bytes.Reader
	data   []byte
	closer io.Closer
}

// Bytes implements held.
func (m *memory) Bytes() []byte { return m.data[len(m.data)-m.Len():] }

func (m *memory) Close() error { return m.closer.Close() }

// replay reads from one place and closes another.
type replay struct {
	io.Reader
	io.Closer
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
