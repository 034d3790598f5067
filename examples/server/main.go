// Program server serves the Partner API to one partner: the login, a list of subscriptions that is still empty, and 501
// with its name for every operation to be written. Tokens, signatures and the contract are checked before an operation
// runs, and a write that is repeated with its key is executed once.
//
//	export JIKO_PASSWORD=… JIKO_SIGNING_SECRET=… TOKEN=…
//	go run ./examples/server
//
// ADDR says where to listen, 127.0.0.1:8080 unless it is set. Any user name logs in with the password. The one token
// comes from the environment, too; a bank makes a token for each login, and ends it.
package main

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err) //nolint:gocritic // exitAfterDefer: the process ends, and its signals with it.
	}
}

func run(ctx context.Context) error {
	settings, err := readSettings()
	if err != nil {
		return err
	}
	acme := authentication.Caller{ID: "acme", Secrets: []signing.Secret{signing.NewSecret(settings.signingSecret)}}
	log.Printf("serving on http://%s; stop with Ctrl-C", settings.address)
	return server.ListenAndServe(ctx, settings.address, server.Config{
		API:    bank{password: settings.password, token: settings.token},
		Lookup: authentication.FixedTokens(map[string]authentication.Caller{settings.token: acme}),
		Store:  new(idempotency.Memory),
		Logger: slog.Default(), // a line for each request
	})
}

// settings are what the environment says.
type settings struct{ address, password, signingSecret, token string }

// readSettings names everything that is missing at once. An empty secret would let everybody in.
func readSettings() (settings, error) {
	s := settings{address: os.Getenv("ADDR")}
	if s.address == "" {
		s.address = "127.0.0.1:8080"
	}
	var missing []string
	for name, value := range map[string]*string{
		"JIKO_PASSWORD": &s.password, "JIKO_SIGNING_SECRET": &s.signingSecret, "TOKEN": &s.token,
	} {
		if *value = os.Getenv(name); *value == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return settings{}, fmt.Errorf("set %s", strings.Join(missing, ", "))
	}
	return s, nil
}

// bank implements the operations that it has, and answers all others with 501.
type bank struct {
	partnerserver.UnimplementedStrictServer

	password, token string
}

func (b bank) Login(_ context.Context, in partnerserver.LoginInput) (partnerserver.LoginOutput, error) {
	if subtle.ConstantTimeCompare([]byte(in.Body.Password), []byte(b.password)) != 1 {
		return nil, &server.Error{Status: http.StatusUnauthorized, Detail: "the username or the password is wrong"}
	}
	return partnerserver.LoginOK{
		Body: partnerapi.LoginResult{Token: b.token, Expires: time.Now().Add(time.Hour)},
	}, nil
}

func (bank) ListSubscriptions(context.Context, partnerserver.ListSubscriptionsInput) (
	partnerserver.ListSubscriptionsOutput, error) {
	return partnerserver.ListSubscriptionsOK{
		Body: partnerapi.SubscriptionPage{Items: []partnerapi.Subscription{}},
	}, nil
}
