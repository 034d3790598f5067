package sandbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
)

// pocket is what the ledger does not know of a pocket. The ledger has its balance, under the same id.
type pocket struct {
	id, customerID uuid.UUID
	name           string
	status         partnerapi.PocketStatus
	deposit        string
	reinvestment   nullable.Nullable[string]
}

// pocketsOf returns a customer's pockets, oldest first.
func (b *bank) pocketsOf(customerID uuid.UUID) []*pocket {
	var found []*pocket
	for _, id := range b.pocketOrder {
		if p := b.pockets[id]; p.customerID == customerID {
			found = append(found, p)
		}
	}
	return found
}

// unitPrice is what the sandbox pays for a T-bill of 100 dollars, in cents.
const unitPrice = 9963

// show is the pocket as answers have it. As much as buys whole T-bills is invested, the rest is cash.
func (b *bank) show(p *pocket, omit []string) (partnerapi.Pocket, error) {
	shown := partnerapi.Pocket{
		ID: p.id, CustomerID: ptr(p.customerID), PocketName: p.name, Status: p.status, Attributes: []string{},
		DepositStrategyID: p.deposit, ObjectType: "Pocket",
	}
	if id, err := p.reinvestment.Get(); err == nil {
		shown.ReinvestmentStrategyID = &id
	}
	if slices.Contains(omit, "portfolio") {
		return shown, nil
	}
	balance := b.ledger.Balance(p.id)
	quantity := balance / unitPrice
	portfolio := &partnerapi.Portfolio{
		TotalValue: usd(balance), Cash: ptr(usd(balance - quantity*unitPrice)), AllTimeEarnings: ptr(usd(0)),
		Securities: []partnerapi.Security{},
	}
	if quantity > 0 {
		security, err := partnerapi.NewSecurity(partnerapi.FixedIncomeSecurity{
			CUSIP: "912796RF6", Description: ptr("US T-Bill"), Quantity: quantity,
			MarketValue:   usd(quantity * unitPrice),
			JikoMarkPrice: "99.63", YieldToMaturity: "0.0472",
			MaturityDate: openapi_types.Date{Time: b.now().UTC().Add(28 * 24 * time.Hour)},
		})
		if err != nil {
			return shown, err
		}
		portfolio.Securities = append(portfolio.Securities, security)
	}
	shown.Portfolio = portfolio
	return shown, nil
}

// usd is an amount of money, with the text that a person reads.
func usd(cents int64) partnerapi.Money {
	sign, rest := "", cents
	if cents < 0 {
		sign, rest = "-", -cents
	}
	dollars := fmt.Sprint(rest / 100)
	for i := len(dollars) - 3; i > 0; i -= 3 {
		dollars = dollars[:i] + "," + dollars[i:]
	}
	return partnerapi.Money{Value: cents, Currency: "USD",
		Formatted: ptr(fmt.Sprintf("%s$%s.%02d", sign, dollars, rest%100))}
}

func (b *bank) CreatePocket(_ context.Context, in partnerserver.CreatePocketInput) (partnerserver.CreatePocketOutput,
	error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.customers[in.CustomerID]
	switch {
	case c == nil:
		return partnerserver.CreatePocketNotFound{Body: notFound()}, nil
	case c.closed:
		return partnerserver.CreatePocketUnprocessableEntity{
			Body: invalid("status", "the customer is closed", "path", "customer_id")}, nil
	}
	deposit, problem := strategyOf(in.Body)
	if problem != nil {
		return partnerserver.CreatePocketUnprocessableEntity{Body: *problem}, nil
	}
	reinvestment := in.Body.ReinvestmentStrategyID
	if !reinvestment.IsSpecified() {
		reinvestment = nullable.NewNullNullable[string]()
	} else if id, err := reinvestment.Get(); err == nil && !isStrategy(id) {
		return partnerserver.CreatePocketUnprocessableEntity{
			Body: invalid("strategy", "must be the id of a trading strategy", "body", "reinvestment_strategy_id")}, nil
	}
	p := &pocket{
		id: uuid.New(), customerID: c.id, name: in.Body.PocketName, status: partnerapi.PocketStatusOpen,
		deposit: deposit, reinvestment: reinvestment,
	}
	b.ledger.Open(p.id)
	b.pockets[p.id] = p
	b.pocketOrder = append(b.pocketOrder, p.id)
	shown, err := b.show(p, nil)
	return partnerserver.CreatePocketCreated{Body: shown}, err
}

// strategyOf is the strategy of a new pocket, which goes by two names. (Source of both: the contract. That they must
// not contradict each other is inferred.)
func strategyOf(in partnerapi.CreatePocketRequest) (string, *partnerapi.HTTPValidationError) {
	refuse := func(rule, text, member string) (string, *partnerapi.HTTPValidationError) {
		problem := invalid(rule, text, "body", member)
		return "", &problem
	}
	chosen := ""
	for _, given := range []struct {
		member string
		id     *string
	}{{"trading_strategy_id", in.TradingStrategyID}, {"deposit_strategy_id", in.DepositStrategyID}} {
		switch {
		case given.id == nil:
		case !isStrategy(*given.id):
			return refuse("strategy", "must be the id of a trading strategy", given.member)
		case chosen != "" && chosen != *given.id:
			return refuse("strategy", "must be the same as trading_strategy_id", given.member)
		default:
			chosen = *given.id
		}
	}
	if chosen == "" { // The contract refuses it; so does the bank.
		return refuse("missing", "trading_strategy_id or deposit_strategy_id is required", "trading_strategy_id")
	}
	return chosen, nil
}

