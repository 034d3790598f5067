package gateway

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/payouts/bank"
	"example.com/payouts/house"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// Config says who calls, and what is behind the gateway.
type Config struct {
	// Bank has the credentials of the bank.
	Bank *partner.Client
	// Teams are those that call, by their names.
	Teams map[string]Team
	// Owns reports whether a pocket is a team's.
	Owns func(team string, pocket bank.PocketID) bool
	// Store remembers the keys of payments.
	Store idempotency.Store
	// Logger is told of what failed.
	Logger *slog.Logger
}

// Team is somebody who calls.
type Team struct{ Password, SigningSecret signing.Secret }

// New returns the gateway.
func New(config Config) (http.Handler, error) {
	own, err := bank.NewClient(config.Bank.BaseURL(), bank.WithDoer(config.Bank.With()))
	if err != nil {
		return nil, err
	}
	g := &gateway{config: config, bank: own, tokens: map[string]session{}}
	authenticator, err := authentication.New(authentication.Config{Lookup: g.lookup, Require: required})
	if err != nil {
		return nil, err
	}
	document, err := contract.Document()
	if err != nil {
		return nil, err
	}
	validator, err := validation.New(validation.Config{Document: document})
	if err != nil {
		return nil, err
	}
	guard, err := idempotency.New(idempotency.Config{Store: config.Store, Scope: team, Refuse: refuseRepeat,
		Applies: func(r *http.Request) bool { return r.Method == http.MethodPost && !required(r).Open }})
	if err != nil {
		return nil, err
	}
	stubs, err := house.NewStrictHandler(g, g.fail)
	if err != nil {
		return nil, err
	}
	router := chi.NewRouter()
	router.Use(authenticator.Middleware, validator.Middleware, guard.Middleware)
	router.NotFound(func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound) })
	router.MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound) })
	return house.HandlerFromMux(stubs, router), nil
}

// required lets everybody ask for the health and log in: the contract has no security there.
func required(r *http.Request) authentication.Requirement {
	return authentication.Requirement{Open: r.URL.Path == "/health" || r.URL.Path == "/api/v1/login/"}
}

// team is who calls.
func team(r *http.Request) string { return caller(r.Context()) }

func caller(ctx context.Context) string {
	c, _ := authentication.CallerFromContext(ctx)
	return c.ID
}

// gateway implements the operations.
type gateway struct {
	config Config
	bank   *bank.Client

	mu     sync.Mutex
	tokens map[string]session
}

type session struct {
	caller authentication.Caller
	ends   time.Time
}

// lifetime is how long a token is good.
const lifetime = time.Hour

func (g *gateway) lookup(_ context.Context, token string) (authentication.Caller, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, known := g.tokens[token]
	if !known || time.Now().After(s.ends) {
		return authentication.Caller{}, authentication.ErrUnknownToken
	}
	return s.caller, nil
}

// Login implements house.StrictServerInterface.
func (g *gateway) Login(_ context.Context, in house.LoginInput) (house.LoginOutput, error) {
	team, known := g.config.Teams[in.Body.Username]
	isRight := subtle.ConstantTimeCompare([]byte(in.Body.Password), []byte(team.Password.Reveal())) == 1
	if !known || !isRight {
		return house.LoginUnauthorized{Body: because("the username or the password is wrong")}, nil
	}
	token, now := rand.Text(), time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	for old, s := range g.tokens {
		if now.After(s.ends) {
			delete(g.tokens, old)
		}
	}
	ends := now.Add(lifetime).UTC()
	g.tokens[token] = session{authentication.Caller{ID: in.Body.Username,
		Secrets: []signing.Secret{team.SigningSecret}}, ends}
	return house.LoginOK{Body: bank.LoginResult{Token: token, Expires: ends}}, nil
}

// GetHealth implements house.StrictServerInterface.
func (g *gateway) GetHealth(ctx context.Context, _ house.GetHealthInput) (house.GetHealthOutput, error) {
	health, err := g.bank.GetHealth(ctx)
	if err != nil {
		return nil, err
	}
	return house.GetHealthOK{Body: *health}, nil
}

