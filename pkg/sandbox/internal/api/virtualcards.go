package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// CreateVirtualCard makes a virtual card.
func (s *Server) CreateVirtualCard(ctx context.Context, in partnerserver.CreateVirtualCardInput) (
	partnerserver.CreateVirtualCardOutput, error) {
	c, sealed, err := from(ctx).CreateVirtualCard(in.AccountID, in.Body.PublicKey)
	if err != nil {
		return nil, err
	}
	return partnerserver.CreateVirtualCardCreated{Body: showVirtualCard(c, sealed)}, nil
}

// GetVirtualCard shows the details of a virtual card to whoever has the private key.
func (s *Server) GetVirtualCard(ctx context.Context, in partnerserver.GetVirtualCardInput) (
	partnerserver.GetVirtualCardOutput, error) {
	c, sealed, err := from(ctx).VirtualCard(in.AccountID, in.CardID, in.Body.PublicKey)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetVirtualCardOK{Body: showVirtualCard(c, sealed)}, nil
}

// CloseVirtualCard closes a virtual card.
func (s *Server) CloseVirtualCard(ctx context.Context, in partnerserver.CloseVirtualCardInput) (
	partnerserver.CloseVirtualCardOutput, error) {
	if err := from(ctx).CloseVirtualCard(in.AccountID, in.CardID); err != nil {
		return nil, err
	}
	return partnerserver.CloseVirtualCardNoContent{}, nil
}

func showVirtualCard(c *bank.Card, sealed bank.SealedCard) partnerapi.VirtualCardDetails {
	return partnerapi.VirtualCardDetails{CardID: c.ID, EncryptedPAN: sealed.PAN, EncryptedCVV: sealed.CVV,
		EncryptedExpiration: sealed.Expiration, ObjectType: ptr("VirtualCardResponse")}
}
