package sandbox_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// openPortal opens one more portal of a pocket.
func (w *world) openPortal(t testing.TB, pocket uuid.UUID) *partnerapi.AccountPortal {
	t.Helper()
	p, err := w.Portals.CreateForAccount(t.Context(), pocket, partnerapi.CreateAccountPortalRequest{Name: "Payroll"})
	return must(t, p, err)
}

// portalStatuses are those of a pocket's portals, oldest first.
func (w *world) portalStatuses(t testing.TB, pocket uuid.UUID) []partnerapi.PortalStatus {
	t.Helper()
	list, err := w.Portals.ListForAccount(t.Context(), pocket)
	if err != nil {
		t.Fatal(err)
	}
	var all []partnerapi.PortalStatus
	for _, p := range list.Portals {
		all = append(all, p.Status)
	}
	return all
}

const (
	portalOpen   = partnerapi.PortalStatusOpen
	portalClosed = partnerapi.PortalStatusClosed
)

func TestAPocketHasAPortalFromItsBeginning(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0)
	list, err := w.Portals.ListForAccount(t.Context(), pockets[0])
	if err != nil || list.Count != 1 || len(list.Portals) != 1 || list.Portals[0].JikoAccountID != pockets[0] ||
		list.Portals[0].Status != portalOpen || len(list.Portals[0].RoutingNumber) != 9 ||
		list.Portals[0].AccountNumber == "" {
		t.Errorf("ListForAccount = %s, %v", encode(t, list), err)
	}
}

// The portals of an account are those of the pocket: both versions show the same.
func TestThePortalsOfAPocket(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0, 0)
	old := w.openPortal(t, pockets[0])
	made, err := w.Portals.Create(t.Context(), pockets[0], partnerapi.CreatePortalRequest{Name: "Invoices"})
	if err != nil || made.Name != "Invoices" || made.Status != portalOpen || *made.PocketID != pockets[0] ||
		*made.AccountNumber == old.AccountNumber || *made.RoutingNumber != old.RoutingNumber ||
		made.DepositAddress != nil {
		t.Fatalf("Create = %s, %v", encode(t, made), err)
	}
	first := must1(w.Portals.ListForAccount(t.Context(), pockets[0]))(t).Portals[0].ID
	second := must1(w.Portals.ListForAccount(t.Context(), pockets[1]))(t).Portals[0].ID
	v1 := must1(w.Portals.GetForAccount(t.Context(), pockets[0], made.ID))(t)
	if v1.AccountNumber != *made.AccountNumber || v1.Name != made.Name {
		t.Errorf("GetForAccount = %s; want %s", encode(t, v1), encode(t, made))
	}
	v2 := must1(w.Portals.Get(t.Context(), pockets[0], made.ID))(t)
	if encode(t, v2) != encode(t, made) {
		t.Errorf("Get = %s; want %s", encode(t, v2), encode(t, made))
	}

	var ofPocket, ofCustomer []uuid.UUID
	for p, err := range w.Portals.AllForPocket(t.Context(), pockets[0],
		&partnerapi.ListPocketPortalsParams{Limit: ptr(2)}) {
		ofPocket = append(ofPocket, must(t, p, err).ID)
	}
	if want := []uuid.UUID{first, old.ID, made.ID}; !slices.Equal(ofPocket, want) {
		t.Errorf("the pocket has %v; want %v", ofPocket, want)
	}
	for p, err := range w.Portals.AllForCustomer(t.Context(), customer,
		&partnerapi.ListCustomerPortalsParams{Limit: ptr(1)}) {
		ofCustomer = append(ofCustomer, must(t, p, err).ID)
	}
	if want := []uuid.UUID{first, second, old.ID, made.ID}; !slices.Equal(ofCustomer, want) {
		t.Errorf("the customer has %v; want %v", ofCustomer, want)
	}
	page := must1(w.Portals.ListForPocket(t.Context(), pockets[0], nil))(t)
	if page.Portals != nil || page.Count != nil || !page.NextPage.IsNull() || len(page.Items) != 3 {
		t.Errorf("ListForPocket = %s", encode(t, page))
	}
}

