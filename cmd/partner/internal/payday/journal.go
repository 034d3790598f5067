package payday

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// entry is a line of a journal: a call is about to be made, or has ended.
type entry struct {
	Reference string                 `json:"reference"`
	Key       partner.IdempotencyKey `json:"key"`
	// Began is when the first call with the key was about to be made. It is zero in the entry that ends a call.
	Began time.Time `json:"began,omitzero"`
	// Outcome is that of a call that has ended. Before is until when it may be repeated, if it is unknown.
	Outcome *partner.Outcome `json:"outcome,omitempty"`
	Before  time.Time        `json:"before,omitzero"`
	// Attempts is how often the call sent its request, if it failed.
	Attempts int `json:"attempts,omitempty"`
}

// journal is what a payer writes down, in a file. It is safe for concurrent use.
type journal struct {
	mu   sync.Mutex
	file *os.File
}

// openJournal opens the journal of a payer and returns what those before it have written. What one of them was writing
// when it was killed was not written: the payer had not gone on.
func openJournal(name string) (*journal, []entry, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, err
	}
	entries, whole, err := readEntries(file)
	if err == nil {
		err = file.Truncate(whole)
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return &journal{file: file}, entries, nil
}

// readJournal returns what a payer has written.
func readJournal(name string) ([]entry, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	entries, _, err := readEntries(file)
	return entries, errors.Join(err, file.Close())
}

// readEntries returns the entries of a file, and how many bytes they are. The last line may be cut off.
func readEntries(file *os.File) (entries []entry, whole int64, err error) {
	reader := bufio.NewReader(file)
	for {
		line, err := reader.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF): // There is no whole line any more.
			return entries, whole, nil
		case err != nil:
			return nil, 0, err
		}
		whole += int64(len(line))
		var e entry
		if err := json.Unmarshal(bytes.TrimSpace(line), &e); err != nil {
			return nil, 0, fmt.Errorf("read %s: %w", file.Name(), err)
		}
		entries = append(entries, e)
	}
}

// write writes an entry down. It is in the hands of the system when it returns, which outlives the process.
func (j *journal) write(e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err = j.file.Write(append(line, '\n'))
	return err
}

func (j *journal) close() error { return j.file.Close() }
