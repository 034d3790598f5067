package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"
	"golang.org/x/sync/errgroup"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	// mostCents and mostCredits are what one funding can make at most, by the contract.
	mostCents, mostCredits = 4_999_999, 9
	// fillers is how many calls fill a pocket at the same time.
	fillers = 8
	// transferCents is so little that no pocket runs out of money, as each gets back what it gives.
	transferCents = 100
)

// SandboxCaller sets up what is measured in a sandbox, and makes requests for those that only send them.
type SandboxCaller struct {
	client *partner.Client
	token  string
}

// staticToken is a token that needs no renewal: it is good for longer than a measurement takes.
type staticToken string

func (t staticToken) Token(context.Context, string) (string, error) { return string(t), nil }

// NewSandboxCaller logs in to a sandbox with its default credentials. Close it.
func NewSandboxCaller(ctx context.Context, baseURL string) (*SandboxCaller, error) {
	sender := &http.Client{Transport: transport()}
	plain, err := partnerapi.NewClient(baseURL, partnerapi.WithDoer(sender))
	if err != nil {
		return nil, err
	}
	login, err := plain.Login(ctx, partnerapi.LoginRequest{Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword.Reveal()})
	if err != nil {
		return nil, err
	}
	client, err := partner.New(partner.Config{
		BaseURL: baseURL, Tokens: staticToken(login.Token), SigningSecret: sandbox.DefaultSigningSecret,
		HTTPClient: sender,
	})
	if err != nil {
		return nil, err
	}
	return &SandboxCaller{client, login.Token}, nil
}

// Close closes the connections.
func (c *SandboxCaller) Close() { c.client.Close() }

// OpenPockets opens pockets of a new customer, which invest in T-bills what they get.
func (c *SandboxCaller) OpenPockets(ctx context.Context, n int) ([]uuid.UUID, error) {
	customer, err := c.customer(ctx)
	if err != nil {
		return nil, err
	}
	strategy := "UST-4W"
	ids := make([]uuid.UUID, n)
	for i := range ids {
		pocket, err := c.client.Pockets.Create(ctx, customer,
			partnerapi.CreatePocketRequest{PocketName: "Operating", DepositStrategyID: &strategy})
		if err != nil {
			return nil, err
		}
		ids[i] = pocket.ID
	}
	return ids, nil
}

// customer takes a person through the whole application.
func (c *SandboxCaller) customer(ctx context.Context) (uuid.UUID, error) {
	profile, err := partnerapi.NewInvestmentProfile(partnerapi.EmployedInvestmentProfile{
		Income:   partnerapi.AnnualPersonalIncomeBetween100KAnd250K,
		NetWorth: partnerapi.AveragePersonalNetWorthBetween1MAnd5M, Occupation: "Engineer",
	})
	if err != nil {
		return uuid.Nil, err
	}
	state := "NY"
	application, err := c.client.Individuals.CreateApplication(ctx, partnerapi.CreateApplicationRequest{
		Name: partnerapi.Name{FirstName: "Grace", LastName: "Hopper"}, IdentificationNumber: "123-45-6789",
		Email: "grace@example.com", PhoneNumber: "+12125550123",
		DateOfBirth: openapi_types.Date{Time: time.Date(1980, time.December, 9, 0, 0, 0, 0, time.UTC)},
		Address: partnerapi.Address{StreetAddress: "1 Main Street", City: "New York", PostalCode: "10001",
			State: &state, Country: "US"},
		AgreementConsent: partnerapi.AgreementConsent{Version: "1.0.0",
			Timestamp: time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)},
		InvestmentProfile: profile,
	})
	if err != nil {
		return uuid.Nil, err
	}
	if _, err := c.client.Individuals.SubmitApplication(ctx, application.ID); err != nil {
		return uuid.Nil, err
	}
	if application, err = c.client.Individuals.GetApplication(ctx, application.ID); err != nil {
		return uuid.Nil, err
	}
	return application.CustomerID.Get()
}

// Fill pays into a pocket that many times, each of which is a transaction of it.
func (c *SandboxCaller) Fill(ctx context.Context, pocket uuid.UUID, transactions int) error {
	calls, ctx := errgroup.WithContext(ctx)
	calls.SetLimit(fillers)
	for ; transactions > 0 && ctx.Err() == nil; transactions -= mostCredits {
		count := int32(min(transactions, mostCredits))
		calls.Go(func() error {
			return c.client.Sandbox.FundAccount(ctx, nil,
				partnerapi.FundAccountRequest{AccountID: pocket, AmountUSDC: mostCents, Count: &count})
		})
	}
	return calls.Wait()
}

// PocketPath is the path of a pocket.
func PocketPath(pocket uuid.UUID) string { return "/api/v2/pockets/" + pocket.String() + "/" }

// NewestPath is the path of the newest 30 transactions of a pocket.
func NewestPath(pocket uuid.UUID) string { return PocketPath(pocket) + "transactions/?limit=30" }

// Get makes a signed request that reads.
func (c *SandboxCaller) Get(name, target string) (*Request, error) {
	return newRequest(name, target, nil, c.token, sandbox.DefaultSigningSecret)
}

// TransfersPath is where the transfers of WriteTransfers are sent to.
const TransfersPath = transfersPath

// WriteTransfers opens pairs of pockets, pays into them, and writes n on-us transfers, which go there and back within
// the pairs: a line with the token, one with the number of bodies, the bodies, and for each transfer a line with a key
// of its own and the signature. Transfers take the bodies in turn, and begin again after the last.
func (c *SandboxCaller) WriteTransfers(ctx context.Context, w io.Writer, pairs, n int) error {
	var bodies [][]byte
	for range pairs {
		ids, err := c.OpenPockets(ctx, 2)
		if err != nil {
			return err
		}
		for i, id := range ids {
			if err := c.Fill(ctx, id, mostCredits); err != nil {
				return err
			}
			body, err := transferBody(id, ids[1-i])
			if err != nil {
				return err
			}
			bodies = append(bodies, body)
		}
	}
	out := bufio.NewWriter(w)
	_, _ = fmt.Fprintf(out, "%s\n%d\n", c.token, len(bodies)) // Flush returns the first error.
	for _, body := range bodies {
		_, _ = fmt.Fprintf(out, "%s\n", body)
	}
	for i := range n {
		key := uuid.NewString()
		signature, err := signing.Sign(sandbox.DefaultSigningSecret, key, TransfersPath, bodies[i%len(bodies)])
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(out, "%s %s\n", key, signature)
	}
	return out.Flush()
}

func transferBody(from, to uuid.UUID) ([]byte, error) {
	amount, err := partnerapi.NewTransferAmount(partnerapi.RequestedAmount{AmountUSDC: transferCents})
	if err != nil {
		return nil, err
	}
	request, err := partnerapi.NewCreateOnUsTransferRequest(partnerapi.CreateInternalReallocationTransfer{
		FromAccount: partnerapi.JikoAccountReference{ID: from, Type: partnerapi.JikoAccountReferenceTypeJikoAccount},
		ToAccount:   partnerapi.JikoAccountReference{ID: to, Type: partnerapi.JikoAccountReferenceTypeJikoAccount},
		Amount:      amount,
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(request)
}
