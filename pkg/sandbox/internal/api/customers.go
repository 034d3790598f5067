package api

import (
	"context"
	"encoding/json"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// GetCustomer shows a customer.
func (s *Server) GetCustomer(ctx context.Context, in partnerserver.GetCustomerInput) (
	partnerserver.GetCustomerOutput, error) {
	t := from(ctx)
	c, err := t.Customer(in.CustomerID)
	if err != nil {
		return nil, err
	}
	shown, err := showCustomer(t, c)
	return partnerserver.GetCustomerOK{Body: shown}, err
}

// UpdateCustomer changes a customer's data, or closes the customer.
func (s *Server) UpdateCustomer(ctx context.Context, in partnerserver.UpdateCustomerInput) (
	partnerserver.UpdateCustomerOutput, error) {
	// There is no discriminator: account_status marks the closing, and a body that has it changes no data. (Source: the
	// contract, which also lets members through that it does not know; Value would take those for a third variant.)
	closing, err := in.Body.AsCloseCustomerAccount()
	if err != nil {
		return nil, err
	}
	t := from(ctx)
	var c *bank.Customer
	if closing.AccountStatus != "" {
		c, err = t.CloseCustomer(in.CustomerID)
	} else {
		var change partnerapi.UpdateCustomerData
		if change, err = in.Body.AsUpdateCustomerData(); err != nil {
			return nil, err
		}
		c, err = t.ChangeCustomer(in.CustomerID, customerChange(change))
	}
	if err != nil {
		return nil, err
	}
	shown, err := showCustomer(t, c)
	return partnerserver.UpdateCustomerOK{Body: shown}, err
}

// customerChange is what the bank understands of a change.
func customerChange(given partnerapi.UpdateCustomerData) bank.CustomerChange {
	change := bank.CustomerChange{Email: given.Email, Phone: given.PhoneNumber}
	if given.Address != nil {
		change.Address = ptr(address(*given.Address))
	}
	if given.TrustedContact == nil {
		return change
	}
	change.TrustedContact = func(details json.RawMessage) (json.RawMessage, error) {
		var person partnerapi.IndividualCustomer
		if err := unpack(details, &person); err != nil {
			return nil, err
		}
		person.TrustedContact = given.TrustedContact
		return pack(person)
	}
	return change
}

func showCustomer(t *bank.Tx, c *bank.Customer) (partnerapi.Customer, error) {
	status := partnerapi.CustomerAccountStatus(t.CustomerStatus(c))
	if c.Type == bank.Business {
		var shown partnerapi.BusinessCustomer
		if err := unpack(c.Details, &shown); err != nil {
			return partnerapi.Customer{}, err
		}
		shown.Email, shown.PhoneNumber, shown.Address = c.Email, c.Phone, showAddress(c.Address)
		shown.AccountStatus = status
		return partnerapi.NewCustomer(shown)
	}
	var shown partnerapi.IndividualCustomer
	if err := unpack(c.Details, &shown); err != nil {
		return partnerapi.Customer{}, err
	}
	shown.Email, shown.PhoneNumber, shown.Address = c.Email, c.Phone, showAddress(c.Address)
	shown.AccountStatus = status
	return partnerapi.NewCustomer(shown)
}

// ListBeneficialOwners shows who owns a company.
func (s *Server) ListBeneficialOwners(ctx context.Context, in partnerserver.ListBeneficialOwnersInput) (
	partnerserver.ListBeneficialOwnersOutput, error) {
	c, err := from(ctx).Customer(in.CustomerID)
	if err != nil {
		return nil, err
	}
	owners := []partnerapi.BeneficialOwner{}
	for _, data := range c.Owners {
		var owner partnerapi.BeneficialOwner
		if err := unpack(data, &owner); err != nil {
			return nil, err
		}
		owners = append(owners, owner)
	}
	return partnerserver.ListBeneficialOwnersOK{Body: partnerapi.BeneficialOwnerList{Items: owners}}, nil
}

// UploadCustomerDocument takes a document about a customer.
func (s *Server) UploadCustomerDocument(ctx context.Context, in partnerserver.UploadCustomerDocumentInput) (
	partnerserver.UploadCustomerDocumentOutput, error) {
	d, err := from(ctx).UploadCustomerDocument(in.CustomerID, bank.DocumentType(in.DocumentType),
		upload(in.ContentType, in.Body))
	if err != nil {
		return nil, err
	}
	return partnerserver.UploadCustomerDocumentOK{Body: receipt(d)}, nil
}
