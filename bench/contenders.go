package bench

import (
	"context"
	"io"
	"net/http"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/bench/byhand"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Credentials for the loopback server, which accepts any.
const (
	username = "user"
	password = "password"
	secret   = "a-signing-secret-of-the-usual-length"
)

var (
	pocketID    = uuid.MustParse("8a7ec6c0-2701-40a1-8954-68870964b50d")
	fromAccount = uuid.MustParse("497f6eca-6276-4993-bfeb-53cbbbba6f08")
	toAccount   = uuid.MustParse("991dd8b5-f103-4158-8c6b-84480cb43652")
	transferID  = uuid.MustParse("cbb6cfce-f207-45e7-a6b3-1055ab43db51")
)

// Names of the contenders.
const (
	PkgPartner     = "pkg/partner"
	ByHand         = "by hand"
	GeneratedAlone = "generated alone"
)

// Contender makes the same calls as the others, in its own way.
type Contender struct {
	Name string
	// GetPocket reads a pocket.
	GetPocket func(context.Context) (*partnerapi.Pocket, error)
	// Transfer sends an on-us transfer that was built beforehand, so that all contenders send the same value.
	Transfer func(context.Context) (*partnerapi.OnUsTransfer, error)
	// MakeAndTransfer also builds the transfer, each contender in its own way.
	MakeAndTransfer func(context.Context) (*partnerapi.OnUsTransfer, error)
}

// Contenders returns pkg/partner, the hand-written client and the generated client on its own, in this order. Each has
// its own connections, with the same settings.
func Contenders(baseURL string) ([]Contender, error) {
	ours, err := Ours(baseURL)
	if err != nil {
		return nil, err
	}
	generated, err := generated(baseURL)
	if err != nil {
		return nil, err
	}
	return []Contender{ours, handWritten(baseURL), generated}, nil
}

// transport returns what a contender sends through.
func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = t.MaxIdleConns
	return t
}

// Ours returns a client of pkg/partner, which logs in on its first call.
func Ours(baseURL string) (Contender, error) {
	client, err := partner.New(partner.Config{
		BaseURL: baseURL, Username: username, Password: signing.NewSecret(password),
		SigningSecret: signing.NewSecret(secret), HTTPClient: &http.Client{Transport: transport()},
	})
	if err != nil {
		return Contender{}, err
	}
	made, err := makeTransfer()
	if err != nil {
		return Contender{}, err
	}
	return Contender{
		Name: PkgPartner,
		GetPocket: func(ctx context.Context) (*partnerapi.Pocket,
			error) {
			return client.Pockets.Get(ctx, pocketID, nil)
		},
		Transfer: func(ctx context.Context) (*partnerapi.OnUsTransfer, error) {
			return client.OnUsTransfers.Create(ctx, made)
		},
		MakeAndTransfer: func(ctx context.Context) (*partnerapi.OnUsTransfer, error) {
			request, err := makeTransfer()
			if err != nil {
				return nil, err
			}
			return client.OnUsTransfers.Create(ctx, request)
		},
	}, nil
}

// makeTransfer makes the request with the constructors of its unions, as a user of pkg/partner does.
func makeTransfer() (partnerapi.CreateOnUsTransferRequest, error) {
	amount, err := partnerapi.NewTransferAmount(partnerapi.RequestedAmount{AmountUSDC: 10_000})
	if err != nil {
		return partnerapi.CreateOnUsTransferRequest{}, err
	}
	description, async := "Moving funds", true
	return partnerapi.NewCreateOnUsTransferRequest(partnerapi.CreateInternalReallocationTransfer{
		TransferID: &transferID, Description: &description, AsyncMode: &async, Amount: amount,
		FromAccount: partnerapi.JikoAccountReference{ID: fromAccount,
			Type: partnerapi.JikoAccountReferenceTypeJikoAccount},
		ToAccount: partnerapi.JikoAccountReference{ID: toAccount,
			Type: partnerapi.JikoAccountReferenceTypeJikoAccount},
	})
}

