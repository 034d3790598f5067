package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

const (
	pngFile  = "\x89PNG\r\n\x1a\n and a picture"
	jpegFile = "\xff\xd8\xff\xe0 and a picture"
	pdfFile  = "%PDF-1.7 and pages"
)

func (w *world) application(t *testing.T) uuid.UUID {
	t.Helper()
	a, err := w.Individuals.CreateApplication(t.Context(), person(t))
	return must(t, a, err).ID
}

// documents returns those of an individual's application.
func (w *world) documents(t *testing.T, application uuid.UUID) []partnerapi.Document {
	t.Helper()
	a, err := w.Individuals.GetApplication(t.Context(), application)
	return must(t, a, err).Documents
}

// asked returns what a company is asked for.
func (w *world) asked(t *testing.T, application uuid.UUID) (types []string, all []partnerapi.Document) {
	t.Helper()
	all, err := w.Businesses.ListDocumentRequests(t.Context(), application)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		types = append(types, string(d.Type))
	}
	return types, all
}

func attachment(name string) *partnerapi.UploadDocumentParams {
	return &partnerapi.UploadDocumentParams{ContentDisposition: `attachment; filename="` + name + `"`}
}

func TestADocumentIsTakenBeforeAnApplicationIsSubmittedAndAfter(t *testing.T) {
	w := open(t)
	id := w.application(t)
	upload := func(kind partnerapi.DocumentType, media, file string) uuid.UUID {
		t.Helper()
		got, err := w.Individuals.UploadDocument(t.Context(), id, kind, media, strings.NewReader(file))
		if err != nil || !got.Success {
			t.Fatalf("%+v, %v", got, err)
		}
		return got.DocumentID
	}
	front := upload(partnerapi.DocumentTypeIDFront, "image/png", pngFile)
	if _, err := w.Individuals.SubmitApplication(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	upload(partnerapi.DocumentTypeSelfie, "image/jpeg", jpegFile)
	upload(partnerapi.DocumentTypeAddressVerification, "application/pdf", pdfFile)
	all := w.documents(t, id)
	var names []string
	for _, d := range all {
		names = append(names, *d.Name)
		if d.Status != partnerapi.DocumentStatusApproved || *d.ExceptionReason != "" {
			t.Errorf("%+v; want it approved", d)
		}
	}
	if want := []string{"id_front.png", "selfie.jpg", "address_verification.pdf"}; !slices.Equal(names, want) ||
		all[0].ID != front {
		t.Errorf("the documents are %q; want %q", names, want)
	}
	// Another one of the same type is another document.
	if again := upload(partnerapi.DocumentTypeIDFront, "image/png", pngFile); again == front {
		t.Error("a document was replaced that was approved")
	}
}

func TestAFileThatIsNotWhatItIsSaidToBeIsInvalid(t *testing.T) {
	w := open(t)
	for _, c := range []struct {
		name, media, file string
		want              partnerapi.DocumentStatus
	}{
		{"a PNG", "image/png", pngFile, partnerapi.DocumentStatusApproved},
		{"a JPEG", "image/jpeg", jpegFile, partnerapi.DocumentStatusApproved},
		{"a PDF", "application/pdf", pdfFile, partnerapi.DocumentStatusApproved},
		{"a PDF as a PNG", "image/png", pdfFile, partnerapi.DocumentStatusInvalid},
		{"a text", "application/pdf", "text", partnerapi.DocumentStatusInvalid},
		{"one byte", "image/jpeg", "\xff", partnerapi.DocumentStatusInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := w.application(t)
			upload := func(file string) uuid.UUID {
				t.Helper()
				got, err := w.Individuals.UploadDocument(t.Context(), id, partnerapi.DocumentTypePassport, c.media,
					strings.NewReader(file))
				return must(t, got, err).DocumentID
			}
			first := upload(c.file)
			a, err := w.Individuals.GetApplication(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			d, invalid := a.Documents[0], c.want == partnerapi.DocumentStatusInvalid
			if d.Status != c.want || (*d.ExceptionReason != "") != invalid ||
				a.IDVerificationDocumentsNeeded != invalid || a.AddressVerificationDocumentNeeded {
				t.Errorf("%+v; the application is %+v", d, a)
			}
			if second := upload(c.file); (second == first) != invalid {
				t.Errorf("another file for %s is the document %s", first, second)
			}
		})
	}
}

func TestADocumentHasASize(t *testing.T) {
	w := open(t)
	id := w.application(t)
	const picture = 5 << 20
	for _, c := range []struct {
		name string
		kind partnerapi.DocumentType
		size int
		ok   bool
	}{
		{"a picture of 5 MB", partnerapi.DocumentTypeIDFront, picture, true},
		{"a picture of a byte more", partnerapi.DocumentTypeIDBack, picture + 1, false},
		{"another document of a byte more", partnerapi.DocumentTypeOther, picture + 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(w.documents(t, id))
			_, err := w.Individuals.UploadDocument(t.Context(), id, c.kind, "image/png",
				strings.NewReader(pngFile+strings.Repeat(" ", c.size-len(pngFile))))
			if c.ok {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, http.StatusUnprocessableEntity, "header.content-length")
			if after := len(w.documents(t, id)); after != before {
				t.Errorf("a refused file makes %d documents of %d", after, before)
			}
		})
	}
}

