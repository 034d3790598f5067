package bank

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// DocumentType says what a document is, by the contract's names.
type DocumentType string

// The types that the bank has a rule about.
const (
	DocumentIDFront              DocumentType = "ID_FRONT"
	DocumentIDBack               DocumentType = "ID_BACK"
	DocumentIDBarcode            DocumentType = "ID_BARCODE"
	DocumentSelfie               DocumentType = "SELFIE"
	DocumentPassport             DocumentType = "PASSPORT"
	DocumentIdentificationNumber DocumentType = "IDENTIFICATION_NUMBER_VERIFICATION"
	DocumentAddress              DocumentType = "ADDRESS_VERIFICATION"
)

// documentTypes are all types of documents. (Source: the contract.)
var documentTypes = []DocumentType{
	"ID_FRONT", "ID_BACK", "ID_BARCODE", "SELFIE", "IDENTIFICATION_NUMBER_VERIFICATION", "ADDRESS_VERIFICATION",
	"PASSPORT", "EIN_CONFIRMATION", "OPERATING_AGREEMENT", "PARTNERSHIP_AGREEMENT", "ARTICLES_OF_INCORPORATION",
	"BYLAWS", "PROOF_OF_501_STATUS", "ARTICLES_OF_ASSOCIATION", "CORPORATE_CHARTER", "TRUST_FORMATION_RECORDS",
	"LIST_OF_TRUSTEES", "LEGAL_ANALYSIS_OF_BUSINESS_MODEL", "COINS_AND_TOKENS_LISTED_AND_OFFERED",
	"COIN_RATING_POLICY_AND_PROCEDURES", "TYPE_OF_BLOCKCHAIN_ANALYTICS_USED", "MARKET_MANIPULATION_POLICY",
	"BSA_AML_OFAC_POLICIES", "INDEPENDENT_AML_AUDIT_REPORT", "BSA_AML_OFAC_INTERNAL_RISK_ASSESSMENT",
	"ARTICLES_OF_ORGANIZATION", "FLOW_OF_FUNDS", "BANK_STATEMENTS_1", "BANK_STATEMENTS_2", "BANK_STATEMENTS_3",
	"WIRE_COUNTERPARTY_VERIFICATION", "OTHER",
}

// DocumentStatus says how far a document is.
type DocumentStatus string

// The statuses of documents.
const (
	DocumentPendingUpload DocumentStatus = "PENDING_UPLOAD"
	DocumentPendingReview DocumentStatus = "PENDING_REVIEW"
	DocumentApproved      DocumentStatus = "APPROVED"
	DocumentInvalid       DocumentStatus = "INVALID"
)

// ReasonUnreadable is why a document is INVALID whose file is not what it was said to be. (Inferred: the provider names
// no reason but one for bad pictures.)
const ReasonUnreadable = "UNREADABLE_FILE"

// The most bytes that a document may have. (Source: the contract. Inferred: that a megabyte has 2^20 bytes, as it has
// in the contract's bound of content-length, and that pictures may have all five.)
const (
	maxPictureBytes  = 5 << 20
	maxDocumentBytes = 50<<20 - 1
)

// pictures are the types that have a smaller bound.
var pictures = []DocumentType{DocumentIDFront, DocumentIDBack, DocumentSelfie, DocumentPassport}

// Document is a document that is asked for, or was handed in.
type Document struct {
	ID uuid.UUID `json:"id"`
	// Owner is the application or the customer that it is about, Party whom of a company, if it is about one alone.
	Owner  uuid.UUID      `json:"owner"`
	Party  uuid.UUID      `json:"party,omitzero"`
	Type   DocumentType   `json:"type"`
	Status DocumentStatus `json:"status"`
	Course
	// File is the one that was handed in last.
	File *File `json:"file,omitempty"`
	// Reason is why it is INVALID.
	Reason string `json:"reason,omitempty"`
	// ReviewAt is when the review ends, if there is one.
	ReviewAt time.Time `json:"review_at,omitzero"`
}

// Outstanding reports whether a document wants a file.
func (d *Document) Outstanding() bool {
	return d.Status == DocumentPendingUpload || d.Status == DocumentInvalid
}