// transferByHand is the request as it is declared by hand: plain structs, no unions.
type transferByHand struct {
	Type        string        `json:"type"`
	TransferID  uuid.UUID     `json:"transfer_id"`
	Description string        `json:"description,omitempty"`
	FromAccount accountByHand `json:"from_account"`
	ToAccount   accountByHand `json:"to_account"`
	Amount      amountByHand  `json:"amount"`
	AsyncMode   bool          `json:"async_mode"`
}

type accountByHand struct {
	ID   uuid.UUID `json:"id"`
	Type string    `json:"type"`
}

type amountByHand struct {
	Type       string `json:"type"`
	AmountUSDC int64  `json:"amount_usdc"`
}

func handWritten(baseURL string) Contender {
	client := &byhand.Client{
		HTTP: &http.Client{Transport: transport()}, BaseURL: baseURL, Username: username, Password: password,
		Secret: []byte(secret),
	}
	made, _ := makeTransfer() // Ours has made one before.
	transfer := func(ctx context.Context, request any) (*partnerapi.OnUsTransfer, error) {
		var result partnerapi.OnUsTransfer
		if err := client.Call(ctx, http.MethodPost, "/api/v1/transfers/on-us/", request, &result); err != nil {
			return nil, err
		}
		return &result, nil
	}
	return Contender{
		Name: ByHand,
		GetPocket: func(ctx context.Context) (*partnerapi.Pocket, error) {
			var result partnerapi.Pocket
			if err := client.Call(ctx, http.MethodGet, "/api/v2/pockets/"+pocketID.String()+"/", nil,
				&result); err != nil {
				return nil, err
			}
			return &result, nil
		},
		Transfer: func(ctx context.Context) (*partnerapi.OnUsTransfer, error) { return transfer(ctx, made) },
		MakeAndTransfer: func(ctx context.Context) (*partnerapi.OnUsTransfer, error) {
			return transfer(ctx, transferByHand{
				Type: "INTERNAL_REALLOCATION", TransferID: transferID, Description: "Moving funds", AsyncMode: true,
				FromAccount: accountByHand{fromAccount, "JIKO_ACCOUNT"},
				ToAccount:   accountByHand{toAccount, "JIKO_ACCOUNT"},
				Amount:      amountByHand{"REQUESTED_AMOUNT", 10_000},
			})
		},
	}
}

// generated is the generated client with an editor that signs, and a token that it did not have to get.
func generated(baseURL string) (Contender, error) {
	client, err := partnerapi.NewClient(baseURL, partnerapi.WithDoer(&http.Client{Transport: transport()}),
		partnerapi.WithRequestEditor(func(_ context.Context, r *http.Request) error {
			var content []byte
			if r.GetBody != nil {
				body, err := r.GetBody()
				if err != nil {
					return err
				}
				if content, err = io.ReadAll(body); err != nil {
					return err
				}
			}
			r.Header.Set("Authorization", "Bearer a-token-of-the-loopback-server")
			return authentication.SignRequest(r, signing.NewSecret(secret), uuid.NewString(), content)
		}))
	if err != nil {
		return Contender{}, err
	}
	made, err := makeTransfer()
	if err != nil {
		return Contender{}, err
	}
	return Contender{
		Name: GeneratedAlone,
		GetPocket: func(ctx context.Context) (*partnerapi.Pocket,
			error) {
			return client.GetPocket(ctx, pocketID, nil)
		},
		Transfer: func(ctx context.Context) (*partnerapi.OnUsTransfer, error) {
			return client.CreateOnUsTransfer(ctx, made)
		},
		MakeAndTransfer: func(ctx context.Context) (*partnerapi.OnUsTransfer, error) {
			request, err := makeTransfer()
			if err != nil {
				return nil, err
			}
			return client.CreateOnUsTransfer(ctx, request)
		},
	}, nil
}
