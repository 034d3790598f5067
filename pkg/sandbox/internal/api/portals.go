package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// ListAccountPortals shows all portals of an account.
func (s *Server) ListAccountPortals(ctx context.Context, in partnerserver.ListAccountPortalsInput) (
	partnerserver.ListAccountPortalsOutput, error) {
	rows, err := from(ctx).AllPortals(in.AccountID)
	if err != nil {
		return nil, err
	}
	shown := partnerapi.AccountPortalList{Count: int64(rows.Len()), Portals: []partnerapi.AccountPortal{},
		ObjectType: ptr("List")}
	rows.Each(func(p *bank.Portal) bool {
		shown.Portals = append(shown.Portals, showAccountPortal(p))
		return true
	})
	return partnerserver.ListAccountPortalsOK{Body: shown}, nil
}

// CreateAccountPortal opens one more portal of an account.
func (s *Server) CreateAccountPortal(ctx context.Context, in partnerserver.CreateAccountPortalInput) (
	partnerserver.CreateAccountPortalOutput, error) {
	p, err := from(ctx).CreatePortal(in.AccountID, in.Body.Name, "account_id")
	if err != nil {
		return nil, err
	}
	return partnerserver.CreateAccountPortalCreated{Body: showAccountPortal(p)}, nil
}

// GetAccountPortal shows a portal of an account.
func (s *Server) GetAccountPortal(ctx context.Context, in partnerserver.GetAccountPortalInput) (
	partnerserver.GetAccountPortalOutput, error) {
	p, err := from(ctx).Portal(in.AccountID, in.PortalID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetAccountPortalOK{Body: showAccountPortal(p)}, nil
}

// UpdateAccountPortal renames a portal of an account.
func (s *Server) UpdateAccountPortal(ctx context.Context, in partnerserver.UpdateAccountPortalInput) (
	partnerserver.UpdateAccountPortalOutput, error) {
	p, err := from(ctx).UpdatePortal(in.AccountID, in.PortalID, &in.Body.Name, false)
	if err != nil {
		return nil, err
	}
	return partnerserver.UpdateAccountPortalOK{Body: showAccountPortal(p)}, nil
}

// CloseAccountPortal closes a portal of an account.
func (s *Server) CloseAccountPortal(ctx context.Context, in partnerserver.CloseAccountPortalInput) (
	partnerserver.CloseAccountPortalOutput, error) {
	return partnerserver.CloseAccountPortalNoContent{}, from(ctx).ClosePortal(in.AccountID, in.PortalID)
}

// ListCustomerPortals shows the portals of all pockets of a customer.
func (s *Server) ListCustomerPortals(ctx context.Context, in partnerserver.ListCustomerPortalsInput) (
	partnerserver.ListCustomerPortalsOutput, error) {
	page, err := from(ctx).CustomerPortals(in.CustomerID, oldestFirst(in.Params.Cursor, in.Params.Limit))
	if err != nil {
		return nil, err
	}
	return partnerserver.ListCustomerPortalsOK{Body: showPortals(page)}, nil
}

// ListPocketPortals shows the portals of a pocket.
func (s *Server) ListPocketPortals(ctx context.Context, in partnerserver.ListPocketPortalsInput) (
	partnerserver.ListPocketPortalsOutput, error) {
	page, err := from(ctx).PocketPortals(in.PocketID, oldestFirst(in.Params.Cursor, in.Params.Limit))
	if err != nil {
		return nil, err
	}
	return partnerserver.ListPocketPortalsOK{Body: showPortals(page)}, nil
}

// CreatePocketPortal opens one more portal of a pocket.
func (s *Server) CreatePocketPortal(ctx context.Context, in partnerserver.CreatePocketPortalInput) (
	partnerserver.CreatePocketPortalOutput, error) {
	p, err := from(ctx).CreatePortal(in.PocketID, in.Body.Name, "pocket_id")
	if err != nil {
		return nil, err
	}
	return partnerserver.CreatePocketPortalCreated{Body: showPortal(p)}, nil
}

// GetPocketPortal shows a portal of a pocket.
func (s *Server) GetPocketPortal(ctx context.Context, in partnerserver.GetPocketPortalInput) (
	partnerserver.GetPocketPortalOutput, error) {
	p, err := from(ctx).Portal(in.PocketID, in.PortalID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetPocketPortalOK{Body: showPortal(p)}, nil
}

// UpdatePocketPortal renames a portal of a pocket, or closes it: the contract has no other status to set.
func (s *Server) UpdatePocketPortal(ctx context.Context, in partnerserver.UpdatePocketPortalInput) (
	partnerserver.UpdatePocketPortalOutput, error) {
	_, err := from(ctx).UpdatePortal(in.PocketID, in.PortalID, in.Body.Name, in.Body.Status != nil)
	return partnerserver.UpdatePocketPortalNoContent{}, err
}

// GetPortalFundingInstructions shows what a payer has to know.
func (s *Server) GetPortalFundingInstructions(ctx context.Context,
	in partnerserver.GetPortalFundingInstructionsInput) (partnerserver.GetPortalFundingInstructionsOutput, error) {
	p, owner, err := from(ctx).FundingInstructions(in.PocketID, in.PortalID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetPortalFundingInstructionsOK{Body: partnerapi.FundingInstructions{
		RoutingNumber: ptr(bank.RoutingNumber), AccountNumber: &p.AccountNumber, NameOnAccount: &owner.Name,
		InstitutionName: ptr(bank.InstitutionName), ObjectType: ptr("FundingInstructions"),
	}}, nil
}

func showPortals(page bank.Page[bank.Portal]) partnerapi.PortalPage {
	shown := partnerapi.PortalPage{Items: []partnerapi.Portal{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, p := range page.Items {
		shown.Items = append(shown.Items, showPortal(p))
	}
	return shown
}

func showPortal(p *bank.Portal) partnerapi.Portal {
	return partnerapi.Portal{ID: p.ID, PocketID: &p.PocketID, Name: p.Name, Status: partnerapi.PortalStatus(p.Status),
		RoutingNumber: ptr(bank.RoutingNumber), AccountNumber: &p.AccountNumber, ObjectType: ptr("Portal")}
}

func showAccountPortal(p *bank.Portal) partnerapi.AccountPortal {
	return partnerapi.AccountPortal{ID: p.ID, JikoAccountID: p.PocketID, Name: p.Name,
		Status: partnerapi.PortalStatus(p.Status), RoutingNumber: bank.RoutingNumber, AccountNumber: p.AccountNumber,
		ObjectType: ptr("Portal")}
}