// must1 is must for calls that return two values.
func must1[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		return must(t, v, err)
	}
}

func TestAPortalIsRenamedAndClosedForGood(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0)
	old := w.openPortal(t, pockets[0])
	renamed, err := w.Portals.UpdateForAccount(t.Context(), pockets[0], old.ID,
		partnerapi.UpdateAccountPortalRequest{Name: "Payroll 2026"})
	if err != nil || renamed.Name != "Payroll 2026" || renamed.AccountNumber != old.AccountNumber {
		t.Errorf("UpdateForAccount = %s, %v", encode(t, renamed), err)
	}
	made := must1(w.Portals.Create(t.Context(), pockets[0], partnerapi.CreatePortalRequest{Name: "Invoices"}))(t)
	for _, c := range []struct {
		name   string
		change partnerapi.UpdatePortalRequest
		want   string
		status partnerapi.PortalStatus
	}{
		{"nothing", partnerapi.UpdatePortalRequest{}, "Invoices", portalOpen},
		{"the name", partnerapi.UpdatePortalRequest{Name: ptr("Receipts")}, "Receipts", portalOpen},
		{"both", partnerapi.UpdatePortalRequest{Name: ptr("Old"),
			Status: ptr(partnerapi.UpdatePortalRequestStatusClosed)}, "Old", portalClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := w.Portals.Update(t.Context(), pockets[0], made.ID, c.change); err != nil {
				t.Fatal(err)
			}
			seen := must1(w.Portals.Get(t.Context(), pockets[0], made.ID))(t)
			if seen.Name != c.want || seen.Status != c.status {
				t.Errorf("it is %s", encode(t, seen))
			}
		})
	}
	if err := w.Portals.CloseForAccount(t.Context(), pockets[0], old.ID); err != nil {
		t.Fatal(err)
	}
	if got, want := w.portalStatuses(t, pockets[0]), []partnerapi.PortalStatus{portalOpen, portalClosed,
		portalClosed}; !slices.Equal(got, want) {
		t.Errorf("the portals are %v", got)
	}
	refused(t, w.Portals.CloseForAccount(t.Context(), pockets[0], old.ID), http.StatusPreconditionFailed)
	for _, change := range []partnerapi.UpdatePortalRequest{{Name: ptr("again")},
		{Status: ptr(partnerapi.UpdatePortalRequestStatusClosed)}} {
		err := w.Portals.Update(t.Context(), pockets[0], old.ID, change)
		refused(t, err, http.StatusUnprocessableEntity, "path.portal_id")
	}
	_, err = w.Portals.UpdateForAccount(t.Context(), pockets[0], old.ID,
		partnerapi.UpdateAccountPortalRequest{Name: "again"})
	refused(t, err, http.StatusUnprocessableEntity, "path.portal_id")
	_, err = w.Portals.GetFundingInstructions(t.Context(), pockets[0], old.ID)
	refused(t, err, http.StatusUnprocessableEntity, "path.portal_id")
}

func TestAPortalSaysHowToPay(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0)
	p := w.openPortal(t, pockets[0])
	seen, err := w.Portals.GetFundingInstructions(t.Context(), pockets[0], p.ID)
	if err != nil || *seen.AccountNumber != p.AccountNumber || *seen.RoutingNumber != p.RoutingNumber ||
		*seen.NameOnAccount != "Jiko Customer" || *seen.InstitutionName != "Sandbox Bank (not a bank)" ||
		seen.DepositAddress != nil {
		t.Errorf("GetFundingInstructions = %s, %v", encode(t, seen), err)
	}
}

