package sqlitestore

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Places in a log, see https://www.sqlite.org/fileformat.html#the_write_ahead_log. It is a header and frames, each of
// them with a header of its own and a page.
const (
	logHeaderSize = 32
	logVersionAt  = 4
	logPageSizeAt = 8
	logSaltsAt    = 16
	logSumsAt     = 24

	frameHeaderSize = 24
	frameMarkAt     = 4 // Not zero in the last frame of a commit.
	frameSaltsAt    = 8
	frameSumsAt     = 16

	// logMagic is how a log begins. The last bit says that its checksums are of big-endian words.
	logMagic   = 0x377f0682
	logVersion = 3007000

	minPageSize, maxPageSize = 1 << 9, 1 << 16
)

// examineLog fails if what is damaged in the log of a file has taken commits that were acknowledged, see faultOf.
func examineLog(path string) (err error) {
	log, err := os.Open(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the log of the file %s cannot be read: %w", path, err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	fault, err := faultOf(log)
	if err != nil {
		return fmt.Errorf("the log of the file %s cannot be read: %w", path, err)
	}
	if fault != "" {
		return damaged(path, fmt.Sprintf("%s of its log %s-wal is not what was written, and hides what is behind it",
			fault, path))
	}
	return nil
}

// faultOf says what in a log is wrong though no crash can have left it, or nothing.
//
// SQLite takes a log to end before the first frame that is wrong, as if a crash had left that, and to be empty if its
// header is wrong. But it syncs the header before it writes a frame, and a commit before it writes the next one. So no
// crash has left what is wrong if a frame behind it continues a commit: has the salts of the header, and a checksum
// that goes on from that of the frame that ends the commit. To count commits behind it will not do: several crashes can
// leave several that were cut short, one behind the other, under shorter ones that came later. Nothing continues those.
// (The header of a frame is written at once, and hardly ever crosses the border of a sector: it is taken not to tear.)
// Frames with other salts are left from before a checkpoint.
//
// A last commit that is damaged cannot be told from one that a crash has cut short: it is missing. The one before is
// missing with it if the damage took its mark, or its end and the beginning of the last. Where a log was cut off,
// nothing shows.
func faultOf(text io.Reader) (fault string, err error) {
	log := bufio.NewReaderSize(text, 1<<16)
	header := make([]byte, logHeaderSize)
	if _, err := io.ReadFull(log, header); err != nil {
		return "", unlessEnd(err)
	}
	if _, err := log.Peek(1); err != nil {
		return "", unlessEnd(err)
	}
	start, pageSize := binary.BigEndian.Uint32(header), binary.BigEndian.Uint32(header[logPageSizeAt:])
	var order binary.ByteOrder = binary.LittleEndian
	if start == logMagic+1 {
		order = binary.BigEndian
	}
	sum := sums{}.over(order, header[:logSumsAt])
	if start&^1 != logMagic || binary.BigEndian.Uint32(header[logVersionAt:]) != logVersion ||
		pageSize < minPageSize || pageSize > maxPageSize || pageSize&(pageSize-1) != 0 ||
		sum != sumsIn(header[logSumsAt:]) {
		return "the header", nil
	}
	frame, wrong := make([]byte, frameHeaderSize+pageSize), 0
	// Of the frame before: the checksum that it has, the one that it ought to have, and whether it ends a commit.
	before, ought, isEnd := sum, sum, false
	for number := 1; ; number++ {
		if _, err := io.ReadFull(log, frame); err != nil {
			return "", unlessEnd(err)
		}
		after := func(s sums) sums { return s.over(order, frame[:frameSaltsAt]).over(order, frame[frameHeaderSize:]) }
		isOurs := bytes.Equal(frame[frameSaltsAt:frameSumsAt], header[logSaltsAt:logSumsAt])
		has, want := sumsIn(frame[frameSumsAt:]), after(before)
		switch {
		case wrong == 0 && isOurs && has == want && binary.BigEndian.Uint32(frame) != 0:
		case wrong == 0:
			wrong = number
		case isOurs && isEnd && (has == want || has == after(ought)):
			return fmt.Sprintf("frame %d", wrong), nil
		}
		before, ought, isEnd = has, want, binary.BigEndian.Uint32(frame[frameMarkAt:]) != 0
	}
}

// unlessEnd is no error if a log has ended.
func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// sums is a checksum of a log.
type sums [2]uint32

func sumsIn(text []byte) sums {
	return sums{binary.BigEndian.Uint32(text), binary.BigEndian.Uint32(text[4:])}
}

// over returns the checksum of what it is of already and a text, whose length is a multiple of 8.
func (s sums) over(order binary.ByteOrder, text []byte) sums {
	for ; len(text) > 0; text = text[8:] {
		s[0] += order.Uint32(text) + s[1]
		s[1] += order.Uint32(text[4:]) + s[0]
	}
	return s
}
