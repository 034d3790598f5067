package sandbox_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// BenchmarkRules is a wire that is refused for its pocket, which costs the chain and a transaction. Of 100 rules half
// are for another operation, and half ask for a name.
func BenchmarkRules(b *testing.B) {
	w := openRules(b)
	c := call{http.MethodPost, "/api/v1/jiko-accounts/" + uuid.NewString() + "/wires/",
		`{"counterparty_id":"` + uuid.NewString() + `","amount_usdc":1}`}
	for _, of := range []struct {
		name string
		do   sandbox.Do
	}{{"answers", sandbox.Do{Status: 503}}, {"faults", sandbox.Do{Fault: broken()}}} {
		for _, count := range []int{0, 100} {
			b.Run(fmt.Sprintf("%d %s", count, of.name), func(b *testing.B) {
				var rules []sandbox.Rule
				for i := range count {
					match := sandbox.Match{Operation: []string{"createWire"}, Name: fmt.Sprintf("nobody %d", i)}
					if i%2 == 0 {
						match.Operation[0] = "getWire"
					}
					rules = append(rules, sandbox.Rule{Match: match, Do: of.do})
				}
				if err := w.bank.SetRules(rules...); err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if a := w.answered(b, c); a.status != http.StatusNotFound {
						b.Fatalf("%d %s", a.status, a.body)
					}
				}
			})
		}
	}
}

// BenchmarkRecording is what it costs to record a request.
func BenchmarkRecording(b *testing.B) {
	for name, most := range map[string]int{"off": -1, "on": 0} {
		b.Run(name, func(b *testing.B) {
			bank := newSandbox(b, sandbox.Config{Clock: noon, Requests: most})
			defer func() { _ = bank.Close() }()
			p := &player{bank: bank, known: map[string]string{}}
			p.play(b, 0, step{method: http.MethodGet, path: "/health"})
			list := step{method: http.MethodGet, path: "/api/v2/pockets/"}
			b.ReportAllocs()
			for b.Loop() {
				p.send(b, 1, list)
			}
		})
	}
}
