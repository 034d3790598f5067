package bank

import (
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// PortalStatus says whether a portal takes money.
type PortalStatus string

// The statuses of portals.
const (
	PortalOpen   PortalStatus = "OPEN"
	PortalClosed PortalStatus = "CLOSED"
)

// InstitutionName is the name of the sandbox's bank. Nobody takes it for that of a real one.
const InstitutionName = "Sandbox Bank (not a bank)"

// Portal is an account number, beside the one RoutingNumber, under which a pocket receives money.
type Portal struct {
	ID            uuid.UUID    `json:"id"`
	PocketID      uuid.UUID    `json:"pocket_id"`
	CustomerID    uuid.UUID    `json:"customer_id"`
	Name          string       `json:"name"`
	AccountNumber string       `json:"account_number"`
	Status        PortalStatus `json:"status"`
	Created       time.Time    `json:"created"`
	Closed        time.Time    `json:"closed,omitzero"`
}

type portalTables struct {
	portals           *state.Table[uuid.UUID, Portal]
	portalsByPocket   *state.Index[uuid.UUID, Portal]
	portalsByCustomer *state.Index[uuid.UUID, Portal]
	portalsByAccount  *state.Index[string, Portal]
}

func newPortalTables(b *Bank) portalTables {
	t := portalTables{portals: state.NewTable(b.db, "portal", func(p *Portal) uuid.UUID { return p.ID })}
	t.portalsByPocket = state.NewIndexByOne(t.portals, func(p *Portal) uuid.UUID { return p.PocketID })
	t.portalsByCustomer = state.NewIndexByOne(t.portals, func(p *Portal) uuid.UUID { return p.CustomerID })
	t.portalsByAccount = state.NewIndexByOne(t.portals, func(p *Portal) string { return p.AccountNumber })
	return t
}

func (t *Tx) addPortal(p *Pocket, name, accountNumber string) *Portal {
	portal := &Portal{ID: t.newID(), PocketID: p.ID, CustomerID: p.CustomerID, Name: name, AccountNumber: accountNumber,
		Status: PortalOpen, Created: t.now}
	t.portals.Insert(t.tx, portal)
	return portal
}

// CreatePortal opens one more portal of a pocket. It fails with a Refusal at the parameter of the path that has the
// pocket's id, unless the pocket is open.
func (t *Tx) CreatePortal(pocket uuid.UUID, name, parameter string) (*Portal, error) {
	p, err := t.Pocket(pocket)
	if err != nil {
		return nil, err
	}
	if p.Status != PocketOpen {
		return nil, invalid("pocket_status", "the pocket is not open", "path", parameter)
	}
	return t.addPortal(p, name, t.digits(t.tx.Draw(), 12)), nil
}

// Portal returns a portal of a pocket.
func (t *Tx) Portal(pocket, id uuid.UUID) (*Portal, error) {
	p := t.portals.Get(id)
	if p == nil || p.PocketID != pocket {
		return nil, notFound()
	}
	return p, nil
}

// AllPortals returns every portal of a pocket, oldest first.
func (t *Tx) AllPortals(pocket uuid.UUID) (*state.Rows[Portal], error) {
	if _, err := t.Pocket(pocket); err != nil {
		return nil, err
	}
	return t.portalsByPocket.Of(pocket), nil
}

// PocketPortals lists the portals of a pocket.
func (t *Tx) PocketPortals(pocket uuid.UUID, q Query) (Page[Portal], error) {
	rows, err := t.AllPortals(pocket)
	if err != nil {
		return Page[Portal]{}, err
	}
	return paginate(rows, "portals "+pocket.String(), q, nil)
}

// CustomerPortals lists the portals of all pockets of a customer.
func (t *Tx) CustomerPortals(customer uuid.UUID, q Query) (Page[Portal], error) {
	if _, err := t.Customer(customer); err != nil {
		return Page[Portal]{}, err
	}
	return paginate(t.portalsByCustomer.Of(customer), "portals "+customer.String(), q, nil)
}

// UpdatePortal renames a portal, closes it, or both. Nil leaves the name as it is. It fails with a Refusal if the
// portal is closed.
func (t *Tx) UpdatePortal(pocket, id uuid.UUID, name *string, closes bool) (*Portal, error) {
	p, err := t.Portal(pocket, id)
	if err != nil {
		return nil, err
	}
	if p.Status == PortalClosed {
		return nil, invalid("portal_closed", "a closed portal cannot be changed", "path", "portal_id")
	}
	changed := *p
	set(&changed.Name, name)
	if closes {
		changed.Status, changed.Closed = PortalClosed, t.now
	}
	t.portals.Update(t.tx, &changed)
	return &changed, nil
}

// ClosePortal closes a portal. It fails with a Refusal of the kind Precondition if that was done before. (Source:
// facts-v1.29.)
func (t *Tx) ClosePortal(pocket, id uuid.UUID) error {
	p, err := t.Portal(pocket, id)
	if err != nil {
		return err
	}
	if p.Status == PortalClosed {
		return &Refusal{Kind: Precondition, Rule: "portal_closed", Message: "the portal is closed already"}
	}
	_, err = t.UpdatePortal(pocket, id, nil, true)
	return err
}

// closePortals closes all portals of a pocket.
func (t *Tx) closePortals(pocket uuid.UUID) {
	var open []*Portal
	t.portalsByPocket.Of(pocket).Each(func(p *Portal) bool {
		if p.Status == PortalOpen {
			open = append(open, p)
		}
		return true
	})
	for _, p := range open {
		changed := *p
		changed.Status, changed.Closed = PortalClosed, t.now
		t.portals.Update(t.tx, &changed)
	}
}

// openPortal returns the oldest open portal of a pocket, or nil.
func (t *Tx) openPortal(pocket uuid.UUID) (open *Portal) {
	t.portalsByPocket.Of(pocket).Each(func(p *Portal) bool {
		if p.Status == PortalOpen {
			open = p
		}
		return open == nil
	})
	return open
}

// FundingInstructions returns an open portal of a pocket and whom it belongs to. It fails with a Refusal if the portal
// is closed: nobody should be told to pay there.
func (t *Tx) FundingInstructions(pocket, id uuid.UUID) (*Portal, *Customer, error) {
	p, err := t.Portal(pocket, id)
	if err != nil {
		return nil, nil, err
	}
	if p.Status == PortalClosed {
		return nil, nil, invalid("portal_closed", "a closed portal takes no money", "path", "portal_id")
	}
	return p, t.customers.Get(p.CustomerID), nil
}

func (a *audit) checkPortal(p *Portal) {
	pocket := a.pockets.Get(p.PocketID)
	switch {
	case pocket == nil || pocket.CustomerID != p.CustomerID:
		a.note("portal %s belongs to no pocket of its customer", p.ID)
	case pocket.Status == PocketClosed && p.Status == PortalOpen:
		a.note("portal %s is open, and its pocket is closed", p.ID)
	case a.portalsByAccount.Of(p.AccountNumber).Len() != 1:
		a.note("portal %s has the account number of another one", p.ID)
	case (p.Status == PortalClosed) == p.Closed.IsZero():
		a.note("portal %s is %s, and was closed at %s", p.ID, p.Status, p.Closed)
	}
}

var portalRules = []Rule{
	{[]string{"createPocket"}, "A portal is made with each pocket.", Documented, "the contract, createAccountPortal"},
	{[]string{"createPocket"}, "The portal that is made with a pocket has the pocket's name.", Inferred, ""},
	{[]string{"createAccountPortal", "createPocketPortal"}, "Only an open pocket gets another portal.", Inferred, ""},
	{[]string{"closeAccountPortal"}, "A portal that is closed already answers 412.", Documented,
		"document of March 2024"},
	{[]string{"updateAccountPortal", "updatePocketPortal"}, "A closed portal cannot be changed, nor closed again.",
		Inferred, ""},
	{[]string{"updatePocket", "updateCustomer"}, "When a pocket is closed, so are its portals.", Inferred, ""},
	{[]string{"fundAccount"}, "A pocket without an open portal cannot be funded.", Documented,
		"document of March 2024"},
	{[]string{"fundAccount"}, "The money comes in by the oldest open portal.", Inferred, ""},
	{[]string{"getPortalFundingInstructions"}, "There are none for a closed portal.", Inferred, ""},
	{[]string{"listPocketPortals", "listCustomerPortals"}, "The answer is a page with a cursor, oldest first.",
		Inferred, ""},
	{[]string{"createPocketPortal"}, "No portal is a deposit address on a chain: nobody outside knows how to ask for " +
		"one.", Unknown, ""},
}
