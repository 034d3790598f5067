package sqlitestore_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// killsVariable says how often a process is killed.
const killsVariable = "SQLITESTORE_TEST_KILLS"

// The first record says which batch is the last. A batch has its own records, and some of the one before are removed.
const lastBatch = 1

// batch returns a batch. Its size is random, but always the same.
func batch(number uint64) []sandbox.Record {
	all := append([]sandbox.Record{record(lastBatch, strconv.FormatUint(number, 10))}, own(number)...)
	for i, r := range own(number - 1) {
		if i%2 == 0 {
			all = append(all, sandbox.Record{Kind: r.Kind, Seq: r.Seq})
		}
	}
	return all
}

func own(number uint64) []sandbox.Record {
	if number == 0 {
		return nil
	}
	random := rand.New(rand.NewPCG(number, 0))
	var all []sandbox.Record
	for i := range uint64(1 + random.IntN(30)) {
		all = append(all, record(number*1000+i, strings.Repeat("x", random.IntN(2000))))
	}
	return all
}

// after returns the records that are there after a batch.
func after(number uint64) []sandbox.Record {
	model := map[uint64]sandbox.Record{}
	for n := range number {
		for _, r := range batch(n + 1) {
			model[r.Seq] = r
			if len(r.Data) == 0 {
				delete(model, r.Seq)
			}
		}
	}
	var all []sandbox.Record
	for _, seq := range slices.Sorted(maps.Keys(model)) {
		all = append(all, model[seq])
	}
	return all
}

// last returns the number of the last batch that is there.
func last(records []sandbox.Record) (uint64, error) {
	if len(records) == 0 {
		return 0, nil
	}
	return strconv.ParseUint(strings.Trim(string(records[0].Data), `"`), 10, 64)
}

func init() {
	// It commits until it is killed, and says after each commit that it lasts.
	roles["commits"] = func(path string) error {
		store, all, err := loaded(path)
		if err != nil {
			return err
		}
		for number, err := last(all); ; {
			if err != nil {
				return err
			}
			number++
			if err = store.Commit(batch(number)); err == nil {
				_, err = fmt.Fprintln(os.Stdout, number)
			}
		}
	}
}

func TestWhatIsAcknowledgedLastsThoughTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	kills := 10
	if text, ok := os.LookupEnv(killsVariable); ok {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	path, acknowledged := newPath(t), uint64(0)
	for i := range kills {
		if i%5 == 4 { // Some are killed when there is no file yet, or hardly.
			path, acknowledged = newPath(t), 0
		}
		acknowledged = max(acknowledged, killed(t, path))
		before := everything(t, filepath.Dir(path))
		got, err := read(path)
		if errors.Is(err, fs.ErrNotExist) && acknowledged == 0 {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		number, err := last(got)
		if err != nil {
			t.Fatal(err)
		}
		if number < acknowledged {
			t.Fatalf("batch %d was acknowledged, and the last that is there is %d", acknowledged, number)
		}
		if !same(got, after(number)) {
			t.Fatalf("the last batch is %d, and the records are not those that are there after it", number)
		}
		if !maps.Equal(before, everything(t, filepath.Dir(path))) {
			t.Fatal("whoever reads it changed it")
		}
		acknowledged = number
	}
}

// killed has a process commit, kills it, and returns the number of the last batch that it acknowledged.
func killed(t *testing.T, path string) (acknowledged uint64) {
	t.Helper()
	committer := process(t, "commits", path)
	var stderr strings.Builder
	committer.Stderr = &stderr
	stdout, err := committer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := committer.Start(); err != nil {
		t.Fatal(err)
	}
	enough := rand.IntN(10)
	kill := func() {
		time.Sleep(rand.N(5 * time.Millisecond))
		_ = committer.Process.Kill()
	}
	if enough == 0 {
		time.Sleep(rand.N(40 * time.Millisecond)) // It may have begun.
		kill()
	}
	lines := bufio.NewScanner(stdout)
	for said := 1; lines.Scan(); said++ {
		if acknowledged, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
			t.Fatal(err)
		}
		if said == enough {
			kill()
		}
	}
	_ = committer.Wait()
	if stderr.Len() > 0 {
		t.Fatal(stderr.String())
	}
	return acknowledged
}
