package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// ListAccountCards shows the cards of an account.
func (s *Server) ListAccountCards(ctx context.Context, in partnerserver.ListAccountCardsInput) (
	partnerserver.ListAccountCardsOutput, error) {
	page, err := from(ctx).AccountCards(in.AccountID, value(in.Params.Cursor), in.Params.Limit,
		cardStatuses(in.Params.FilterStatus))
	if err != nil {
		return nil, err
	}
	return partnerserver.ListAccountCardsOK{Body: showCards(page)}, nil
}

// ListCustomerCards shows the cards of a customer.
func (s *Server) ListCustomerCards(ctx context.Context, in partnerserver.ListCustomerCardsInput) (
	partnerserver.ListCustomerCardsOutput, error) {
	page, err := from(ctx).CustomerCards(in.CustomerID, oldestFirst(in.Params.Cursor, in.Params.Limit),
		cardStatuses(in.Params.FilterStatus))
	if err != nil {
		return nil, err
	}
	return partnerserver.ListCustomerCardsOK{Body: showCards(page)}, nil
}

// GetCardStatus shows the status of a card.
func (s *Server) GetCardStatus(ctx context.Context, in partnerserver.GetCardStatusInput) (
	partnerserver.GetCardStatusOutput, error) {
	c, err := from(ctx).Card(in.AccountID, in.CardID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetCardStatusOK{Body: showCardState(c)}, nil
}

// SetCardStatus opens or locks a card.
func (s *Server) SetCardStatus(ctx context.Context, in partnerserver.SetCardStatusInput) (
	partnerserver.SetCardStatusOutput, error) {
	c, err := from(ctx).SetCardStatus(in.AccountID, in.CardID,
		bank.CardChange{Status: (*bank.CardStatus)(in.Body.Status), Magstripe: in.Body.MagstripeStatus})
	if err != nil {
		return nil, err
	}
	return partnerserver.SetCardStatusOK{Body: showCardState(c)}, nil
}

// SetCardPIN sets the PIN of a card.
func (s *Server) SetCardPIN(ctx context.Context, in partnerserver.SetCardPINInput) (partnerserver.SetCardPINOutput,
	error) {
	if err := from(ctx).SetCardPIN(in.AccountID, in.CardID, in.Body.EncryptedPIN); err != nil {
		return nil, err
	}
	return partnerserver.SetCardPINOK{Body: partnerapi.SetCardPINResult{Success: true}}, nil
}

// CloseCard closes a card.
func (s *Server) CloseCard(ctx context.Context, in partnerserver.CloseCardInput) (partnerserver.CloseCardOutput,
	error) {
	closure := bank.CardClosure{Reason: bank.CardClosureReason(in.Body.ClosureReason)}
	if day := in.Body.LostStolenDate; day != nil {
		closure.Missing = ptr(calendar.NewDate(day.Date()))
	}
	if err := from(ctx).CloseCard(in.AccountID, in.CardID, closure); err != nil {
		return nil, err
	}
	return partnerserver.CloseCardNoContent{}, nil
}

func cardStatuses(given []partnerapi.CardStatus) []bank.CardStatus {
	statuses := make([]bank.CardStatus, len(given))
	for i, s := range given {
		statuses[i] = bank.CardStatus(s)
	}
	return statuses
}

func showCards(page bank.Page[bank.Card]) partnerapi.CardPage {
	shown := partnerapi.CardPage{Items: []partnerapi.Card{}, PrevPage: cursor(page.Prev), NextPage: cursor(page.Next),
		ObjectType: ptr("CursorList")}
	for _, c := range page.Items {
		shown.Items = append(shown.Items, partnerapi.Card{CardID: c.ID, Name: c.Name, PocketID: &c.PocketID,
			Status: partnerapi.CardStatus(c.Status), Type: partnerapi.CardType(c.Type)})
	}
	return shown
}

func showCardState(c *bank.Card) partnerapi.CardState {
	return partnerapi.CardState{CardID: c.ID, Status: partnerapi.CardStatus(c.Status),
		MagstripeStatus: optional(c.Magstripe)}
}
