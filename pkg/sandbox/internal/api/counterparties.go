package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// counterpartyKinds are the bank's kinds by the names that v2 has for them.
var counterpartyKinds = map[partnerapi.CounterpartyType]bank.CounterpartyKind{
	partnerapi.CounterpartyTypeACH:               bank.CounterpartyACH,
	partnerapi.CounterpartyTypeOnUs:              bank.CounterpartyOnUs,
	partnerapi.CounterpartyTypeWire:              bank.CounterpartyWire,
	partnerapi.CounterpartyTypeInternationalWire: bank.CounterpartyInternationalWire,
	partnerapi.CounterpartyTypeCryptoWallet:      bank.CounterpartyCrypto,
}

// ListCounterparties shows the counterparties of a customer.
func (s *Server) ListCounterparties(ctx context.Context, in partnerserver.ListCounterpartiesInput) (
	partnerserver.ListCounterpartiesOutput, error) {
	var filter bank.CounterpartyFilter
	if kind := in.Params.Type; kind != nil {
		filter.Kinds = []bank.CounterpartyKind{counterpartyKinds[*kind]}
	}
	if status := in.Params.Status; status != nil {
		filter.Statuses = []bank.CounterpartyStatus{bankStatus(*status)}
	}
	page, err := from(ctx).Counterparties(in.CustomerID, oldestFirst(in.Params.Cursor, in.Params.Limit), filter)
	if err != nil {
		return nil, err
	}
	shown := partnerapi.CounterpartyPage{Items: []partnerapi.Counterparty{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, c := range page.Items {
		counterparty, err := showCounterparty(c)
		if err != nil {
			return nil, err
		}
		shown.Items = append(shown.Items, counterparty)
	}
	return partnerserver.ListCounterpartiesOK{Body: shown}, nil
}

// CreateCounterparty adds a counterparty.
func (s *Server) CreateCounterparty(ctx context.Context, in partnerserver.CreateCounterpartyInput) (
	partnerserver.CreateCounterpartyOutput, error) {
	given, err := givenCounterparty(in.Body)
	if err != nil {
		return nil, err
	}
	c, err := from(ctx).CreateCounterparty(in.CustomerID, given)
	if err != nil {
		return nil, err
	}
	shown, err := showCounterparty(c)
	return partnerserver.CreateCounterpartyCreated{Body: shown}, err
}

// givenCounterparty is what the bank understands of a request. There is no discriminator: the members that a form
// requires, and those that it excludes, tell which it is, whatever else is there. (Source: the contract. Value would
// take a body with a member that the contract does not know for a sixth form.)
func givenCounterparty(body partnerapi.CreateCounterpartyRequest) (c bank.Counterparty, err error) {
	raw, err := body.MarshalJSON()
	if err != nil {
		return c, err
	}
	var has struct {
		AccountNumber json.RawMessage `json:"account_number"`
		RoutingNumber json.RawMessage `json:"routing_number"`
		Identifier    json.RawMessage `json:"identifier"`
		Address       json.RawMessage `json:"address"`
		Name          json.RawMessage `json:"counterparty_name"`
	}
	if err := unpack(raw, &has); err != nil {
		return c, err
	}
	isWire := has.Identifier != nil && has.Address != nil && has.Name != nil
	switch {
	case isWire && has.RoutingNumber != nil:
		return givenWire(body)
	case has.AccountNumber != nil && has.RoutingNumber != nil:
		v, err := body.AsCreateACHCounterparty()
		return bank.Counterparty{Kind: bank.CounterpartyACH, AccountNumber: v.AccountNumber,
			RoutingNumber: v.RoutingNumber, Name: value(v.NameOnAccount),
			AccountType: bank.AccountType(value(v.AccountType)), Institution: value(v.InstitutionName)}, err
	case has.AccountNumber != nil:
		v, err := body.AsCreateOnUsCounterparty()
		return bank.Counterparty{Kind: bank.CounterpartyOnUs, AccountNumber: v.AccountNumber}, err
	case isWire:
		return givenInternationalWire(body)
	default:
		v, err := body.AsCreateCryptoWalletCounterparty()
		return bank.Counterparty{Kind: bank.CounterpartyCrypto, AccountNumber: v.WalletAddress,
			Network: value(v.Network)}, err
	}
}

func givenWire(body partnerapi.CreateCounterpartyRequest) (c bank.Counterparty, err error) {
	v, err := body.AsCreateWireCounterparty()
	if err != nil {
		return c, err
	}
	name, err := holder(v.CounterpartyName)
	return bank.Counterparty{Kind: bank.CounterpartyWire, AccountNumber: v.Identifier, RoutingNumber: v.RoutingNumber,
		Holder: name, Address: ptr(address(v.Address)), Instructions: v.WireInstructions}, err
}

func givenInternationalWire(body partnerapi.CreateCounterpartyRequest) (c bank.Counterparty, err error) {
	v, err := body.AsCreateInternationalWireCounterparty()
	if err != nil {
		return c, err
	}
	name, err := holder(v.CounterpartyName)
	return bank.Counterparty{Kind: bank.CounterpartyInternationalWire, AccountNumber: v.Identifier,
		IdentifierType: v.IdentifierType, BIC: value(v.BIC), Holder: name, Address: ptr(address(v.Address)),
		Instructions: v.WireInstructions}, err
}

// holder reads whose account it is. The discriminator alone says which of the two names it is.
func holder(name partnerapi.CounterpartyName) (*bank.Holder, error) {
	variant, err := name.Value()
	if err != nil {
		return nil, err
	}
	switch v := variant.(type) {
	case partnerapi.BusinessCounterpartyName:
		return &bank.Holder{Business: true, BusinessName: v.BusinessName}, nil
	case partnerapi.IndividualCounterpartyName:
		return &bank.Holder{FirstName: v.FirstName, LastName: v.LastName}, nil
	default: // The contract lets none through.
		return nil, fmt.Errorf("the name of a counterparty is a %T", variant)
	}
}

func showHolder(h *bank.Holder) (*partnerapi.CounterpartyName, error) {
	var variant partnerapi.CounterpartyNameVariant = partnerapi.IndividualCounterpartyName{FirstName: h.FirstName,
		LastName: h.LastName}
	if h.Business {
		variant = partnerapi.BusinessCounterpartyName{BusinessName: h.BusinessName}
	}
	name, err := partnerapi.NewCounterpartyName(variant)
	return &name, err
}

// GetCounterparty shows a counterparty.
func (s *Server) GetCounterparty(ctx context.Context, in partnerserver.GetCounterpartyInput) (
	partnerserver.GetCounterpartyOutput, error) {
	c, err := from(ctx).Counterparty(in.CustomerID, in.CounterpartyID)
	if err != nil {
		return nil, err
	}
	shown, err := showCounterparty(c)
	return partnerserver.GetCounterpartyOK{Body: shown}, err
}

// bankStatus is the bank's status for one of v2.
func bankStatus(status partnerapi.CounterpartyStatus) bank.CounterpartyStatus {
	switch status {
	case partnerapi.CounterpartyStatusPending:
		return bank.CounterpartyInProgress
	case partnerapi.CounterpartyStatusUnlinked:
		return bank.CounterpartyFailed
	default:
		return bank.CounterpartyStatus(status)
	}
}

// showStatus is the reverse of bankStatus.
func showStatus(status bank.CounterpartyStatus) partnerapi.CounterpartyStatus {
	switch status {
	case bank.CounterpartyInProgress:
		return partnerapi.CounterpartyStatusPending
	case bank.CounterpartyFailed:
		return partnerapi.CounterpartyStatusUnlinked
	default:
		return partnerapi.CounterpartyStatus(status)
	}
}

// showVerification is how far a verification is. That of a counterparty which is LINKED has not ended. (Inferred.)
func showVerification(status bank.CounterpartyStatus) partnerapi.CounterpartyVerificationStatus {
	if status == bank.CounterpartyLinked {
		return partnerapi.CounterpartyVerificationStatusInProgress
	}
	return partnerapi.CounterpartyVerificationStatus(status)
}

// showCounterparty shows a counterparty as its kind asks. What all of the kinds have is the same.
func showCounterparty(c *bank.Counterparty) (partnerapi.Counterparty, error) {
	status := ptr(showStatus(c.Status))
	verification := &partnerapi.CounterpartyVerification{
		Type:   partnerapi.CounterpartyVerificationMethod(c.Verification),
		Status: ptr(showVerification(c.Status))}
	object := ptr("Counterparty")
	switch c.Kind {
	case bank.CounterpartyACH:
		return partnerapi.NewCounterparty(partnerapi.ACHCounterparty{ID: c.ID, Status: status,
			Verification: verification, AccountNumber: &c.AccountNumber, RoutingNumber: &c.RoutingNumber,
			NameOnAccount: &c.Name, AccountType: ptr(partnerapi.ExternalAccountType(c.AccountType)),
			InstitutionName: &c.Institution, ObjectType: object})
	case bank.CounterpartyOnUs:
		return partnerapi.NewCounterparty(partnerapi.OnUsCounterparty{ID: c.ID, Status: status,
			Verification: verification, AccountNumber: &c.AccountNumber, ObjectType: object})
	case bank.CounterpartyCrypto:
		return partnerapi.NewCounterparty(partnerapi.CryptoWalletCounterparty{ID: c.ID, Status: status,
			Verification: verification, WalletAddress: &c.AccountNumber, Network: optional(c.Network),
			ObjectType: object})
	case bank.CounterpartyWire, bank.CounterpartyInternationalWire:
	}
	name, err := showHolder(c.Holder)
	if err != nil {
		return partnerapi.Counterparty{}, err
	}
	where := ptr(showAddress(*c.Address))
	if c.Kind == bank.CounterpartyInternationalWire {
		return partnerapi.NewCounterparty(partnerapi.InternationalWireCounterparty{ID: c.ID, Status: status,
			Verification: verification, AccountNumber: &c.AccountNumber, Identifier: &c.AccountNumber,
			IdentifierType: &c.IdentifierType, BIC: optional(c.BIC), NameOnAccount: &c.Name, Address: where,
			CounterpartyName: name, WireInstructions: c.Instructions, ObjectType: object})
	}
	return partnerapi.NewCounterparty(partnerapi.WireCounterparty{ID: c.ID, Status: status, Verification: verification,
		AccountNumber: &c.AccountNumber, Identifier: &c.AccountNumber, RoutingNumber: &c.RoutingNumber,
		NameOnAccount: &c.Name, AccountType: ptr(partnerapi.ExternalAccountType(c.AccountType)),
		InstitutionName: &c.Institution, Address: where, CounterpartyName: name, WireInstructions: c.Instructions,
		ObjectType: object})
}

// ListCounterpartiesV1 shows those counterparties of a customer that v1 has types for.
func (s *Server) ListCounterpartiesV1(ctx context.Context, in partnerserver.ListCounterpartiesV1Input) (
	partnerserver.ListCounterpartiesV1Output, error) {
	page, err := from(ctx).CounterpartiesV1(in.CustomerID, oldestFirst(in.Params.Cursor, in.Params.Limit))
	if err != nil {
		return nil, err
	}
	shown := partnerapi.CounterpartyV1Page{Items: []partnerapi.CounterpartyV1{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, c := range page.Items {
		shown.Items = append(shown.Items, showCounterpartyV1(c))
	}
	return partnerserver.ListCounterpartiesV1OK{Body: shown}, nil
}

// GetCounterpartyV1 shows a counterparty, if v1 has a type for it.
func (s *Server) GetCounterpartyV1(ctx context.Context, in partnerserver.GetCounterpartyV1Input) (
	partnerserver.GetCounterpartyV1Output, error) {
	c, err := from(ctx).CounterpartyV1(in.CustomerID, in.CounterpartyID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetCounterpartyV1OK{Body: showCounterpartyV1(c)}, nil
}

// showCounterpartyV1 shows a counterparty for ACH or for wires. v1 spells the ways of verification in capital letters.
func showCounterpartyV1(c *bank.Counterparty) partnerapi.CounterpartyV1 {
	account := partnerapi.ExternalAccount{
		TimeCreated: c.Created, Status: showVerification(c.Status),
		VerificationType: partnerapi.CounterpartyVerificationType(strings.ToUpper(string(c.Verification))),
		AccountNumber:    c.AccountNumber, RoutingNumber: c.RoutingNumber, NameOnAccount: c.Name,
		AccountType: partnerapi.ExternalAccountType(c.AccountType), InstitutionName: c.Institution,
	}
	shown := partnerapi.CounterpartyV1{ID: c.ID, Type: partnerapi.CounterpartyV1TypeWire,
		ObjectType: ptr("Counterparty")}
	if c.Kind == bank.CounterpartyWire {
		shown.Wire = &account
		return shown
	}
	ach := partnerapi.ACHExternalAccount{
		TimeCreated: account.TimeCreated, Status: account.Status, VerificationType: account.VerificationType,
		AccountNumber: account.AccountNumber, RoutingNumber: account.RoutingNumber,
		NameOnAccount: account.NameOnAccount, AccountType: account.AccountType,
		InstitutionName: account.InstitutionName,
	}
	if c.Verification == bank.MicroDeposits {
		ach.MicroDeposits = &partnerapi.CounterpartyMicroDeposits{VerificationFailureCount: c.Failures}
	}
	if c.Plaid != nil {
		ach.Plaid = &partnerapi.CounterpartyPlaid{Mask: c.Plaid.Mask, ObjectType: ptr("CounterpartyPlaid")}
		if c.Plaid.Status != "" {
			ach.Plaid.VerificationStatus = ptr(partnerapi.PlaidVerificationStatus(c.Plaid.Status))
		}
	}
	shown.Type, shown.ACH = partnerapi.CounterpartyV1TypeACH, &ach
	return shown
}
