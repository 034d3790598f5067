package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// Names of the servers.
const (
	PlainServer      = "a handler that does nothing"
	CheckedServer    = "the same, signature and validation"
	GeneratedServer  = "the generated server"
	CheckedGenerated = "the same, with signature and validation"
	WholeServer      = "the same in pkg/server"
)

// Server is a server to put under load.
type Server struct {
	Name    string
	Handler http.Handler
	// Without names the same server without the checks. It is empty if this one checks nothing.
	Without string
}

// Servers returns a handler without and with a check of the signature and validation, and the generated server without
// them, with them, and with all that pkg/server has. All answer a list of transactions and an on-us transfer with the
// contract's examples.
func Servers() ([]Server, error) {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		return nil, err
	}
	list, err := example(doc, "Transactions")
	if err != nil {
		return nil, err
	}
	transfer, err := example(doc, "OnUsTransferPending")
	if err != nil {
		return nil, err
	}
	loaded, err := contract.Document()
	if err != nil {
		return nil, err
	}
	v, err := validation.New(validation.Config{Document: loaded})
	if err != nil {
		return nil, err
	}
	plain := examples(list, transfer)

	api, err := newFixed(list, transfer)
	if err != nil {
		return nil, err
	}
	operations, err := partnerserver.NewStrictHandler(api, func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	})
	if err != nil {
		return nil, err
	}
	caller := authentication.Caller{ID: "acme", Secrets: []signing.Secret{signing.NewSecret(secret)}}
	whole, err := server.New(server.Config{
		API: api, Lookup: func(context.Context, string) (authentication.Caller, error) { return caller, nil },
	})
	if err != nil {
		return nil, err
	}
	authenticator, err := authentication.New(authentication.Config{
		Lookup: func(context.Context, string) (authentication.Caller, error) { return caller, nil },
	})
	if err != nil {
		return nil, err
	}
	generated := partnerserver.HandlerWithOptions(operations, partnerserver.ChiServerOptions{})
	return []Server{
		{PlainServer, plain, ""},
		{CheckedServer, authenticator.Middleware(v.Middleware(plain)), PlainServer},
		{GeneratedServer, generated, ""},
		{CheckedGenerated, authenticator.Middleware(v.Middleware(generated)), GeneratedServer},
		{WholeServer, whole, GeneratedServer},
	}, nil
}

func example(doc *openapi3.T, name string) ([]byte, error) {
	e := doc.Components.Examples[name]
	if e == nil {
		return nil, fmt.Errorf("the contract has no example %s", name)
	}
	return json.Marshal(e.Value.Value)
}

// examples reads the whole body, as a handler that decodes it would, and answers with an example.
func examples(list, transfer []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			http.Error(w, "the body cannot be read", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write(transfer)
			return
		}
		_, _ = w.Write(list)
	})
}

// operations returns the two operations that are called.
func operations() (fixed, error) {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		return fixed{}, err
	}
	list, err := example(doc, "Transactions")
	if err != nil {
		return fixed{}, err
	}
	transfer, err := example(doc, "OnUsTransferPending")
	if err != nil {
		return fixed{}, err
	}
	return newFixed(list, transfer)
}

func newFixed(list, transfer []byte) (f fixed, err error) {
	return f, errors.Join(json.Unmarshal(list, &f.list), json.Unmarshal(transfer, &f.transfer))
}

// fixed implements the operations that are called, with fixed answers.
type fixed struct {
	partnerserver.UnimplementedStrictServer
	list     partnerapi.TransactionPage
	transfer partnerapi.OnUsTransfer
}

func (f fixed) ListPocketTransactions(context.Context,
	partnerserver.ListPocketTransactionsInput) (partnerserver.ListPocketTransactionsOutput, error) {
	return partnerserver.ListPocketTransactionsOK{Body: f.list}, nil
}

func (f fixed) CreateOnUsTransfer(context.Context,
	partnerserver.CreateOnUsTransferInput) (partnerserver.CreateOnUsTransferOutput, error) {
	return partnerserver.CreateOnUsTransferCreated{Body: f.transfer}, nil
}

func (f fixed) FundAccount(context.Context, partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error) {
	return partnerserver.FundAccountAccepted{}, nil
}
