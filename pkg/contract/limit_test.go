package contract_test

import (
	"testing"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/server"
)

// Generated code may not import what is written by hand, so the limit of a file is spelled in both. The contract says
// what it is.
func TestTheLimitOfAFileIsTheContracts(t *testing.T) {
	limit := loaded().Components.Parameters["ContentLength"].Value.Schema.Value.Max
	if limit == nil {
		t.Fatal("the contract has no limit")
	}
	for name, got := range map[string]int64{
		"internal/wire": wire.DefaultMaxFileBytes, "pkg/server": server.DefaultMaxFileBytes,
		"gen/partnerapi, where it is exclusive": partnerapi.MaxUploadBytes - 1,
	} {
		if got != int64(*limit) {
			t.Errorf("%s: %d; the contract says %.0f", name, got, *limit)
		}
	}
}
