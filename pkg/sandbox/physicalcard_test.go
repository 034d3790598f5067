package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

func cardOrder(change ...func(*partnerapi.CreateCardOrderRequest)) partnerapi.CreateCardOrderRequest {
	r := partnerapi.CreateCardOrderRequest{NameOnCard: "J. Customer", ShippingAddress: partnerapi.ShippingAddress{
		StreetAddress: "2000 Allston Way", StreetAddress2: ptr("Suite 5"), City: "Berkeley", PostalCode: "94701",
		State: "CA", Country: "USA"}}
	for _, c := range change {
		c(&r)
	}
	return r
}

// order orders a physical card.
func (w *world) order(t testing.TB, pocket uuid.UUID) uuid.UUID {
	t.Helper()
	o, err := w.PhysicalCards.CreateOrder(t.Context(), pocket, cardOrder())
	return must(t, o, err).CardOrderID
}

// physicalCard orders a card and has it arrive. It is not activated.
func (w *world) physicalCard(t testing.TB, pocket uuid.UUID) uuid.UUID {
	t.Helper()
	order := w.order(t, pocket)
	if err := w.Sandbox.GenerateCard(t.Context(), nil, partnerapi.GenerateCardRequest{CardOrderID: order}); err != nil {
		t.Fatal(err)
	}
	o, err := w.PhysicalCards.GetOrder(t.Context(), pocket, order)
	if err != nil || o.CardID == nil || o.Status != partnerapi.CardOrderStatusReceived {
		t.Fatalf("GetCardOrder = %s, %v", encode(t, o), err)
	}
	return *o.CardID
}

func TestCardsAreOrdered(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0, 0)
	made, err := w.PhysicalCards.CreateOrder(t.Context(), pockets[0], cardOrder())
	if err != nil || made.Status != partnerapi.CardOrderStatusInitial || made.CardID != nil ||
		encode(t, made.ShippingAddress) != encode(t, cardOrder().ShippingAddress) || made.NameOnCard != "J. Customer" {
		t.Fatalf("CreateCardOrder = %s, %v", encode(t, made), err)
	}
	if got, err := w.PhysicalCards.GetOrder(t.Context(), pockets[0], made.CardOrderID); err != nil ||
		encode(t, got) != encode(t, made) {
		t.Errorf("GetCardOrder = %s, %v; want %s", encode(t, got), err, encode(t, made))
	}
	second, other := w.order(t, pockets[0]), w.order(t, pockets[1])
	var own, all []uuid.UUID
	for o, err := range w.PhysicalCards.AllOrders(t.Context(), pockets[0],
		&partnerapi.ListCardOrdersParams{Limit: ptr(1)}) {
		own = append(own, must(t, o, err).CardOrderID)
	}
	for o, err := range w.PhysicalCards.AllOrdersForCustomer(t.Context(), customer,
		&partnerapi.ListCustomerCardOrdersParams{Limit: ptr(2)}) {
		all = append(all, must(t, o, err).CardOrderID)
	}
	want := []uuid.UUID{made.CardOrderID, second, other}
	if encode(t, own) != encode(t, want[:2]) || encode(t, all) != encode(t, want) {
		t.Errorf("ordered are %s and %s; want %s", own, all, want)
	}

	_, err = w.PhysicalCards.GetOrder(t.Context(), pockets[1], made.CardOrderID)
	refused(t, err, http.StatusNotFound)
	_, err = w.PhysicalCards.GetOrder(t.Context(), pockets[0], uuid.New())
	refused(t, err, http.StatusNotFound)
	_, err = w.PhysicalCards.CreateOrder(t.Context(), uuid.New(), cardOrder())
	refused(t, err, http.StatusNotFound)
	_, err = w.PhysicalCards.ListOrders(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
	_, err = w.PhysicalCards.ListOrdersForCustomer(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
}

func TestACardNeedsANameAndAnAddress(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0)
	for _, c := range []struct {
		name   string
		change func(*partnerapi.CreateCardOrderRequest)
		places []string
	}{
		{"a name that is longer than a card", func(r *partnerapi.CreateCardOrderRequest) {
			r.NameOnCard = strings.Repeat("A", 100)
		}, nil},
		{"the country's other name", func(r *partnerapi.CreateCardOrderRequest) { r.ShippingAddress.Country = "US" },
			nil},
		{"a military district", func(r *partnerapi.CreateCardOrderRequest) { r.ShippingAddress.State = "AE" }, nil},
		{"another country", func(r *partnerapi.CreateCardOrderRequest) { r.ShippingAddress.Country = "CA" },
			[]string{"body.shipping_address.country"}},
		{"no state", func(r *partnerapi.CreateCardOrderRequest) { r.ShippingAddress.State = "XX" },
			[]string{"body.shipping_address.state"}},
		{"no name", func(r *partnerapi.CreateCardOrderRequest) { r.NameOnCard = " " }, []string{"body.name_on_card"}},
		{"no address", func(r *partnerapi.CreateCardOrderRequest) {
			r.ShippingAddress.StreetAddress, r.ShippingAddress.City, r.ShippingAddress.PostalCode = "", "\t", ""
		}, []string{"body.shipping_address.street_address", "body.shipping_address.city",
			"body.shipping_address.postal_code"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := encode(t, cardOrder(c.change))
			a := w.raw(t, uuid.NewString(), http.MethodPost,
				"/api/v1/jiko-accounts/"+pockets[0].String()+"/card-orders/", body)
			if c.places == nil && a.status != http.StatusCreated ||
				c.places != nil && a.status != http.StatusUnprocessableEntity {
				t.Fatalf("%d %s", a.status, a.body)
			}
			for _, place := range c.places {
				if loc := encode(t, strings.Split(place, ".")); !strings.Contains(a.body, loc) {
					t.Errorf("refused with %s, not at %s", a.body, loc)
				}
			}
		})
	}
}

