package document

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// ReportType is one of the kinds of the contract's ReportType that are a camt.053.
type ReportType string

// The reports that CAMT053 makes.
const (
	ReportBank      ReportType = "BANK_STATEMENT_REPORT"
	ReportBrokerage ReportType = "BROKERAGE_STATEMENT_REPORT"
)

// CAMT053 is a bank-to-customer statement of ISO 20022. The contract says camt.053 and no version. (Inferred: version
// camt.053.001.08, which SWIFT's rules of cross-border payments and reporting name, where .02 is older.)
type CAMT053 struct {
	Type ReportType
	// MessageID identifies the file, Created is the moment in which it was asked for.
	MessageID string
	Created   time.Time
	// Statements has one for each account and day, or other period; at least one.
	Statements []AccountStatement
}

// AccountStatement is what happened on one account. Of identifiers in a camt.053, here and in the entries, a UUID is
// written without hyphens, with which it would be a character too long; another that is too long is refused.
type AccountStatement struct {
	// ID identifies the statement, within the file as well: at most 35 characters.
	ID string
	// AccountID is the number of the account, or the id of its pocket: at most 34 characters.
	AccountID string
	// AccountName and HolderName are cut to 70 and 140 characters, and may be empty.
	AccountName, HolderName string
	// Period is mostly a single day.
	Period Period
	// OpeningCents and ClosingCents are the balances before and after. A bank account's is always 0 at the end of the
	// day, since what is there is swept into T-bills; a brokerage account's is the value of its T-bills.
	OpeningCents, ClosingCents int64
	// Unfinished says that the last day of the period is not over: then a bank account may still have something.
	Unfinished bool
	// Entries lead from one balance to the other, oldest first.
	Entries []Entry
}

// EntryKind says what an entry is. It is the entry's proprietary transaction code, issued by SANDBOX.
type EntryKind string

// The kinds of entries: the first two of a bank account, the others of a brokerage account.
const (
	EntryPayment     EntryKind = "PAYMENT"
	EntrySweep       EntryKind = "SWEEP"
	EntryAddition    EntryKind = "ADDITION"
	EntrySubtraction EntryKind = "SUBTRACTION"
	EntryGain        EntryKind = "GAIN"
	EntryLoss        EntryKind = "LOSS"
	EntryFee         EntryKind = "FEE"
)

// Entry is one movement.
type Entry struct {
	// ID is that of the transaction or the trade, at most 35 characters. It may be empty.
	ID   string
	Kind EntryKind
	// Booked and Valued are civil dates. Valued is Booked when it is zero.
	Booked, Valued time.Time
	// AmountCents is positive for what adds to the balance. Additions and gains are never negative; subtractions,
	// losses and fees never positive.
	AmountCents int64
	// Description is cut to 500 characters, and may be empty.
	Description string
}

// The lengths of ISO 20022's texts, in characters.
const (
	max34Text, max35Text, max70Text, max140Text, max500Text = 34, 35, 70, 140, 500
)

// Check refuses a report whose entries do not lead from one balance to the other, are out of order or do not belong to
// its type, and identifiers that ISO 20022 has no room for.
func (c CAMT053) Check() error {
	if c.Type != ReportBank && c.Type != ReportBrokerage {
		return refuse("Type", ErrValue)
	}
	if err := firstError(checkID("MessageID", c.MessageID, max35Text), moment("Created", c.Created)); err != nil {
		return err
	}
	if len(c.Statements) == 0 {
		return refuse("Statements", ErrMissing)
	}
	seen := make(map[string]bool, len(c.Statements))
	for i, s := range c.Statements {
		name := item("Statements", i)
		if err := s.check(c.Type); err != nil {
			return within(name, err)
		}
		if seen[identifier(s.ID)] {
			return refuse(name+".ID", ErrTwice)
		}
		seen[identifier(s.ID)] = true
	}
	return nil
}

func (s AccountStatement) check(report ReportType) error {
	if err := firstError(checkID("ID", s.ID, max35Text), checkID("AccountID", s.AccountID, max34Text)); err != nil {
		return err
	}
	if err := s.Period.Check(); err != nil {
		return within("Period", err)
	}
	amounts, last := []int64{s.OpeningCents}, s.Period.From
	for i, e := range s.Entries {
		name := item("Entries", i)
		if err := e.check(report); err != nil {
			return within(name, err)
		}
		if err := s.Period.holds(name+".Booked", e.Booked); err != nil {
			return err
		}
		if e.Booked.Before(last) {
			return refuse(name+".Booked", fmt.Errorf("%w: it is before that of the entry above", ErrDate))
		}
		amounts, last = append(amounts, e.AmountCents), e.Booked
	}
	if report == ReportBank && s.ClosingCents != 0 && !s.Unfinished {
		return refuse("ClosingCents", fmt.Errorf("%w: that of a bank account is 0 at the end of the day", ErrTotal))
	}
	if err := total("ClosingCents", s.ClosingCents, amounts...); err != nil {
		return err
	}
	_, _, err := s.totals()
	return err
}