// Name is that of the file, or empty before there is one.
func (d *Document) Name() string {
	if d.File == nil {
		return ""
	}
	return d.File.Name
}

// File is what is kept of a file: not its bytes.
type File struct {
	Name string `json:"name"`
	// MediaType is what it was said to be, Content what its first bytes say, or empty.
	MediaType string `json:"media_type"`
	Content   string `json:"content,omitempty"`
	Size      int64  `json:"size"`
	// SHA256 is the digest of its bytes, in hexadecimal.
	SHA256 string `json:"sha256"`
}

// Upload is a file that is handed in.
type Upload struct {
	// Name may be empty where the document's type makes one.
	Name string
	// MediaType is the bare one, without parameters.
	MediaType string
	Body      io.Reader
}

// formats are the media types of the contract, and what their files begin with.
var formats = []struct{ mediaType, extension, magic string }{
	{"image/png", ".png", "\x89PNG\r\n\x1a\n"},
	{"image/jpeg", ".jpg", "\xff\xd8\xff"},
	{"application/pdf", ".pdf", "%PDF-"},
}

const maxMagic = 8

type documentTables struct {
	documents        *state.Table[uuid.UUID, Document]
	documentsByOwner *state.Index[uuid.UUID, Document]
}

func newDocumentTables(b *Bank) documentTables {
	t := documentTables{
		documents: state.NewTable(b.db, "document", func(d *Document) uuid.UUID { return d.ID }),
	}
	t.documentsByOwner = state.NewIndexByOne(t.documents, func(d *Document) uuid.UUID { return d.Owner })
	t.documents.When(func(d *Document) time.Time { return d.ReviewAt },
		func(tx *state.Tx, d *Document) { b.sub(tx).reviewDocument(d) })
	return t
}

// Documents returns what an application or a customer was asked for and has handed in, oldest first.
func (t *Tx) Documents(owner uuid.UUID) *state.Rows[Document] { return t.documentsByOwner.Of(owner) }

// DocumentRequests returns the documents of a company's application that want a file.
func (t *Tx) DocumentRequests(application uuid.UUID) ([]*Document, error) {
	if _, err := t.BusinessApplication(application); err != nil {
		return nil, err
	}
	return t.outstanding(application), nil
}

func (t *Tx) outstanding(owner uuid.UUID) (wanted []*Document) {
	t.Documents(owner).Each(func(d *Document) bool {
		if d.Outstanding() {
			wanted = append(wanted, d)
		}
		return true
	})
	return wanted
}

// Needed says which documents an individual's application waits for.
type Needed struct{ Identity, IdentificationNumber, Address bool }

// Needed returns which documents an individual's application waits for.
func (t *Tx) Needed(application uuid.UUID) (n Needed) {
	for _, d := range t.outstanding(application) {
		switch d.Type {
		case DocumentIDFront, DocumentIDBack, DocumentIDBarcode, DocumentSelfie, DocumentPassport:
			n.Identity = true
		case DocumentIdentificationNumber:
			n.IdentificationNumber = true
		case DocumentAddress:
			n.Address = true
		}
	}
	return n
}

// UploadApplicationDocument hands in a document to an individual's application, whatever its status is. (Source:
// v1.29, for before and after it is submitted.)
func (t *Tx) UploadApplicationDocument(application uuid.UUID, kind DocumentType, u Upload) (*Document, error) {
	if _, err := t.Application(application); err != nil {
		return nil, err
	}
	return t.handInTo(application, kind, u)
}

// UploadCustomerDocument hands in a document about a customer.
func (t *Tx) UploadCustomerDocument(customer uuid.UUID, kind DocumentType, u Upload) (*Document, error) {
	if _, err := t.Customer(customer); err != nil {
		return nil, err
	}
	return t.handInTo(customer, kind, u)
}

// UploadDocument hands in a document that has an id already. It fails with a Refusal once that is approved, and
// if the file has no name.
func (t *Tx) UploadDocument(id uuid.UUID, u Upload) (*Document, error) {
	d := t.documents.Get(id)
	switch {
	case u.Name == "":
		return nil, invalid("file_name", "must name the file, as in: attachment; filename=\"articles.png\"", "header",
			"content-disposition")
	case d == nil:
		return nil, notFound()
	case d.Status == DocumentApproved:
		return nil, &Refusal{Kind: Precondition, Rule: "document_approved",
			Message: "the document has been reviewed and approved"}
	}
	return t.handIn(*d, u)
}