func TestACardIsGeneratedOnce(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0)
	order := partnerapi.GenerateCardRequest{CardOrderID: w.order(t, pockets[0])}
	if err := w.Sandbox.GenerateCard(t.Context(), nil, order); err != nil {
		t.Fatal(err)
	}
	for _, body := range []partnerapi.GenerateCardRequest{order, {CardOrderID: uuid.New()}} {
		refused(t, w.Sandbox.GenerateCard(t.Context(), nil, body), http.StatusUnprocessableEntity,
			"body.card_order_id")
	}
	page, err := w.Cards.ListForAccount(t.Context(), pockets[0], nil)
	if err != nil || len(page.Items) != 1 || page.Items[0].Status != partnerapi.CardStatusNotActivated ||
		page.Items[0].Type != partnerapi.CardTypePhysical {
		t.Errorf("ListAccountCards = %s, %v", encode(t, page), err)
	}
}

// What the clock does to cards, in a sandbox whose clock the test moves.
func TestCardsByTheClock(t *testing.T) {
	w := openFrozen(t, ny(2031, 7, 3, 10, 0)) // A Thursday. Friday is a holiday.
	t.Run("an order is made and mailed on business days", w.orderByTheClock)
	t.Run("a payment settles on the next business day", w.paymentByTheClock)
	t.Run("nothing is left", func(t *testing.T) {
		before := w.bank.Time()
		if err := w.bank.RunUntilQuiet(t.Context()); err != nil || !w.bank.Time().Equal(before) {
			t.Errorf("%s until %s: %v", before, w.bank.Time(), err)
		}
	})
}

func (w *world) orderByTheClock(t *testing.T) {
	customer, pockets := w.pockets(t, 0, 0)
	order, generated, never := w.order(t, pockets[0]), w.order(t, pockets[0]), w.order(t, pockets[1])
	w.closePocket(t, customer, pockets[1])
	for _, c := range []struct {
		day, hour int
		want      partnerapi.CardOrderStatus
	}{
		{7, 8, "INITIAL"}, {7, 9, "CARD_CREATED"}, {8, 8, "CARD_CREATED"}, {8, 9, "ORDERED"},
		{15, 8, "ORDERED"}, {15, 9, "RECEIVED"},
	} {
		w.set(t, ny(2031, 7, c.day, c.hour, 0))
		o, err := w.PhysicalCards.GetOrder(t.Context(), pockets[0], order)
		if err != nil || o.Status != c.want || (o.CardID == nil) != (c.want == "INITIAL") {
			t.Errorf("on the %dth at %d:00 it is %s, %v; want %s", c.day, c.hour, encode(t, o), err, c.want)
		}
		if c.want == "ORDERED" && c.day == 8 { // It need not wait for the mail, and is no second card.
			if err := w.Sandbox.GenerateCard(t.Context(), nil,
				partnerapi.GenerateCardRequest{CardOrderID: generated}); err != nil {
				t.Error(err)
			}
		}
	}
	page, err := w.Cards.ListForCustomer(t.Context(), customer, nil)
	if err != nil || len(page.Items) != 2 {
		t.Errorf("two cards were made: %s, %v", encode(t, page), err)
	}
	if o, err := w.PhysicalCards.GetOrder(t.Context(), pockets[1], never); err != nil || o.Status != "INITIAL" {
		t.Errorf("the order of a closed account: %s, %v", encode(t, o), err)
	}
}
