package sqlitestore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

var text = strings.Repeat("x", 500)

// Each commit waits until the disk has what was written: how long that takes is for the disk to say.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("%d records", size), func(b *testing.B) {
			store, _, err := loaded(b.TempDir() + "/bank.db")
			if err != nil {
				b.Fatal(err)
			}
			batch, seq := make([]sandbox.Record, size), uint64(0)
			for b.Loop() {
				for i := range batch {
					seq++
					batch[i] = record(seq, text)
				}
				if err := store.Commit(batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(seq)/b.Elapsed().Seconds(), "records/s")
			if err := store.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// What is removed are the newest: so it is when a sandbox goes back to what it was.
func BenchmarkRemove(b *testing.B) {
	for _, size := range []uint64{1, 6_000, 60_000} {
		b.Run(fmt.Sprintf("%d of many records", size), func(b *testing.B) {
			const stay = 100_000
			store, _, err := loaded(b.TempDir() + "/bank.db")
			if err != nil {
				b.Fatal(err)
			}
			fill := func(seq, to uint64) {
				for seq < to {
					var batch []sandbox.Record
					for ; seq < to && len(batch) < 100; seq++ {
						batch = append(batch, record(seq+1, text))
					}
					if err := store.Commit(batch); err != nil {
						b.Fatal(err)
					}
				}
			}
			fill(0, stay)
			remove := make([]sandbox.Record, size)
			for i := range remove {
				remove[i] = sandbox.Record{Seq: stay + size - uint64(i)}
			}
			for b.Loop() {
				b.StopTimer()
				fill(stay, stay+size)
				b.StartTimer()
				if err := store.Commit(remove); err != nil {
					b.Fatal(err)
				}
			}
			if err := store.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	path := b.TempDir() + "/bank.db"
	store, _, err := loaded(path)
	if err != nil {
		b.Fatal(err)
	}
	var batch []sandbox.Record
	for seq := range uint64(10_000) {
		batch = append(batch, record(seq+1, text))
	}
	if err := store.Commit(batch); err != nil {
		b.Fatal(err)
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := justRead(path); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(batch)*b.N)/b.Elapsed().Seconds(), "records/s")
}
