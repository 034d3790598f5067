package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// ListCustomerStatements shows the statements of the pockets of a customer.
func (s *Server) ListCustomerStatements(ctx context.Context, in partnerserver.ListCustomerStatementsInput) (
	partnerserver.ListCustomerStatementsOutput, error) {
	q := in.Params
	page, err := from(ctx).CustomerStatements(in.CustomerID, query(q.Cursor, q.Limit, q.Order),
		bank.StatementFilter{Pockets: q.Account, Types: statementTypes(q.Type), Key: value(q.Key)})
	if err != nil {
		return nil, err
	}
	return partnerserver.ListCustomerStatementsOK{Body: s.showStatements(ctx, page)}, nil
}

// ListAccountStatements shows the statements of a pocket.
func (s *Server) ListAccountStatements(ctx context.Context, in partnerserver.ListAccountStatementsInput) (
	partnerserver.ListAccountStatementsOutput, error) {
	q := in.Params
	page, err := from(ctx).PocketStatements(in.AccountID, query(q.Cursor, q.Limit, q.Order),
		bank.StatementFilter{Types: statementTypes(q.Type), Key: value(q.Key)})
	if err != nil {
		return nil, err
	}
	return partnerserver.ListAccountStatementsOK{Body: s.showStatements(ctx, page)}, nil
}

func statementTypes(given []partnerapi.StatementType) []bank.StatementType {
	all := make([]bank.StatementType, len(given))
	for i, t := range given {
		all[i] = bank.StatementType(t)
	}
	return all
}

func (s *Server) showStatements(ctx context.Context, page bank.Page[bank.Statement]) partnerapi.StatementPage {
	shown := partnerapi.StatementPage{Items: []partnerapi.Statement{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, x := range page.Items {
		shown.Items = append(shown.Items, partnerapi.Statement{ID: x.ID, JikoAccountID: x.PocketID,
			Type: partnerapi.StatementType(x.Type), Key: x.Key, TimeCreated: x.Created,
			PDFDownloadURL: s.Link(ctx, bank.StatementName(x)), ObjectType: ptr("Statement")})
	}
	return shown
}
