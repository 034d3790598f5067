package bench_test

import (
	"testing"

	"github.com/jiko-partner/partner-go/bench"
)

func BenchmarkSigning(b *testing.B) {
	for _, task := range bench.SigningTasks() {
		for _, way := range task.Ways {
			b.Run(task.Name+"/"+way.Name, func(b *testing.B) {
				b.SetBytes(int64(task.Bytes))
				b.ReportAllocs()
				for b.Loop() {
					if err := way.Do(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
