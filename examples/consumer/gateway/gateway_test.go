package gateway_test

import (
	"testing"

	"example.com/payouts/gateway/staging"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestTheGatewayKeepsTheContract(t *testing.T) {
	gateway, err := staging.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Close()
	report := contracttest.Server(t, gateway,
		contracttest.WithOperations("login", "getHealth", "getPocket", "createOnUsTransfer", "getOnUsTransfer"),
		contracttest.WithCredentials(staging.Team, signing.NewSecret(staging.Password),
			signing.NewSecret(staging.SigningSecret)),
		contracttest.WithPrepare(gateway.Prepare))
	if report == nil {
		return
	}
	for _, operation := range report.Operations {
		if !operation.Succeeded() {
			t.Errorf("%s never succeeded, so that nothing is proved of it", operation.ID)
		}
	}
}
