package authentication

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// DefaultMaxSpoolBytes bounds what all large bodies take up on disk unless the configuration says otherwise: 1 GiB.
const DefaultMaxSpoolBytes = wire.DefaultMaxSpoolBytes

// Spool says where bodies of more than 16 KiB are held until their signature is known to be right, and files until the
// request is over: in files of mode 0600 that have no name. A body for which there is no room is refused with 503 and
// Retry-After before it is read, if its length is announced. What is on disk is not encrypted.
type Spool struct {
	// Directory has the files. Empty means os.TempDir. A directory that is in memory, as /tmp is on some systems, makes
	// large bodies take memory again.
	Directory string
	// MaxBytes bounds all files together; 0 means DefaultMaxSpoolBytes.
	MaxBytes int64
	// MaxCallerBytes bounds the files of one caller, so that a stolen token cannot take all the room; 0 means a quarter
	// of MaxBytes.
	MaxCallerBytes int64
}

// Check fails when a limit is negative, when a body of so many bytes is larger than a caller's share, and when the
// Directory takes no files: every large body would be refused with 503.
func (s Spool) Check(bytes int64) error {
	if min(s.MaxBytes, s.MaxCallerBytes) < 0 {
		return errors.New("a limit of the Spool is negative")
	}
	if s = s.resolve(); bytes > min(s.MaxBytes, s.MaxCallerBytes) {
		return errors.New("a caller's share of the Spool is smaller than a body may be")
	}
	if s.Directory == "" {
		return nil
	}
	file, err := os.CreateTemp(s.Directory, "partner-check-*")
	if err != nil {
		return fmt.Errorf("the Directory of the Spool takes no files: %w", err)
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// resolve fills in the defaults.
func (s Spool) resolve() Spool {
	s.MaxBytes = cmp.Or(s.MaxBytes, DefaultMaxSpoolBytes)
	s.MaxCallerBytes = cmp.Or(s.MaxCallerBytes, s.MaxBytes/4)
	return s
}

func (s Spool) open() *wire.Spool {
	s = s.resolve()
	return wire.NewSpool(s.Directory, s.MaxBytes, s.MaxCallerBytes)
}
