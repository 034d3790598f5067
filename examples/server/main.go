// Program server serves the Partner API to one partner: the login, a list of subscriptions that is still empty, and 501 with its
// name for every operation to be written. Tokens, signatures and the contract are checked before an operation runs.
//
// The one token comes from the environment, as do the address and the secrets. A bank makes a token for each login, and ends it.
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
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

type unwritten = partnerserver.UnimplementedStrictServer
type bank struct{ unwritten }

func (bank) Login(_ context.Context, in partnerserver.LoginInput) (partnerserver.LoginOutput, error) {
	if want := os.Getenv("JIKO_PASSWORD"); want == "" || subtle.ConstantTimeCompare([]byte(in.Body.Password), []byte(want)) != 1 {
		return nil, &server.Error{Status: 401, Detail: "the username or the password is wrong"}
	}
	return partnerserver.LoginOK{Body: partnerapi.LoginResult{Token: os.Getenv("TOKEN"), Expires: time.Now().Add(time.Hour)}}, nil
}

func (bank) ListSubscriptions(context.Context, partnerserver.ListSubscriptionsInput) (partnerserver.ListSubscriptionsOutput, error) {
	return partnerserver.ListSubscriptionsOK{Body: partnerapi.SubscriptionPage{Items: []partnerapi.Subscription{}}}, nil
}

func main() {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	secrets := []signing.Secret{signing.NewSecret(os.Getenv("JIKO_SIGNING_SECRET"))}
	partners := map[string]server.Partner{os.Getenv("TOKEN"): {ID: "acme", Secrets: secrets}}
	if err := server.ListenAndServe(ctx, os.Getenv("ADDR"), server.Config{API: bank{}, Authenticate: signing.FixedTokens(partners)}); err != nil {
		log.Fatal(err)
	}
}