func (e Entry) check(report ReportType) error {
	if oneLine(e.ID) != "" {
		if err := checkID("ID", e.ID, max35Text); err != nil {
			return err
		}
	}
	if err := firstError(civil("Booked", e.Booked), bounded("AmountCents", e.AmountCents)); err != nil {
		return err
	}
	if !e.Valued.IsZero() {
		if err := civil("Valued", e.Valued); err != nil {
			return err
		}
	}
	known, ok := codes[e.Kind]
	if !ok || known.report != report {
		return refuse("Kind", ErrValue)
	}
	if known.sign*e.AmountCents < 0 {
		return refuse("AmountCents", fmt.Errorf("%w: its sign is not that of its kind", ErrAmount))
	}
	return nil
}

// totals returns the sums of what was added and of what was taken.
func (s AccountStatement) totals() (credits, debits entryTotal, err error) {
	for _, e := range s.Entries {
		side, field := &credits, "Entries: the sum of credits"
		if e.AmountCents < 0 {
			side, field = &debits, "Entries: the sum of debits"
		}
		side.number++
		if side.cents, err = sum(field, side.cents, max(e.AmountCents, -e.AmountCents)); err != nil {
			return entryTotal{}, entryTotal{}, err
		}
	}
	return credits, debits, nil
}

type entryTotal struct {
	number int
	cents  int64
}

// checkID refuses an identifier that is empty or too long.
func checkID(field, id string, characters int) error {
	id = identifier(id)
	switch {
	case id == "":
		return refuse(field, ErrMissing)
	case utf8.RuneCountInString(id) > characters:
		return refuse(field, fmt.Errorf("%w: more than %d characters", ErrLength, characters))
	}
	return nil
}

func identifier(id string) string {
	id = oneLine(id)
	if len(id) == 36 && uuid.Validate(id) == nil {
		return strings.ReplaceAll(id, "-", "")
	}
	return id
}

// A code is how ISO 20022 calls a kind of entry, which report it belongs to, and its sign unless it may have either.
type code struct {
	report                    ReportType
	sign                      int64
	domain, family, subFamily string
}

// codes are those of the external code set of bank transactions. What has none is NTAV, not available, in the extended
// domain, and has the proprietary code alone. (Inferred: which codes the provider uses is not documented.)
var codes = map[EntryKind]code{
	EntryPayment:     {ReportBank, 0, "PMNT", "RCDT", "OTHR"},
	EntrySweep:       {ReportBank, 0, "CAMT", "ACCB", "SWEP"},
	EntryAddition:    {ReportBrokerage, 1, "XTND", "NTAV", "NTAV"},
	EntrySubtraction: {ReportBrokerage, -1, "XTND", "NTAV", "NTAV"},
	EntryGain:        {ReportBrokerage, 1, "XTND", "NTAV", "NTAV"},
	EntryLoss:        {ReportBrokerage, -1, "XTND", "NTAV", "NTAV"},
	EntryFee:         {ReportBrokerage, -1, "ACMT", "MDOP", "FEES"},
}

// XML writes the report if Check has nothing against it.
func (c CAMT053) XML() ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	created := c.Created.UTC().Format(time.RFC3339)
	document := camtDocument{
		MessageID: identifier(c.MessageID), Created: created,
		Statements: make([]camtStatement, 0, len(c.Statements)),
	}
	for _, s := range c.Statements {
		statement, err := s.camt(created)
		if err != nil {
			return nil, err
		}
		document.Statements = append(document.Statements, statement)
	}
	body, err := xml.MarshalIndent(document, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("document: writing a camt.053: %w", err)
	}
	return append([]byte(xml.Header), append(body, '\n')...), nil
}

func (s AccountStatement) camt(created string) (camtStatement, error) {
	credits, debits, err := s.totals()
	if err != nil {
		return camtStatement{}, err
	}
	statement := camtStatement{
		ID: identifier(s.ID), Created: created,
		// Days are those of the account, wherever it is kept, so their bounds have no zone.
		From: date(s.Period.From) + "T00:00:00", To: date(s.Period.To) + "T23:59:59",
		Account: camtAccount{
			ID: identifier(s.AccountID), Currency: "USD", Name: cut(s.AccountName, max70Text),
			Owner: owner(s.HolderName), Servicer: "Sandbox",
		},
		Balances: []camtBalance{
			balance("OPBD", s.OpeningCents, s.Period.From), balance("CLBD", s.ClosingCents, s.Period.To),
		},
		Credits:     camtTotal{credits.number, decimal(credits.cents)},
		Debits:      camtTotal{debits.number, decimal(debits.cents)},
		Entries:     make([]camtEntry, 0, len(s.Entries)),
		Information: sandboxSentence,
	}
	for i, e := range s.Entries {
		statement.Entries = append(statement.Entries, e.camt(i+1))
	}
	return statement, nil
}

