package bank

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Facts are what is known of a request: what it says by itself, and what the bank knows of the ids that it names.
type Facts struct {
	// IDs are what the request itself names. Customers and Pockets are those that it is about.
	IDs, Customers, Pockets []uuid.UUID
	// Names are of people, companies, pockets, portals. AccountNumbers and RoutingNumbers are as they were given.
	Names, AccountNumbers, RoutingNumbers []string
	// Cents are amounts, without a sign.
	Cents []int64
}

// ReadText adds what a single value of a request says, such as a segment of its path.
func (f *Facts) ReadText(text string) {
	const length = 36 // Without braces and prefixes, which uuid.Parse takes as well.
	if len(text) != length {
		return
	}
	if id, err := uuid.Parse(text); err == nil {
		f.IDs = append(f.IDs, id)
	}
}

// ReadJSON adds what a body says. What is no JSON says nothing.
func (f *Facts) ReadJSON(text []byte) {
	var body any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&body) == nil {
		f.read("", body)
	}
}

// nameMembers are the members that have a name which a rule may ask for. Those of people have objects.
var nameMembers = []string{
	"name", "business_name", "company_name", "counterparty_name", "name_on_account", "name_on_card", "pocket_name",
}

func (f *Facts) read(member string, value any) {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			f.read(member, element)
		}
	case map[string]any:
		first, _ := v["first_name"].(string)
		last, _ := v["last_name"].(string)
		f.addName(strings.TrimSpace(first) + " " + strings.TrimSpace(last))
		for name, element := range v {
			f.read(name, element)
		}
	case json.Number:
		if cents, err := v.Int64(); err == nil && (member == "amount_usdc" || member == "amount") {
			f.Cents = append(f.Cents, cents)
		}
	case string:
		switch {
		case slices.Contains(nameMembers, member):
			f.addName(v)
		case member == "account_number", member == "identifier":
			f.addAccount(v)
		case member == "routing_number":
			f.addRouting(v)
		default:
			f.ReadText(v)
		}
	}
}

func (f *Facts) addName(name string) {
	if name = strings.TrimSpace(name); name != "" {
		f.Names = append(f.Names, name)
	}
}

func (f *Facts) addAccount(number string) {
	if number = strings.TrimSpace(number); number != "" {
		f.AccountNumbers = append(f.AccountNumbers, number)
	}
}

func (f *Facts) addRouting(number string) {
	if number = strings.TrimSpace(number); number != "" {
		f.RoutingNumbers = append(f.RoutingNumbers, number)
	}
}

// Know adds what the bank knows of the ids that a request names. An id may be that of several records, of which the
// caller has chosen some.
func (t *Tx) Know(f *Facts) {
	for _, id := range f.IDs {
		t.knowOwner(f, id)
		t.knowPayment(f, id)
		t.knowCard(f, id)
		t.knowDocument(f, id)
	}
}

// knowOwner is for those who have something, and for what they have it in.
func (t *Tx) knowOwner(f *Facts, id uuid.UUID) {
	t.factsOfCustomer(f, id)
	t.factsOfPocket(f, id)
	t.factsOfCounterparty(f, id)
	t.factsOfApplication(f, id)
	if p := t.portals.Get(id); p != nil {
		t.factsOfPocket(f, p.PocketID)
		f.addName(p.Name)
		f.addAccount(p.AccountNumber)
	}
}

// knowPayment is for what moves money.
func (t *Tx) knowPayment(f *Facts, id uuid.UUID) {
	if w := t.wires.Get(id); w != nil {
		t.factsOfPocket(f, w.PocketID)
		t.factsOfCounterparty(f, w.CounterpartyID)
		f.addName(w.Party)
		f.Cents = append(f.Cents, w.Cents)
	}
	if o := t.originations.Get(id); o != nil {
		t.factsOfPocket(f, o.PocketID)
		t.factsOfCounterparty(f, o.CounterpartyID)
		f.Cents = append(f.Cents, o.Cents)
	}
	if x := t.transfers.Get(id); x != nil {
		t.factsOfPocket(f, x.From)
		t.factsOfPocket(f, x.To)
		t.factsOfCounterparty(f, x.Counterparty)
		f.Cents = append(f.Cents, x.Cents)
	}
	if a := t.transactions.Get(id); a != nil {
		t.factsOfPocket(f, a.PocketID)
		f.addName(a.Counterparty)
		f.Cents = append(f.Cents, max(a.Cents, -a.Cents))
	}
	if a := t.trades.Get(id); a != nil {
		t.factsOfPocket(f, a.PocketID)
	}
}

// knowCard is for cards and the orders of cards.
func (t *Tx) knowCard(f *Facts, id uuid.UUID) {
	if c := t.cards.Get(id); c != nil {
		t.factsOfPocket(f, c.PocketID)
		f.addName(c.Name)
	}
	if o := t.cardOrders.Get(id); o != nil {
		t.factsOfPocket(f, o.PocketID)
		f.addName(o.NameOnCard)
	}
}

// knowDocument is for documents, which belong to a customer or to an application.
func (t *Tx) knowDocument(f *Facts, id uuid.UUID) {
	if d := t.documents.Get(id); d != nil {
		t.factsOfCustomer(f, d.Owner)
		t.factsOfApplication(f, d.Owner)
	}
}

func (t *Tx) factsOfCustomer(f *Facts, id uuid.UUID) {
	if c := t.customers.Get(id); c != nil && !slices.Contains(f.Customers, id) {
		f.Customers = append(f.Customers, id)
		f.addName(c.Name)
	}
}

func (t *Tx) factsOfPocket(f *Facts, id uuid.UUID) {
	if p := t.pockets.Get(id); p != nil && !slices.Contains(f.Pockets, id) {
		f.Pockets = append(f.Pockets, id)
		f.addName(p.Name)
		f.addAccount(p.AccountNumber)
		f.addAccount(p.NetworkAddress)
		t.factsOfCustomer(f, p.CustomerID)
	}
}

func (t *Tx) factsOfCounterparty(f *Facts, id uuid.UUID) {
	if c := t.counterparties.Get(id); c != nil {
		t.factsOfCustomer(f, c.CustomerID)
		f.addName(c.Name)
		if c.Holder != nil {
			f.addName(c.Holder.name())
		}
		f.addAccount(c.AccountNumber)
		f.addRouting(c.RoutingNumber)
	}
}

// factsOfApplication knows the applicant. A company that has not submitted yet has its name in the details alone.
func (t *Tx) factsOfApplication(f *Facts, id uuid.UUID) {
	a := t.applications.Get(id)
	if a == nil {
		a = t.businesses.Get(id)
	}
	if a == nil {
		return
	}
	f.addName(a.Customer.Name)
	t.factsOfCustomer(f, a.CustomerID)
	var details struct {
		Name any `json:"name"`
	}
	if json.Unmarshal(a.Details, &details) == nil {
		f.read("name", details.Name)
	}
}
