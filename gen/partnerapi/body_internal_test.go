package partnerapi

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestAFileInChunksReadsLikeOneInAPiece(t *testing.T) {
	for _, size := range []int{0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3*chunkBytes + 5} {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(i * 31 >> 3)
		}
		b, err := fileBody(iotest.HalfReader(bytes.NewReader(content)))
		if err != nil || b.Size != int64(size) {
			t.Fatal(err, b.Size)
		}
		if err := iotest.TestReader(io.NewSectionReader(b.File, 0, b.Size), content); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		rapid.Check(t, func(t *rapid.T) {
			offset := rapid.Int64Range(0, int64(size)+10).Draw(t, "offset")
			n := rapid.IntRange(0, 2*chunkBytes).Draw(t, "length")
			got, want := make([]byte, n), make([]byte, n)
			gotN, gotErr := b.File.ReadAt(got, offset)
			wantN, wantErr := bytes.NewReader(content).ReadAt(want, offset)
			if gotN != wantN || !bytes.Equal(got, want) || !errors.Is(gotErr, wantErr) && n > 0 {
				t.Fatalf("ReadAt(%d, %d) = %d, %v; want %d, %v", n, offset, gotN, gotErr, wantN, wantErr)
			}
		})
	}
}

// A file that stands beyond its end is refused: by a single byte, its size would look like one that is not known.
func TestAFileIsReadFromWhereItStands(t *testing.T) {
	for offset, want := range map[int64]int64{0: 5, 2: 3, 5: 0, 6: -1, 50: -1} {
		file := bytes.NewReader([]byte("hello"))
		if _, err := file.Seek(offset, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		b, err := fileBody(file)
		if (err != nil) != (want < 0) || err == nil && b.Len() != want {
			t.Errorf("from %d: %d bytes, %v", offset, b.Len(), err)
		}
	}
}