// handInTo answers the oldest request for a document of a type, or makes a document of its own of the file.
func (t *Tx) handInTo(owner uuid.UUID, kind DocumentType, u Upload) (*Document, error) {
	for _, d := range t.outstanding(owner) {
		if d.Type == kind {
			return t.handIn(*d, u)
		}
	}
	return t.handIn(Document{Owner: owner, Type: kind}, u)
}

// handIn begins the review of a file.
func (t *Tx) handIn(d Document, u Upload) (*Document, error) {
	file, err := readFile(d.Type, u)
	if err != nil {
		return nil, err
	}
	if d.Course, err = t.course("uploadDocument"); err != nil {
		return nil, err
	}
	d.File, d.Status, d.Reason = file, DocumentPendingReview, ""
	d.ReviewAt = d.next(t.now) // As with applications, the review takes no time. (Inferred.)
	if d.ID != uuid.Nil {
		t.documents.Update(t.tx, &d)
		return &d, nil
	}
	d.ID = t.newID()
	t.documents.Insert(t.tx, &d)
	return &d, nil
}

// readFile reads a file to its end, or until it is too large.
func readFile(kind DocumentType, u Upload) (*File, error) {
	most := int64(maxDocumentBytes)
	if slices.Contains(pictures, kind) {
		most = maxPictureBytes
	}
	f := &File{Name: u.Name, MediaType: u.MediaType}
	start := make([]byte, maxMagic)
	n, err := io.ReadFull(u.Body, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("read a document: %w", err)
	}
	start = start[:n]
	h := sha256.New()
	f.Size, err = io.Copy(h, io.LimitReader(io.MultiReader(bytes.NewReader(start), u.Body), most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read a document: %w", err)
	case f.Size > most:
		return nil, invalid("file_size", fmt.Sprintf("must be at most %d for a document of this type", most), "header",
			"content-length")
	}
	f.SHA256 = hex.EncodeToString(h.Sum(nil))
	for _, format := range formats {
		if bytes.HasPrefix(start, []byte(format.magic)) {
			f.Content = format.mediaType
		}
		// (Inferred from the reference's sample, where ARTICLES_OF_INCORPORATION has articles_of_incorporation.png.)
		if f.Name == "" && f.MediaType == format.mediaType {
			f.Name = strings.ToLower(string(kind)) + format.extension
		}
	}
	return f, nil
}

// documentOutcome decides how the review of a document ends: with the reason why it is INVALID, or with none.
func (t *Tx) documentOutcome(d *Document) (reason string) {
	switch {
	case d.isFated(string(DocumentInvalid)):
		return d.reason(ReasonUnreadable)
	case d.isFated(string(DocumentApproved)):
		return ""
	}
	if d.File.Content != d.File.MediaType {
		return ReasonUnreadable
	}
	return ""
}

// reviewDocument ends the review of a document.
func (t *Tx) reviewDocument(d *Document) {
	changed := *d
	changed.Status, changed.ReviewAt, changed.Course = DocumentApproved, time.Time{}, Course{}
	if changed.Reason = t.documentOutcome(d); changed.Reason != "" {
		changed.Status = DocumentInvalid
	}
	t.documents.Update(t.tx, &changed)
	table := t.applications
	if t.businesses.Get(d.Owner) != nil {
		table = t.businesses
	}
	if a := table.Get(d.Owner); a != nil && a.Status == ApplicationDocumentsNeeded {
		t.resume(table, a)
	}
}

// decideDocument has a fate take effect on a document.
func (t *Tx) decideDocument(d *Document, f *Fate) error {
	if d.Status != DocumentPendingReview {
		return cannot(d.Status, "only a document that is PENDING_REVIEW can be decided about")
	}
	changed := *d
	changed.Course = Course{Fate: f}
	switch {
	case f.Hold:
		changed.Held, changed.ReviewAt = true, time.Time{}
		t.documents.Update(t.tx, &changed)
	case f.State == string(DocumentPendingReview):
		return cannot(d.Status, "it is that already")
	default:
		t.reviewDocument(&changed)
	}
	return nil
}

// resume has an application that has waited for documents reviewed again, once all are approved. Whenever the last one
// that was handed in is reviewed and some are still wanted, that is told again. (Inferred.)
func (t *Tx) resume(table *state.Table[uuid.UUID, Application], a *Application) {
	reviewed, approved := true, true
	t.Documents(a.ID).Each(func(d *Document) bool {
		reviewed = reviewed && d.Status != DocumentPendingReview
		approved = approved && d.Status == DocumentApproved
		return true
	})
	switch {
	case approved:
		t.submit(table, a, a.Customer, Course{})
	case reviewed:
		t.emitStatus(a)
	}
}

// request is a document that a company is asked for, about one of its people or about itself.
type request struct {
	kind  DocumentType
	party uuid.UUID
}

// founding are the documents that a company has by its legal form, and risky those that its lines of business call
// for. (Inferred: of the provider's checklist only the names of the documents are known.)
var (
	founding = map[string][]DocumentType{
		"SOLE_PROPRIETOR":            {DocumentIdentificationNumber},
		"CORPORATE":                  {"EIN_CONFIRMATION", "ARTICLES_OF_INCORPORATION", "BYLAWS"},
		"LLC":                        {"EIN_CONFIRMATION", "ARTICLES_OF_ORGANIZATION", "OPERATING_AGREEMENT"},
		"PARTNERSHIP":                {"EIN_CONFIRMATION", "PARTNERSHIP_AGREEMENT"},
		"INCORPORATED_ASSOCIATION":   {"EIN_CONFIRMATION", "ARTICLES_OF_ASSOCIATION", "BYLAWS"},
		"UNINCORPORATED_ASSOCIATION": {"EIN_CONFIRMATION", "ARTICLES_OF_ASSOCIATION"},
	}
	risky = map[string][]DocumentType{
		"INTERNET_GAMBLING": {"LEGAL_ANALYSIS_OF_BUSINESS_MODEL"},
		"CANNABIS":          {"LEGAL_ANALYSIS_OF_BUSINESS_MODEL"},
		"CROWDFUNDING":      {"FLOW_OF_FUNDS"},
		"CRYPTOCURRENCY": {"COINS_AND_TOKENS_LISTED_AND_OFFERED", "COIN_RATING_POLICY_AND_PROCEDURES",
			"TYPE_OF_BLOCKCHAIN_ANALYTICS_USED", "MARKET_MANIPULATION_POLICY", "BSA_AML_OFAC_POLICIES"},
		"FINANCIAL_OR_MONEY_MOVEMENT": {"FLOW_OF_FUNDS", "BSA_AML_OFAC_POLICIES", "INDEPENDENT_AML_AUDIT_REPORT"},
	}
)

// checklist returns what a company is asked for by what its application says so far.
func (t *Tx) checklist(a *Application) (wanted []request) {
	var company struct {
		EntityType string `json:"entity_type"`
		RiskInfo   struct {
			Categories []string `json:"risk_categories"`
		} `json:"risk_info"`
	}
	t.must(json.Unmarshal(a.Details, &company))
	kinds := slices.Clone(founding[company.EntityType])
	for _, category := range company.RiskInfo.Categories {
		kinds = append(kinds, risky[category]...)
	}
	for _, kind := range kinds {
		if r := (request{kind: kind}); !slices.Contains(wanted, r) {
			wanted = append(wanted, r)
		}
	}
	for _, p := range a.Parties {
		var person struct {
			Number struct {
				Type string `json:"identification_type"`
			} `json:"identification_number"`
		}
		t.must(json.Unmarshal(p.Details, &person))
		if person.Number.Type == "PASSPORT" {
			wanted = append(wanted, request{DocumentPassport, p.ID})
		}
	}
	return wanted
}

// askByChecklist asks for what a company's application calls for now, and no longer for what it does not. What was
// handed in stays.
func (t *Tx) askByChecklist(a *Application) {
	wanted := t.checklist(a)
	var obsolete []uuid.UUID
	t.Documents(a.ID).Each(func(d *Document) bool {
		if i := slices.Index(wanted, request{d.Type, d.Party}); i >= 0 {
			wanted = slices.Delete(wanted, i, i+1)
		} else if d.Outstanding() {
			obsolete = append(obsolete, d.ID)
		}
		return true
	})
	for _, id := range obsolete {
		t.documents.Delete(t.tx, id)
	}
	for _, r := range wanted {
		t.ask(a.ID, r)
	}
}

func (t *Tx) ask(owner uuid.UUID, r request) {
	t.documents.Insert(t.tx, &Document{ID: t.newID(), Owner: owner, Party: r.party, Type: r.kind,
		Status: DocumentPendingUpload})
}

// checkDocument notes when a document is about nobody, and when it is not what its status says.
func (a *audit) checkDocument(d *Document) {
	about := a.applications.Get(d.Owner)
	if about == nil {
		about = a.businesses.Get(d.Owner)
	}
	switch {
	case about == nil && a.customers.Get(d.Owner) == nil:
		a.note("document %s is about nobody", d.ID)
	case d.Party == uuid.Nil || !d.Outstanding(): // What was handed in stays, whoever leaves the company.
	case about == nil || !slices.ContainsFunc(about.Parties, func(p RelatedParty) bool { return p.ID == d.Party }):
		a.note("document %s is asked for of nobody behind its company", d.ID)
	}
	review := d.Status == DocumentPendingReview
	if (d.File == nil) != (d.Status == DocumentPendingUpload) || d.misses(review, d.ReviewAt) ||
		!review && d.Fate != nil {
		a.note("document %s is %s, is held: %t, and its review ends at %s", d.ID, d.Status, d.Held, d.ReviewAt)
	}
}

var documentRules = []Rule{
	{[]string{"uploadApplicationDocument", "uploadDocument", "uploadCustomerDocument"}, "ID_FRONT, ID_BACK, SELFIE " +
		"and PASSPORT have at most 5 MB, other documents 50 MB.", Documented, "v1.29, Upload Document To Application"},
	{[]string{"uploadApplicationDocument", "uploadDocument", "uploadCustomerDocument"}, "5 MB are 5,242,880 bytes.",
		Inferred, ""},
	{[]string{"uploadApplicationDocument", "uploadDocument", "uploadCustomerDocument"}, "Of a file, its SHA-256, its " +
		"size, its media type and its name are kept, and not its bytes.", Inferred, ""},
	{[]string{"uploadApplicationDocument", "uploadDocument", "uploadCustomerDocument"}, "The review of a document " +
		"takes no time. It is APPROVED if the file begins as one of its media type does, and else INVALID with the " +
		"reason " + ReasonUnreadable + "; then it takes another file.", Inferred, ""},
	{[]string{"uploadDocument"}, "A document that is approved takes no other file: 412.", Documented,
		"v1.29, Upload Document"},
	{[]string{"uploadDocument"}, "The content-disposition names the file. Until a document is approved, another file " +
		"takes the place of the one before it.", Inferred, ""},
	{[]string{"uploadApplicationDocument"}, "A document is taken before an application is submitted and after it.",
		Documented, "v1.29, Upload Document To Application"},
	{[]string{"uploadApplicationDocument", "uploadCustomerDocument"}, "A file answers the oldest request for a " +
		"document of its type; if there is none, it is a document of its own. Its name is made of the type.",
		Inferred, ""},
	{[]string{"listDocumentRequests"}, "The list has what wants a file, and depends on the data of the company and " +
		"of its related parties.", Documented, "v1.29, List Document Requests"},
	{[]string{"listDocumentRequests"}, "A company is asked for what founded it by its legal form, for more by its " +
		"risk categories, and for the passport of each related party whose identification number is that of one.",
		Inferred, ""},
	{[]string{"submitBusinessApplication"}, "The provider wants every requested document before; the sandbox reviews " +
		"the application without them.", Inferred, ""},
	{[]string{"getApplication", "getBusinessApplication"}, "An application that is DOCUMENTS_NEEDED is reviewed " +
		"again once all its documents are approved; one under MANUAL_REVIEW, on the next business day at 9:00 in New " +
		"York.", Inferred, ""},
}
