package storetest

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// random makes random commits and opens the storage again now and then.
func random(x *trial) {
	first := uint64(1) // No Seq is used again.
	rapid.Check(x.reporter, func(t *rapid.T) {
		x := &trial{reporter: t, Subject: x.Subject, rule: x.rule}
		defer x.end()
		var leftovers []sandbox.Record
		for _, r := range x.open() {
			leftovers = append(leftovers, removed(r.Seq))
		}
		x.commit(leftovers...)
		model := map[uint64]sandbox.Record{}
		seqs := []uint64{first}
		for range rapid.IntRange(1, 6).Draw(t, "commits") {
			batch := map[uint64]sandbox.Record{}
			for range rapid.IntRange(0, 40).Draw(t, "records") {
				seq, isNew := seqs[len(seqs)-1]+rapid.Uint64Range(1, 3).Draw(t, "step"), false
				if rapid.Bool().Draw(t, "new") {
					isNew, seqs, first = true, append(seqs, seq), seq+1
				} else {
					seq = rapid.SampledFrom(seqs).Draw(t, "seq")
				}
				batch[seq] = drawn(t, seq, isNew, model, batch)
			}
			x.commit(inAnyOrder(t, batch)...)
			for seq, r := range batch {
				if len(r.Data) > 0 {
					model[seq] = r
				} else {
					delete(model, seq)
				}
			}
			if rapid.IntRange(0, 2).Draw(t, "reopen") == 0 {
				x.reopened(sorted(model)...)
			}
		}
		x.reopened(sorted(model)...)
	})
}

// drawn returns a change of a record. What is gone does not come back.
func drawn(t *rapid.T, seq uint64, isNew bool, model, batch map[uint64]sandbox.Record) sandbox.Record {
	_, isOld := model[seq]
	isThere := isNew || isOld || len(batch[seq].Data) > 0
	if !isThere || (!isNew && rapid.IntRange(0, 3).Draw(t, "remove") == 0) {
		return removed(seq)
	}
	size := rapid.SampledFrom([]int{1, 10, 500, 5000}).Draw(t, "size")
	digit := rapid.SampledFrom([]string{"0", "1", "é"}).Draw(t, "digit")
	return record(seq, fmt.Sprintf("%0*d%s", size, seq, digit))
}

func inAnyOrder(t *rapid.T, batch map[uint64]sandbox.Record) []sandbox.Record {
	all := sorted(batch)
	switch rapid.IntRange(0, 2).Draw(t, "order") {
	case 0:
		slices.Reverse(all)
	case 1:
		all = append(all[len(all)/2:], all[:len(all)/2]...)
	}
	return all
}
