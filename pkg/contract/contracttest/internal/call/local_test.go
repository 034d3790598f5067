package call_test

import (
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

func TestWhatIsThisMachine(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true, "acme.localhost": true, "127.0.0.1": true,
		"127.3.2.1": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "localhost.example.com": false, "notlocalhost": false, "10.0.0.1": false, "0.0.0.0": false,
		"::": false, "127.0.0.1.example.com": false, "example.com": false, "127.1": false,
	} {
		if got := call.IsLocal(host); got != want {
			t.Errorf("%q is this machine: %t, want %t", host, got, want)
		}
	}
}