func TestWhatACompanyIsAskedForFollowsFromItsData(t *testing.T) {
	w := open(t)
	for _, c := range []struct {
		entity partnerapi.BusinessEntityType
		risks  []partnerapi.RiskCategory
		want   []string
	}{
		{"", nil, nil},
		{partnerapi.BusinessEntityTypeSoleProprietor, nil, []string{"IDENTIFICATION_NUMBER_VERIFICATION"}},
		{partnerapi.BusinessEntityTypeLLC, nil,
			[]string{"EIN_CONFIRMATION", "ARTICLES_OF_ORGANIZATION", "OPERATING_AGREEMENT"}},
		{partnerapi.BusinessEntityTypeCorporate, nil,
			[]string{"EIN_CONFIRMATION", "ARTICLES_OF_INCORPORATION", "BYLAWS"}},
		{partnerapi.BusinessEntityTypePartnership, []partnerapi.RiskCategory{partnerapi.RiskCategoryCrowdfunding,
			partnerapi.RiskCategoryFinancialOrMoneyMovement}, []string{"EIN_CONFIRMATION", "PARTNERSHIP_AGREEMENT",
			"FLOW_OF_FUNDS", "BSA_AML_OFAC_POLICIES", "INDEPENDENT_AML_AUDIT_REPORT"}},
	} {
		t.Run(string(c.entity), func(t *testing.T) {
			var data partnerapi.CreateBusinessApplicationRequest
			if c.entity != "" {
				data.EntityType = &c.entity
			}
			if c.risks != nil {
				data.RiskInfo = &partnerapi.RiskInfo{RiskCategories: c.risks}
			}
			a, err := w.Businesses.CreateApplication(t.Context(), data)
			if got, _ := w.asked(t, must(t, a, err).ID); !slices.Equal(got, c.want) {
				t.Errorf("it is asked for %q; want %q", got, c.want)
			}
		})
	}
	_, err := w.Businesses.ListDocumentRequests(t.Context(), uuid.New())
	refused(t, err, http.StatusNotFound)
}

