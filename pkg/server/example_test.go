package server_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// oneOperation serves the agreements and the login. Every other operation is answered with 501 and its name.
type oneOperation struct {
	partnerserver.UnimplementedStrictServer
}

func (oneOperation) ListAgreements(ctx context.Context,
	_ partnerserver.ListAgreementsInput) (partnerserver.ListAgreementsOutput, error) {
	caller, _ := authentication.CallerFromContext(ctx)
	return partnerserver.ListAgreementsOK{Body: partnerapi.AgreementBundle{
		Version: "1.0.0 for " + caller.ID, ReleaseDate: openapi_types.Date{
			Time: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)},
		Documents: []partnerapi.AgreementDocument{},
	}}, nil
}

func (oneOperation) Login(context.Context, partnerserver.LoginInput) (partnerserver.LoginOutput, error) {
	return partnerserver.LoginOK{Body: partnerapi.LoginResult{Token: "a-token", Expires: time.Now().Add(time.Hour)}},
		nil
}

// A complete server. Tokens, signatures and the contract are checked before an operation runs.
func Example() {
	handler, err := server.New(server.Config{
		API: oneOperation{},
		Lookup: func(_ context.Context, token string) (authentication.Caller, error) {
			if token != "a-token" {
				return authentication.Caller{}, authentication.ErrUnknownToken
			}
			return authentication.Caller{ID: "acme", Secrets: []signing.Secret{signing.NewSecret("signing-secret")}},
				nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	listening := httptest.NewServer(handler) // ListenAndServe, elsewhere
	defer listening.Close()

	client, err := partner.New(partner.Config{BaseURL: listening.URL, Username: "acme",
		Password: signing.NewSecret("password"), SigningSecret: signing.NewSecret("signing-secret")})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	bundle, err := client.Individuals.ListAgreements(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(bundle.Version)
	// Output: 1.0.0 for acme
}

// A server that stops when its context ends, on a port that the system chooses.
func ExampleServe() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	httpServer := server.NewHTTPServer("", http.NotFoundHandler())
	httpServer.IdleTimeout = time.Minute // Behind a proxy that keeps connections for less.
	cancel()                             // Elsewhere a signal does it.
	fmt.Println(server.Serve(ctx, httpServer, listener, server.ShutdownGrace))
	// Output: <nil>
}
