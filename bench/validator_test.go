package bench_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/bench"
)

// A validator that does nothing, or refuses everything, must not be measured.
func TestAllValidatorsAcceptWhatIsMeasuredAndRefuseWhatIsWrong(t *testing.T) {
	valid, err := bench.Requests()
	if err != nil {
		t.Fatal(err)
	}
	transfer, application := valid[2], valid[3]
	invalid := map[string]*bench.Request{
		"a path that is not there":     bench.NewRequest("", "/api/v2/pocket/1/transactions/", nil),
		"a limit that is not a number": bench.NewRequest("", valid[0].Request.URL.Path+"?limit=many", nil),
		"an amount that is a text": bench.NewRequest("", transfer.Request.URL.Path,
			replace(t, transfer.Body, `"amount_usdc":`, `"amount_usdc":"x","y":`)),
		"a member that is missing": bench.NewRequest("", application.Request.URL.Path,
			replace(t, application.Body, `"email"`, `"e-mail"`)),
		"a value that is not in the enum": bench.NewRequest("", application.Request.URL.Path,
			replace(t, application.Body, `"EMPLOYED"`, `"IDLE"`)),
	}
	unsigned := bench.NewRequest("", valid[0].Request.URL.Path, nil)
	unsigned.Request.Header.Del("x-jiko-signature")
	invalid["a header that is missing"] = unsigned
	for _, contract := range []struct {
		spec     []byte
		accepted []*bench.Request
		refused  map[string]*bench.Request
	}{
		{spec: partnergo.Spec(), accepted: valid, refused: invalid},
		{spec: bench.PathsContract(99), accepted: bench.PathsRequests(99), refused: map[string]*bench.Request{
			"a limit that is too high": bench.NewRequest("", "/api/v1/collection-98/1/items/?limit=101", nil),
			"another path":             bench.NewRequest("", "/api/v1/collection-99/1/items/?limit=10", nil),
		}},
		{spec: bench.BodyContract(), accepted: []*bench.Request{bench.BodyRequest("", 1<<10),
			bench.BodyRequest("", 64<<10)}, refused: map[string]*bench.Request{
			"an amount that is too low": bench.NewRequest("", "/api/v1/items/",
				replace(t, bench.BodyRequest("", 1<<10).Body, "123456", "0")),
		}},
	} {
		for _, v := range bench.Validators() {
			middleware, err := v.New(contract.spec)
			if err != nil {
				t.Errorf("%s cannot load a contract: %v", v.Name, err)
				continue
			}
			for _, r := range contract.accepted {
				var seen []byte
				handler := middleware(http.HandlerFunc(
					func(_ http.ResponseWriter, r *http.Request) { seen, _ = io.ReadAll(r.Body) }))
				_ = r.Do(handler) // The handler answers nothing.
				if !bytes.Equal(seen, r.Body) {
					t.Errorf("%s: the handler of %s %s sees %d bytes of %d", v.Name, r.Request.Method, r.Request.URL,
						len(seen), len(r.Body))
				}
				for range 3 { // What a validator does to a request must not be seen by the next call.
					if err := r.Do(middleware(bench.Handler())); err != nil {
						t.Errorf("%s refuses %s: %v", v.Name, r.Name, err)
					}
				}
			}
			for name, r := range contract.refused {
				if err := r.Do(middleware(bench.Handler())); (err == nil) != (v.Name == bench.NoValidation) {
					t.Errorf("%s and %s: %v", v.Name, name, err)
				}
			}
		}
	}
}

func replace(t *testing.T, body []byte, from, to string) []byte {
	t.Helper()
	if !bytes.Contains(body, []byte(from)) {
		t.Fatalf("there is no %s in %s", from, body)
	}
	return []byte(strings.Replace(string(body), from, to, 1))
}

func TestABodyIsAsLongAsItIsToBe(t *testing.T) {
	for _, size := range []int{1 << 10, 1 << 16, 1 << 20} {
		if got := len(bench.BodyRequest("", size).Body); got > size || got < size-200 {
			t.Errorf("%d bytes instead of %d", got, size)
		}
	}
}

func BenchmarkValidation(b *testing.B) {
	requests, err := bench.Requests()
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range bench.Validators() {
		b.Run(v.Name, func(b *testing.B) {
			middleware, err := v.New(partnergo.Spec())
			if err != nil {
				b.Fatal(err)
			}
			handler := middleware(bench.Handler())
			for _, r := range requests {
				b.Run(r.Name, func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if err := r.Do(handler); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