func TestWhatACompanyIsAskedForChangesWithItsData(t *testing.T) {
	w := open(t)
	a, err := w.Businesses.CreateApplication(t.Context(), request(company()))
	if err != nil {
		t.Fatal(err)
	}
	_, before := w.asked(t, a.ID)
	if _, err := w.Businesses.UploadDocument(t.Context(), before[1].ID, attachment("articles.pdf"), "application/pdf",
		strings.NewReader(pdfFile)); err != nil {
		t.Fatal(err)
	}
	if _, err = w.Businesses.UpdateApplication(t.Context(), a.ID, partnerapi.UpdateBusinessApplicationRequest{
		EntityType: ptr(partnerapi.BusinessEntityTypePartnership)}); err != nil {
		t.Fatal(err)
	}
	types, after := w.asked(t, a.ID)
	if want := []string{"EIN_CONFIRMATION", "PARTNERSHIP_AGREEMENT"}; !slices.Equal(types, want) ||
		after[0].ID != before[0].ID {
		t.Errorf("it is asked for %q; want %q, the first one as before", types, want)
	}
	_, err = w.Businesses.UploadDocument(t.Context(), before[2].ID, attachment("a.pdf"), "application/pdf",
		strings.NewReader(pdfFile))
	refused(t, err, http.StatusNotFound)

	foreign := owner(nil)
	foreign.IdentificationNumber.IdentificationType = partnerapi.IndividualIdentificationNumberTypePassport
	var parties []uuid.UUID
	for range 2 {
		p, err := w.Businesses.CreateRelatedParty(t.Context(), a.ID, foreign)
		parties = append(parties, must(t, p, err).ID)
	}
	if types, _ := w.asked(t, a.ID); !slices.Equal(types[2:], []string{"PASSPORT", "PASSPORT"}) {
		t.Errorf("with two foreigners it is asked for %q", types)
	}
	if err := w.Businesses.DeleteRelatedParty(t.Context(), a.ID, parties[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Businesses.UpdateRelatedParty(t.Context(), a.ID, parties[1], owner(nil)); err != nil {
		t.Fatal(err)
	}
	if types, _ := w.asked(t, a.ID); len(types) != 2 {
		t.Errorf("with nobody of them it is asked for %q", types)
	}
}

func TestADocumentRequestIsAnsweredUntilItIsApproved(t *testing.T) {
	w := open(t)
	a, err := w.Businesses.CreateApplication(t.Context(), request(company()))
	if err != nil {
		t.Fatal(err)
	}
	_, requests := w.asked(t, a.ID)
	first := requests[0]
	if first.Status != partnerapi.DocumentStatusPendingUpload || *first.Name != "" || *first.ExceptionReason != "" {
		t.Errorf("it is asked for %+v", first)
	}
	upload := func(name, file string) (*partnerapi.Document, error) {
		return w.Businesses.UploadDocument(t.Context(), first.ID, attachment(name), "image/png",
			strings.NewReader(file))
	}
	got, err := upload("blurred.png", "no picture")
	if err != nil || got.ID != first.ID || got.Status != partnerapi.DocumentStatusPendingReview ||
		*got.Name != "blurred.png" {
		t.Errorf("handed in: %+v, %v", got, err)
	}
	_, requests = w.asked(t, a.ID)
	if d := requests[0]; len(requests) != 3 || d.ID != first.ID || d.Status != partnerapi.DocumentStatusInvalid ||
		*d.ExceptionReason != "UNREADABLE_FILE" || *d.Name != "blurred.png" {
		t.Errorf("reviewed: %+v", requests)
	}
	if got, err = upload("ein.png", pngFile); err != nil || *got.ExceptionReason != "" || *got.Name != "ein.png" {
		t.Errorf("handed in again: %+v, %v", got, err)
	}
	if types, _ := w.asked(t, a.ID); !slices.Equal(types, []string{"ARTICLES_OF_ORGANIZATION", "OPERATING_AGREEMENT"}) {
		t.Errorf("approved, and still asked for are %q", types)
	}
	_, err = upload("ein.png", pngFile)
	refused(t, err, http.StatusPreconditionFailed)
	for _, disposition := range []string{"attachment", `attachment; filename=""`, ";;", `attachment; filename="x`} {
		_, err = w.Businesses.UploadDocument(t.Context(), requests[1].ID,
			&partnerapi.UploadDocumentParams{ContentDisposition: disposition}, "image/png", strings.NewReader(pngFile))
		refused(t, err, http.StatusUnprocessableEntity, "header.content-disposition")
	}
	_, err = w.Businesses.UploadDocument(t.Context(), uuid.New(), attachment("a.png"), "image/png",
		strings.NewReader(pngFile))
	refused(t, err, http.StatusNotFound)
}

func TestADocumentAboutACustomer(t *testing.T) {
	w := open(t)
	customer := w.customer(t)
	upload := func(of uuid.UUID) (*partnerapi.UploadedDocument, error) {
		return w.Customers.UploadDocument(t.Context(), of, partnerapi.DocumentTypeAddressVerification,
			"application/pdf", strings.NewReader(pdfFile))
	}
	got, err := upload(customer)
	if err != nil || !got.Success {
		t.Fatalf("%+v, %v", got, err)
	}
	// It is a document like any other.
	_, err = w.Businesses.UploadDocument(t.Context(), got.DocumentID, attachment("a.pdf"), "application/pdf",
		strings.NewReader(pdfFile))
	refused(t, err, http.StatusPreconditionFailed)
	_, err = upload(uuid.New())
	refused(t, err, http.StatusNotFound)
	_, err = w.Individuals.UploadDocument(t.Context(), customer, partnerapi.DocumentTypeOther, "application/pdf",
		strings.NewReader(pdfFile))
	refused(t, err, http.StatusNotFound)
}

func TestTheIDOfAnApplicationIsNotTakenTwice(t *testing.T) {
	w := open(t)
	for name, id := range map[string]uuid.UUID{
		"a person's application": w.application(t), "a customer": w.customer(t),
	} {
		_, err := w.Businesses.CreateApplication(t.Context(), partnerapi.CreateBusinessApplicationRequest{ID: &id})
		if err == nil {
			t.Errorf("a company's application has the id of %s", name)
			continue
		}
		refused(t, err, http.StatusUnprocessableEntity, "body.id")
	}
}
