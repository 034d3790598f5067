package partner

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxUploadBytes is what a file must stay below: 50 MiB. (Source: the contract's content-length parameter.)
const maxUploadBytes = 50 << 20

// ErrRequestTooLarge says that a file has 50 MiB or more.
var ErrRequestTooLarge = errors.New("the file is not smaller than 50 MiB")

// body is what a request sends. It can be opened any number of times, also while an earlier attempt is still reading.
// The zero body is empty.
type body struct {
	bytes []byte
	// file is read instead of bytes, so that it need not be in memory.
	file   io.ReaderAt
	offset int64
	size   int64
}

// chunks is a file in pieces of chunkBytes, the last one shorter, so that reading one of unknown length copies nothing
// twice.
type chunks [][]byte

const chunkBytes = 64 << 10

// ReadAt implements io.ReaderAt.
func (c chunks) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) {
		at := offset + int64(n)
		if i := at / chunkBytes; i < int64(len(c)) && at%chunkBytes < int64(len(c[i])) {
			n += copy(p[n:], c[i][at%chunkBytes:])
			continue
		}
		return n, io.EOF
	}
	return n, nil
}

// newBody takes a file as it is when it can be read at any place, as an *os.File, a *bytes.Reader and a *strings.Reader
// can, from where it stands to its end. Of anything else it makes the one copy that is needed to sign it before it is
// sent.
func newBody(r io.Reader) (body, error) {
	if r == nil {
		return body{}, errors.New("the file is nil")
	}
	if file, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		offset, err := file.Seek(0, io.SeekCurrent)
		if err == nil {
			var end int64
			if end, err = file.Seek(0, io.SeekEnd); err == nil {
				_, err = file.Seek(offset, io.SeekStart)
			}
			if err == nil {
				if end-offset >= maxUploadBytes {
					return body{}, ErrRequestTooLarge
				}
				return body{file: file, offset: offset, size: end - offset}, nil
			}
		}
	}
	var (
		copied chunks
		size   int64
	)
	for {
		if n := len(copied); n == 0 || len(copied[n-1]) == chunkBytes {
			copied = append(copied, make([]byte, 0, chunkBytes))
		}
		last := &copied[len(copied)-1]
		n, err := r.Read((*last)[len(*last):chunkBytes])
		*last = (*last)[:len(*last)+n]
		size += int64(n)
		switch {
		case size >= maxUploadBytes:
			return body{}, ErrRequestTooLarge
		case err == io.EOF:
			return body{file: copied, size: size}, nil
		case err != nil:
			return body{}, fmt.Errorf("read the file: %w", err)
		}
	}
}

// open returns the body from its beginning.
func (b body) open() io.ReadCloser {
	if b.file != nil {
		return io.NopCloser(io.NewSectionReader(b.file, b.offset, b.size))
	}
	return io.NopCloser(bytes.NewReader(b.bytes))
}
