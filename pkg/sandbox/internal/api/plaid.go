package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// CreatePlaidLinkToken makes a token to start Plaid Link with.
func (s *Server) CreatePlaidLinkToken(ctx context.Context, in partnerserver.CreatePlaidLinkTokenInput) (
	partnerserver.CreatePlaidLinkTokenOutput, error) {
	token, expires, err := from(ctx).CreateLinkToken(in.CustomerID, in.Body.CounterpartyID)
	if err != nil {
		return nil, err
	}
	return partnerserver.CreatePlaidLinkTokenOK{
		Body: partnerapi.PlaidLinkToken{LinkToken: token, Expiration: expires}}, nil
}

// CreatePlaidCounterparties makes counterparties of what a user has chosen in Plaid Link.
func (s *Server) CreatePlaidCounterparties(ctx context.Context, in partnerserver.CreatePlaidCounterpartiesInput) (
	partnerserver.CreatePlaidCounterpartiesOutput, error) {
	accounts := make([]bank.PlaidAccount, len(in.Body.Accounts))
	for i, a := range in.Body.Accounts {
		accounts[i] = bank.PlaidAccount{ID: a.ID, Mask: value(a.Mask)}
	}
	made, err := from(ctx).CreatePlaidCounterparties(in.CustomerID, value(in.Body.InstitutionID), accounts)
	if err != nil {
		return nil, err
	}
	shown := partnerapi.PlaidCounterpartyList{ObjectType: ptr("PlaidCreateCounterpartiesResponse")}
	for _, c := range made {
		shown.Items = append(shown.Items, showCounterpartyV1(c))
	}
	return partnerserver.CreatePlaidCounterpartiesOK{Body: shown}, nil
}

// VerifyPlaidCounterparty goes on with a verification.
func (s *Server) VerifyPlaidCounterparty(ctx context.Context, in partnerserver.VerifyPlaidCounterpartyInput) (
	partnerserver.VerifyPlaidCounterpartyOutput, error) {
	err := from(ctx).VerifyPlaidCounterparty(in.CustomerID, in.CounterpartyID)
	return partnerserver.VerifyPlaidCounterpartyNoContent{}, err
}
