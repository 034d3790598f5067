package payday

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// A payer that is killed while it writes has left a line that is cut off: the next one goes on as if it was not there.
func TestALineThatIsCutOffWasNotWritten(t *testing.T) {
	name := filepath.Join(t.TempDir(), "journal")
	j, written, err := openJournal(name)
	if err != nil || written != nil {
		t.Fatalf("%v, %v", written, err)
	}
	first := entry{Reference: "INVOICE-1", Key: partner.NewKey(), Began: time.Now().UTC().Round(0)}
	done := partner.OutcomeDone
	second := entry{Reference: "INVOICE-1", Key: first.Key, Outcome: &done}
	for _, e := range []entry{first, second} {
		if err := j.write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		if err := os.WriteFile(name, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j, written, err := openJournal(name)
		if err != nil {
			t.Fatalf("cut to %d bytes: %v", cut, err)
		}
		if err := j.write(second); err != nil {
			t.Fatal(err)
		}
		_ = j.close()
		again, err := readJournal(name)
		if err != nil || len(again) != len(written)+1 || len(written) > 1 {
			t.Fatalf("cut to %d bytes: %d entries, and %d with one more, %v", cut, len(written), len(again), err)
		}
	}
}

func TestAJournalOfSomethingElseIsAnError(t *testing.T) {
	name := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(name, []byte("nothing of ours\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openJournal(name); err == nil {
		t.Error("it is read")
	}
}
