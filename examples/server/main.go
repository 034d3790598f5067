// Program server serves the Partner API to one partner: the login, a list of subscriptions that is still empty, and 501
// with its name for every operation to be written. Tokens, signatures and the contract are checked before an operation
// runs, and a write that is repeated with its key is executed once.
//
// The one token comes from the environment, as do the address and the secrets. A bank makes a token for each login, and
// ends it.
package main

import (
	"context"
	"crypto/subtle"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	api "github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

type bank struct{ api.UnimplementedStrictServer }

func (bank) Login(_ context.Context, in api.LoginInput) (api.LoginOutput, error) {
	if want := os.Getenv("JIKO_PASSWORD"); want == "" ||
		subtle.ConstantTimeCompare([]byte(in.Body.Password), []byte(want)) != 1 {
		return nil, &server.Error{Status: 401, Detail: "the username or the password is wrong"}
	}
	return api.LoginOK{Body: partnerapi.LoginResult{Token: os.Getenv("TOKEN"), Expires: time.Now().Add(time.Hour)}}, nil
}

func (bank) ListSubscriptions(context.Context, api.ListSubscriptionsInput) (api.ListSubscriptionsOutput, error) {
	return api.ListSubscriptionsOK{Body: partnerapi.SubscriptionPage{Items: []partnerapi.Subscription{}}}, nil
}

func main() {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	acme := authentication.Caller{ID: "acme", Secrets: []signing.Secret{
		signing.NewSecret(os.Getenv("JIKO_SIGNING_SECRET"))}}
	tokens, once := authentication.FixedTokens(map[string]authentication.Caller{os.Getenv("TOKEN"): acme}),
		&idempotency.Config{Store: new(idempotency.Memory)}
	if err := server.ListenAndServe(ctx, os.Getenv("ADDR"),
		server.Config{API: bank{}, Authenticate: tokens, Idempotency: once}); err != nil {
		log.Fatal(err)
	}
}
