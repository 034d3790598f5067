package pgstore

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Only what says for certain that nothing was committed lets a request be executed again.
func TestWhatSaysThatNothingWasCommitted(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want bool
	}{
		{"it was rolled back instead", pgx.ErrTxCommitRollback, true},
		{"it was over before", fmt.Errorf("commit: %w", pgx.ErrTxClosed), true},
		{"the server refuses it", &pgconn.PgError{SeverityUnlocalized: "ERROR"}, true},
		{"the server ends the connection", &pgconn.PgError{SeverityUnlocalized: "FATAL"}, false},
		{"the connection broke", io.ErrUnexpectedEOF, false},
		{"something else", errors.New("something else"), false},
	} {
		if got := nothingCommitted(c.err); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
