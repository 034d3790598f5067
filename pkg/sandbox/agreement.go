package sandbox

import (
	"context"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
)

// agreements is the bundle in force. Its version has to come with every application.
var agreements = partnerapi.AgreementBundle{
	Version:     "1.0.0",
	ReleaseDate: openapi_types.Date{Time: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)},
	Documents: []partnerapi.AgreementDocument{
		{Title: "Privacy Policy", PDFDownloadURL: "https://example.com/privacy-policy.pdf",
			Type: partnerapi.AgreementTypePrivacyPolicy, Category: partnerapi.AgreementCategoryGeneral},
		{Title: "Deposit Account Agreement", PDFDownloadURL: "https://example.com/deposit-account.pdf",
			Type: partnerapi.AgreementTypeBankAccount, Category: partnerapi.AgreementCategoryBank},
		{Title: "Brokerage Agreement", PDFDownloadURL: "https://example.com/brokerage.pdf",
			Type: partnerapi.AgreementTypeBrokerage, Category: partnerapi.AgreementCategoryBrokerage},
	},
}

func (b *bank) ListAgreements(context.Context, partnerserver.ListAgreementsInput) (partnerserver.ListAgreementsOutput,
	error) {
	return partnerserver.ListAgreementsOK{Body: agreements}, nil
}

// consentProblem says what is wrong with a consent, or nothing.
func consentProblem(consent partnerapi.AgreementConsent) string {
	if consent.Version != agreements.Version {
		return "must be the version of the bundle in force: fetch the agreements again"
	}
	return ""
}