// GetPocket implements house.StrictServerInterface. Another team's pocket is not there.
func (g *gateway) GetPocket(ctx context.Context, in house.GetPocketInput) (house.GetPocketOutput, error) {
	if !g.config.Owns(caller(ctx), in.PocketID) {
		return house.GetPocketNotFound{Body: because("there is no such pocket")}, nil
	}
	pocket, err := g.bank.GetPocket(ctx, in.PocketID, &in.Params)
	if errors.Is(err, partner.ErrNotFound) {
		return house.GetPocketNotFound{Body: because("there is no such pocket")}, nil
	}
	if err != nil {
		return nil, err
	}
	return house.GetPocketOK{Body: *pocket}, nil
}

// Pay implements house.StrictServerInterface. The bank gets a key that is the team's: two of them may have the same.
func (g *gateway) Pay(ctx context.Context, in house.PayInput) (house.PayOutput, error) {
	order, _ := in.Body.Value() // What cannot be read is no order of this kind either.
	made, ok := order.(bank.CreateInternalReallocationTransfer)
	if !ok {
		return house.PayFailure{StatusCode: http.StatusForbidden,
			Body: because("teams pay between pockets of the same customer")}, nil
	}
	for _, pocket := range []bank.PocketID{made.FromAccount.ID, made.ToAccount.ID} {
		if !g.config.Owns(caller(ctx), pocket) {
			return house.PayFailure{StatusCode: http.StatusNotFound, Body: because("there is no such pocket")}, nil
		}
	}
	hold, ok := idempotency.HoldFromContext(ctx)
	if !ok {
		return nil, errors.New("a payment without a key")
	}
	key := partner.KeyFor("gateway of "+hold.Scope, hold.Key)
	transfer, err := g.bank.Pay(partner.ContextWithOptions(ctx, partner.WithIdempotencyKey(key)), in.Body)
	var failure *partner.Error
	if errors.As(err, &failure) && failure.StatusCode == http.StatusUnprocessableEntity {
		return house.PayUnprocessableEntity{Body: invalid("the bank refuses it")}, nil
	}
	if err != nil {
		return nil, err
	}
	return house.PayCreated{Body: *transfer}, nil
}

// GetOnUsTransfer implements house.StrictServerInterface.
func (g *gateway) GetOnUsTransfer(ctx context.Context, in house.GetOnUsTransferInput) (
	house.GetOnUsTransferOutput, error) {
	nothing := house.GetOnUsTransferFailure{StatusCode: http.StatusNotFound, Body: because("there is no such transfer")}
	transfer, err := g.bank.GetOnUsTransfer(ctx, in.TransferID)
	if errors.Is(err, partner.ErrNotFound) {
		return nothing, nil
	}
	if err != nil {
		return nil, err
	}
	variant, _ := transfer.Transfer.Value() // What cannot be read is not known to be the team's.
	made, ok := variant.(bank.InternalReallocationTransfer)
	if !ok || !g.config.Owns(caller(ctx), made.FromAccount.ID) {
		return nothing, nil
	}
	return house.GetOnUsTransferOK{Body: *transfer}, nil
}

// because is an error of the contract.
func because(detail string) bank.Error { return bank.Error{Detail: detail} }

// invalid is what the contract has for 422.
func invalid(message string) bank.HTTPValidationError {
	return bank.HTTPValidationError{Detail: bank.List[bank.ValidationError]{{Type: "value_error", Msg: message,
		Loc: bank.List[bank.ValidationErrorLocation]{}}}}
}

// refuseRepeat answers a key that cannot be used, and a 422 in the shape that the contract has for it.
func refuseRepeat(w http.ResponseWriter, r *http.Request, refusal idempotency.Refusal) {
	if refusal.Status != http.StatusUnprocessableEntity {
		idempotency.WriteRefusal(w, r, refusal)
		return
	}
	answer(w, refusal.Status, invalid(refusal.Detail()))
}

// fail answers an error of an operation. Its text is for the log: it may hold what the caller must not see. What the
// bank did not answer is answered with 502: the team asks again with the same key, and the bank knows it.
func (g *gateway) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusBadGateway
	if errors.As(err, new(*house.BadRequestError)) {
		status = http.StatusBadRequest
	}
	g.config.Logger.ErrorContext(r.Context(), "an operation failed", "error", err)
	refuse(w, status)
}

func refuse(w http.ResponseWriter, status int) { answer(w, status, because(http.StatusText(status))) }

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
