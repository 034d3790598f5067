package contracttest_test

import (
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// BenchmarkRun tests a sandbox in the same process. The targets are 4 s for all operations at 20 requests each, and
// 60 s for a run as it is by default, on two processors.
func BenchmarkRun(b *testing.B) {
	for _, c := range []struct {
		name   string
		config contracttest.Config
	}{
		{"20 requests for each operation", contracttest.Config{Phases: []string{"generated"}, Generated: 10}},
		{"default", contracttest.Config{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			requests := 0
			for b.Loop() {
				bank, err := sandbox.New(sandbox.Config{CustomerUpdates: true})
				if err != nil {
					b.Fatal(err)
				}
				config := c.config
				config.Handler, config.AllowWrites = bank, true
				config.Username, config.Password = sandbox.DefaultUsername, sandbox.DefaultPassword
				config.SigningSecret = sandbox.DefaultSigningSecret
				report, err := contracttest.Run(b.Context(), config)
				if err != nil {
					b.Fatal(err)
				}
				if len(report.Findings)+len(report.Unfinished) > 0 {
					b.Error(report.Findings, report.Unfinished)
				}
				requests += report.Requests
				_ = bank.Close()
			}
			b.ReportMetric(float64(requests)/float64(b.N), "requests/op")
			b.ReportMetric(float64(requests)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}