func TestNobodyHasThePortalOfAnother(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0, 0)
	p := w.openPortal(t, pockets[0])
	for _, c := range []struct {
		name           string
		pocket, portal uuid.UUID
	}{
		{"another pocket", pockets[1], p.ID}, {"no pocket", uuid.New(), p.ID}, {"no portal", pockets[0], uuid.New()},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.Portals.Get(t.Context(), c.pocket, c.portal)
			refused(t, err, http.StatusNotFound)
			_, err = w.Portals.GetForAccount(t.Context(), c.pocket, c.portal)
			refused(t, err, http.StatusNotFound)
			_, err = w.Portals.GetFundingInstructions(t.Context(), c.pocket, c.portal)
			refused(t, err, http.StatusNotFound)
			_, err = w.Portals.UpdateForAccount(t.Context(), c.pocket, c.portal,
				partnerapi.UpdateAccountPortalRequest{Name: "mine"})
			refused(t, err, http.StatusNotFound)
			refused(t, w.Portals.Update(t.Context(), c.pocket, c.portal, partnerapi.UpdatePortalRequest{}),
				http.StatusNotFound)
			refused(t, w.Portals.CloseForAccount(t.Context(), c.pocket, c.portal), http.StatusNotFound)
		})
	}
	none := uuid.New()
	_, err := w.Portals.ListForAccount(t.Context(), none)
	refused(t, err, http.StatusNotFound)
	_, err = w.Portals.ListForPocket(t.Context(), none, nil)
	refused(t, err, http.StatusNotFound)
	_, err = w.Portals.ListForCustomer(t.Context(), none, nil)
	refused(t, err, http.StatusNotFound)
	_, err = w.Portals.CreateForAccount(t.Context(), none, partnerapi.CreateAccountPortalRequest{Name: "x"})
	refused(t, err, http.StatusNotFound)
	_, err = w.Portals.Create(t.Context(), none, partnerapi.CreatePortalRequest{Name: "x"})
	refused(t, err, http.StatusNotFound)
	_, err = w.Portals.ListForPocket(t.Context(), pockets[0], &partnerapi.ListPocketPortalsParams{Cursor: ptr("x")})
	refused(t, err, http.StatusUnprocessableEntity, "query.cursor")
}

func TestThePortalsCloseWithTheirPocket(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0, 0)
	w.openPortal(t, pockets[0])
	w.closePocket(t, customer, pockets[0])
	closed := []partnerapi.PortalStatus{portalClosed, portalClosed}
	if got := w.portalStatuses(t, pockets[0]); !slices.Equal(got, closed) {
		t.Errorf("the portals are %v", got)
	}
	_, err := w.Portals.CreateForAccount(t.Context(), pockets[0], partnerapi.CreateAccountPortalRequest{Name: "x"})
	refused(t, err, http.StatusUnprocessableEntity, "path.account_id")
	_, err = w.Portals.Create(t.Context(), pockets[0], partnerapi.CreatePortalRequest{Name: "x"})
	refused(t, err, http.StatusUnprocessableEntity, "path.pocket_id")
	w.closeCustomer(t, customer)
	if got := w.portalStatuses(t, pockets[1]); !slices.Equal(got, closed[:1]) {
		t.Errorf("the portals of the other pocket are %v", got)
	}
}

// Money comes in by the oldest portal that is open, and by none if there is none.
func TestMoneyComesInByAPortal(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100)
	first := must1(w.Portals.ListForAccount(t.Context(), pockets[0]))(t).Portals[0].ID
	by := func(portal uuid.UUID) []int64 {
		page := must1(w.Transactions.ListForPocket(t.Context(), pockets[0],
			&partnerapi.ListPocketTransactionsParams{FilterPortal: []uuid.UUID{portal}}))(t)
		return cents(read(t, page.Items...))
	}
	closing := func(portal uuid.UUID) {
		if err := w.Portals.CloseForAccount(t.Context(), pockets[0], portal); err != nil {
			t.Fatal(err)
		}
	}
	closing(first)
	err := w.Sandbox.FundAccount(t.Context(), nil,
		partnerapi.FundAccountRequest{AccountID: pockets[0], AmountUSDC: 1})
	refused(t, err, http.StatusUnprocessableEntity, "body.account_id")
	second := w.openPortal(t, pockets[0]).ID
	w.fund(t, pockets[0], 7)
	if one, two := by(first), by(second); !slices.Equal(one, []int64{100}) || !slices.Equal(two, []int64{7}) {
		t.Errorf("%v came in by the first, %v by the second", one, two)
	}
	w.expect(t, pockets, 107)
}