func (b *bank) GetPocket(_ context.Context, in partnerserver.GetPocketInput) (partnerserver.GetPocketOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pockets[in.PocketID]
	if p == nil {
		return partnerserver.GetPocketNotFound{Body: notFound()}, nil
	}
	shown, err := b.show(p, in.Params.Omit)
	return partnerserver.GetPocketOK{Body: shown}, err
}

func (b *bank) GetCustomerPocket(_ context.Context,
	in partnerserver.GetCustomerPocketInput) (partnerserver.GetCustomerPocketOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pockets[in.PocketID]
	if p == nil || p.customerID != in.CustomerID {
		return partnerserver.GetCustomerPocketNotFound{Body: notFound()}, nil
	}
	shown, err := b.show(p, in.Params.Omit)
	return partnerserver.GetCustomerPocketOK{Body: shown}, err
}

func (b *bank) ListPockets(_ context.Context, in partnerserver.ListPocketsInput) (partnerserver.ListPocketsOutput,
	error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*pocket
	for _, id := range b.pocketOrder {
		all = append(all, b.pockets[id])
	}
	page, ok, err := b.pocketPage(all, in.Params.FilterStatus, in.Params.Omit, in.Params.Cursor, in.Params.Limit)
	if !ok {
		return partnerserver.ListPocketsUnprocessableEntity{Body: badCursor()}, nil
	}
	return partnerserver.ListPocketsOK{Body: page}, err
}

func (b *bank) ListCustomerPockets(_ context.Context,
	in partnerserver.ListCustomerPocketsInput) (partnerserver.ListCustomerPocketsOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.customers[in.CustomerID] == nil {
		return partnerserver.ListCustomerPocketsNotFound{Body: notFound()}, nil
	}
	page, ok, err := b.pocketPage(b.pocketsOf(in.CustomerID), in.Params.FilterStatus, in.Params.Omit, in.Params.Cursor,
		in.Params.Limit)
	if !ok {
		return partnerserver.ListCustomerPocketsUnprocessableEntity{Body: badCursor()}, nil
	}
	return partnerserver.ListCustomerPocketsOK{Body: page}, err
}

func (b *bank) pocketPage(all []*pocket, status []partnerapi.PocketStatus, omit []string, cursor *string,
	limit *int) (partnerapi.PocketPage, bool, error) {
	if len(status) > 0 {
		all = slices.DeleteFunc(slices.Clone(all), func(p *pocket) bool { return !slices.Contains(status, p.status) })
	}
	items, ends, ok := paginate(all, func(p *pocket) string { return p.id.String() }, cursor, limit)
	page := partnerapi.PocketPage{Items: []partnerapi.Pocket{}, PrevPage: ends.prev, NextPage: ends.next,
		ObjectType: ptr("CursorList")}
	for _, p := range items {
		shown, err := b.show(p, omit)
		if err != nil {
			return page, ok, err
		}
		page.Items = append(page.Items, shown)
	}
	return page, ok, nil
}

func badCursor() partnerapi.HTTPValidationError {
	return invalid("cursor", "is not a cursor of this list", "query", "cursor")
}

func (b *bank) UpdatePocket(_ context.Context, in partnerserver.UpdatePocketInput) (partnerserver.UpdatePocketOutput,
	error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pockets[in.PocketID]
	if p == nil || p.customerID != in.CustomerID {
		return partnerserver.UpdatePocketNotFound{Body: notFound()}, nil
	}
	if kind, detail := b.updateProblem(p, in.Body); kind != "" {
		return partnerserver.UpdatePocketUnprocessableEntity{Body: partnerapi.Problem{
			Type: kind, Detail: detail, Instance: fmt.Sprintf("/api/v2/customers/%s/pockets/%s/", p.customerID, p.id),
		}}, nil
	}
	set(&p.name, in.Body.PocketName)
	set(&p.deposit, in.Body.DepositStrategyID)
	set(&p.status, in.Body.Status)
	if in.Body.ReinvestmentStrategyID.IsSpecified() {
		p.reinvestment = in.Body.ReinvestmentStrategyID
	}
	shown, err := b.show(p, nil)
	return partnerserver.UpdatePocketOK{Body: shown}, err
}

// updateProblem says why a pocket cannot be changed that way, or nothing. (Source of the rules for closing: the
// reference's Update Pocket. That nothing but CLOSED can be set is inferred.)
func (b *bank) updateProblem(p *pocket, change partnerapi.UpdatePocketRequest) (kind, detail string) {
	if p.status == partnerapi.PocketStatusClosed {
		return "pocket_closed", "A closed pocket cannot be changed."
	}
	if id := change.DepositStrategyID; id != nil && !isStrategy(*id) {
		return "unknown_strategy", "deposit_strategy_id must be the id of a trading strategy."
	}
	if id, err := change.ReinvestmentStrategyID.Get(); err == nil && !isStrategy(id) {
		return "unknown_strategy", "reinvestment_strategy_id must be the id of a trading strategy."
	}
	if change.Status == nil || *change.Status == p.status {
		return "", ""
	}
	if *change.Status != partnerapi.PocketStatusClosed {
		return "status_not_settable", "status can be set to CLOSED only."
	}
	if change.ClosureReason == nil || *change.ClosureReason == "" {
		return "closure_reason_missing", "closure_reason must come with the status CLOSED."
	}
	if b.ledger.Balance(p.id) != 0 {
		return "pocket_not_empty", "A pocket must be empty before it is closed."
	}
	for _, other := range b.pocketsOf(p.customerID) {
		if other != p && other.status == partnerapi.PocketStatusOpen {
			return "", ""
		}
	}
	return "last_pocket", "The customer must keep another open pocket."
}