func (e Entry) camt(number int) camtEntry {
	valued, known := e.Valued, codes[e.Kind]
	if valued.IsZero() {
		valued = e.Booked
	}
	if e.Kind == EntryPayment && e.AmountCents < 0 {
		known.family = "ICDT" // Issued by the account's owner, where RCDT is received.
	}
	return camtEntry{
		Reference: strconv.Itoa(number), Amount: amount(e.AmountCents), Side: side(e.AmountCents), Status: "BOOK",
		Booked: date(e.Booked), Valued: date(valued), ServicerReference: identifier(e.ID),
		Domain: known.domain, Family: known.family, SubFamily: known.subFamily,
		Proprietary: string(e.Kind), Issuer: "SANDBOX", Information: cut(e.Description, max500Text),
	}
}

func owner(s string) *camtName {
	if s = cut(s, max140Text); s == "" {
		return nil
	}
	return &camtName{s}
}

func balance(kind string, cents int64, day time.Time) camtBalance {
	return camtBalance{Kind: kind, Amount: amount(cents), Side: side(cents), Date: date(day)}
}

// amount writes the size alone: side has the sign.
func amount(cents int64) camtAmount { return camtAmount{"USD", decimal(max(cents, -cents))} }

// side says on which side an amount is; a zero is a credit.
func side(cents int64) string {
	if cents < 0 {
		return "DBIT"
	}
	return "CRDT"
}

// The types that follow are the elements of the schema that are used, in the order in which it demands them.
type camtDocument struct {
	XMLName    xml.Name        `xml:"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08 Document"`
	MessageID  string          `xml:"BkToCstmrStmt>GrpHdr>MsgId"`
	Created    string          `xml:"BkToCstmrStmt>GrpHdr>CreDtTm"`
	Statements []camtStatement `xml:"BkToCstmrStmt>Stmt"`
}

type camtStatement struct {
	ID          string        `xml:"Id"`
	Created     string        `xml:"CreDtTm"`
	From        string        `xml:"FrToDt>FrDtTm"`
	To          string        `xml:"FrToDt>ToDtTm"`
	Account     camtAccount   `xml:"Acct"`
	Balances    []camtBalance `xml:"Bal"`
	Credits     camtTotal     `xml:"TxsSummry>TtlCdtNtries"`
	Debits      camtTotal     `xml:"TxsSummry>TtlDbtNtries"`
	Entries     []camtEntry   `xml:"Ntry"`
	Information string        `xml:"AddtlStmtInf"`
}

type camtAccount struct {
	ID       string    `xml:"Id>Othr>Id"`
	Currency string    `xml:"Ccy"`
	Name     string    `xml:"Nm,omitempty"`
	Owner    *camtName `xml:"Ownr"`
	Servicer string    `xml:"Svcr>FinInstnId>Nm"`
}

type camtName struct {
	Name string `xml:"Nm"`
}

type camtBalance struct {
	Kind   string     `xml:"Tp>CdOrPrtry>Cd"`
	Amount camtAmount `xml:"Amt"`
	Side   string     `xml:"CdtDbtInd"`
	Date   string     `xml:"Dt>Dt"`
}

type camtAmount struct {
	Currency string `xml:"Ccy,attr"`
	Value    string `xml:",chardata"`
}

type camtTotal struct {
	Number int    `xml:"NbOfNtries"`
	Sum    string `xml:"Sum"`
}

type camtEntry struct {
	Reference         string     `xml:"NtryRef"`
	Amount            camtAmount `xml:"Amt"`
	Side              string     `xml:"CdtDbtInd"`
	Status            string     `xml:"Sts>Cd"`
	Booked            string     `xml:"BookgDt>Dt"`
	Valued            string     `xml:"ValDt>Dt"`
	ServicerReference string     `xml:"AcctSvcrRef,omitempty"`
	Domain            string     `xml:"BkTxCd>Domn>Cd"`
	Family            string     `xml:"BkTxCd>Domn>Fmly>Cd"`
	SubFamily         string     `xml:"BkTxCd>Domn>Fmly>SubFmlyCd"`
	Proprietary       string     `xml:"BkTxCd>Prtry>Cd"`
	Issuer            string     `xml:"BkTxCd>Prtry>Issr"`
	Information       string     `xml:"AddtlNtryInf,omitempty"`
}
