package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

func TestCreatePocket(t *testing.T) {
	w := open(t)
	customer := w.customer(t)
	for _, c := range []struct {
		name         string
		customer     uuid.UUID
		trading      string
		deposit      string
		reinvestment nullable.Nullable[string]
		status       int
		place        []string
	}{
		{"opens it", customer, "", "UST-4W", nil, http.StatusCreated, nil},
		{"opens it by the strategy's other name", customer, "UST-4W", "", nil, http.StatusCreated, nil},
		{"opens it by both names of one strategy", customer, "UST-4W", "UST-4W", nil, http.StatusCreated, nil},
		{"takes a reinvestment strategy", customer, "", "UST-4W", nullable.NewNullableWithValue("UST-52W"),
			http.StatusCreated, nil},
		{"takes none", customer, "", "UST-4W", nullable.NewNullNullable[string](), http.StatusCreated, nil},
		{"refuses two strategies", customer, "UST-4W", "UST-13W", nil, http.StatusUnprocessableEntity,
			[]string{"body.deposit_strategy_id"}},
		{"refuses an unknown strategy", customer, "", "UST-1W", nil, http.StatusUnprocessableEntity,
			[]string{"body.deposit_strategy_id"}},
		{"refuses an unknown strategy by its other name", customer, "UST-1W", "", nil, http.StatusUnprocessableEntity,
			[]string{"body.trading_strategy_id"}},
		{"refuses an unknown reinvestment strategy", customer, "", "UST-4W", nullable.NewNullableWithValue(""),
			http.StatusUnprocessableEntity, []string{"body.reinvestment_strategy_id"}},
		{"refuses an unknown customer", uuid.New(), "", "UST-4W", nil, http.StatusNotFound, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := partnerapi.CreatePocketRequest{PocketName: "Operating", ReinvestmentStrategyID: c.reinvestment}
			if c.trading != "" {
				in.TradingStrategyID = &c.trading
			}
			if c.deposit != "" {
				in.DepositStrategyID = &c.deposit
			}
			p, err := w.Pockets.Create(t.Context(), c.customer, in)
			if c.status != http.StatusCreated {
				refused(t, err, c.status, c.place...)
				return
			}
			if err != nil || p.Status != partnerapi.PocketStatusOpen || *p.CustomerID != c.customer ||
				p.DepositStrategyID != "UST-4W" || p.PocketName != "Operating" || p.Portfolio.TotalValue.Value != 0 {
				t.Fatalf("CreatePocket = %+v, %v", p, err)
			}
			want, _ := c.reinvestment.Get()
			if got := p.ReinvestmentStrategyID; (got != nil) != (want != "") || got != nil && *got != want {
				t.Errorf("reinvested into %v; want %q", encode(t, got), want)
			}
		})
	}
}

func TestAPocketWithoutAStrategyIsNotOpened(t *testing.T) {
	w := open(t)
	customer := w.customer(t)
	path := "/api/v2/customers/" + customer.String() + "/pockets/"
	for _, body := range []string{`{"pocket_name":"P"}`, `{"pocket_name":"P","pocket_configuration_id":"UST-4W"}`} {
		if got := w.raw(t, uuid.NewString(), http.MethodPost, path, body); got.status != 422 {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	if page, err := w.Pockets.ListForCustomer(t.Context(), customer, nil); err != nil || len(page.Items) != 0 {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestPocketsAreFoundOnlyByTheirCustomer(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0)
	other, _ := w.pockets(t, 0)
	if p, err := w.Pockets.GetForCustomer(t.Context(), customer, pockets[0], nil); err != nil || p.ID != pockets[0] {
		t.Errorf("GetCustomerPocket = %+v, %v", p, err)
	}
	_, err := w.Pockets.GetForCustomer(t.Context(), other, pockets[0], nil)
	refused(t, err, http.StatusNotFound)
	_, err = w.Pockets.GetForCustomer(t.Context(), customer, uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
	_, err = w.Pockets.Get(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
	_, err = w.Pockets.Update(t.Context(), other, pockets[0], partnerapi.UpdatePocketRequest{PocketName: ptr("mine")})
	refused(t, err, http.StatusNotFound)
	_, err = w.Pockets.Update(t.Context(), customer, uuid.New(),
		partnerapi.UpdatePocketRequest{PocketName: ptr("mine")})
	refused(t, err, http.StatusNotFound)
	_, err = w.Pockets.ListForCustomer(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
	// The World of the ledger is no pocket.
	_, err = w.Pockets.Get(t.Context(), uuid.Nil, nil)
	refused(t, err, http.StatusNotFound)
}

// A pocket's portfolio is what buys whole T-bills, and the rest in cash; nothing of it gets lost.
func TestAPortfolioAddsUp(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0)
	var total int64
	for _, amount := range []int64{1, 9961, 1, 9962, 9964, 4_999_999, 12_345} {
		w.fund(t, pockets[0], amount)
		total += amount
		p, err := w.Pockets.Get(t.Context(), pockets[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		sum := p.Portfolio.Cash.Value
		for _, s := range p.Portfolio.Securities {
			value, err := s.Value()
			if err != nil {
				t.Fatal(err)
			}
			bill, ok := value.(partnerapi.FixedIncomeSecurity)
			// A T-bill of 100 dollars costs some cents less.
			if most := bill.Quantity * 100_00; !ok || bill.Quantity < 1 || bill.MarketValue.Value >= most ||
				bill.MarketValue.Value < most*99/100 {
				t.Errorf("a security is %+v", value)
			}
			sum += bill.MarketValue.Value
		}
		if p.Portfolio.TotalValue.Value != total || sum != total || p.Portfolio.Cash.Value < 0 ||
			p.Portfolio.Cash.Value >= 100_00 {
			t.Errorf("after %d cents: cash and securities make %d, the total is %d", total, sum,
				p.Portfolio.TotalValue.Value)
		}
	}
}

func TestUpdatePocket(t *testing.T) {
	w := open(t)
	closed, frozen := partnerapi.PocketStatusClosed, partnerapi.PocketStatusFrozen
	for _, c := range []struct {
		name   string
		cents  []int64 // one pocket each; the first is updated
		change partnerapi.UpdatePocketRequest
		want   string // the problem's type, or nothing
	}{
		{"renames", []int64{5}, partnerapi.UpdatePocketRequest{PocketName: ptr("Reserve")}, ""},
		{"changes the strategies", []int64{5}, partnerapi.UpdatePocketRequest{DepositStrategyID: ptr("UST-13W"),
			ReinvestmentStrategyID: nullable.NewNullableWithValue("UST-26W")}, ""},
		{"takes the reinvestment strategy away", []int64{5},
			partnerapi.UpdatePocketRequest{ReinvestmentStrategyID: nullable.NewNullNullable[string]()}, ""},
		{"leaves the status as it is", []int64{5},
			partnerapi.UpdatePocketRequest{Status: ptr(partnerapi.PocketStatusOpen)}, ""},
		{"closes an empty one", []int64{0, 5}, partnerapi.UpdatePocketRequest{Status: &closed,
			ClosureReason: ptr("done")}, ""},
		{"refuses an unknown strategy", []int64{5}, partnerapi.UpdatePocketRequest{DepositStrategyID: ptr("UST-1W")},
			"unknown_strategy"},
		{"refuses an unknown reinvestment strategy", []int64{5},
			partnerapi.UpdatePocketRequest{ReinvestmentStrategyID: nullable.NewNullableWithValue("x")},
			"unknown_strategy"},
		{"refuses to freeze", []int64{5}, partnerapi.UpdatePocketRequest{Status: &frozen}, "status_not_settable"},
		{"refuses to close without a reason", []int64{0, 5}, partnerapi.UpdatePocketRequest{Status: &closed},
			"closure_reason_missing"},
		{"refuses to close with an empty reason", []int64{0, 5},
			partnerapi.UpdatePocketRequest{Status: &closed, ClosureReason: ptr("")}, "closure_reason_missing"},
		{"refuses to close one with money", []int64{1, 0},
			partnerapi.UpdatePocketRequest{Status: &closed, ClosureReason: ptr("done")}, "pocket_not_empty"},
		{"refuses to close the last one", []int64{0},
			partnerapi.UpdatePocketRequest{Status: &closed, ClosureReason: ptr("done")}, "last_pocket"},
		{"refuses all when a part is wrong", []int64{1, 0},
			partnerapi.UpdatePocketRequest{PocketName: ptr("Reserve"), Status: &closed, ClosureReason: ptr("done")},
			"pocket_not_empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			customer, pockets := w.pockets(t, c.cents...)
			before, err := w.Pockets.Get(t.Context(), pockets[0], nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := w.Pockets.Update(t.Context(), customer, pockets[0], c.change)
			if c.want != "" {
				if refusal := theRefusal(t, err, http.StatusUnprocessableEntity); refusal.Type != c.want ||
					refusal.Detail == "" {
					t.Errorf("refused as %q: %v", refusal.Type, err)
				}
				if after, err := w.Pockets.Get(t.Context(), pockets[0], nil); err != nil ||
					encode(t, after) != encode(t, before) {
					t.Errorf("a refused update changed something: %s, %v", encode(t, after), err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.change.PocketName != nil && p.PocketName != *c.change.PocketName ||
				c.change.Status != nil && p.Status != *c.change.Status ||
				c.change.DepositStrategyID != nil && p.DepositStrategyID != *c.change.DepositStrategyID {
				t.Errorf("UpdatePocket = %+v", p)
			}
			if c.change.ReinvestmentStrategyID.IsSpecified() &&
				encode(t, p.ReinvestmentStrategyID) != encode(t, c.change.ReinvestmentStrategyID) {
				t.Errorf("reinvested into %v", p.ReinvestmentStrategyID)
			}
		})
	}
}

func TestAClosedPocketCannotBeChanged(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0, 0, 0)
	for _, id := range pockets[:2] {
		if _, err := w.Pockets.Update(t.Context(), customer, id,
			partnerapi.UpdatePocketRequest{Status: ptr(partnerapi.PocketStatusClosed),
				ClosureReason: ptr("done")}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.Pockets.Update(t.Context(), customer, pockets[0],
		partnerapi.UpdatePocketRequest{PocketName: ptr("again")})
	if refusal := theRefusal(t, err, http.StatusUnprocessableEntity); refusal.Type != "pocket_closed" {
		t.Errorf("refused as %q", refusal.Type)
	}
	// The closed ones do not count: this is the last open one.
	_, err = w.Pockets.Update(t.Context(), customer, pockets[2],
		partnerapi.UpdatePocketRequest{Status: ptr(partnerapi.PocketStatusClosed), ClosureReason: ptr("done")})
	if refusal := theRefusal(t, err, http.StatusUnprocessableEntity); refusal.Type != "last_pocket" {
		t.Errorf("refused as %q", refusal.Type)
	}
}

func TestListPockets(t *testing.T) {
	w := openAt(t, nil)
	customer, pockets := w.pockets(t, 0, 100, 0)
	_, others := w.pockets(t, 0, 0)
	if _, err := w.Pockets.Update(t.Context(), customer, pockets[0],
		partnerapi.UpdatePocketRequest{Status: ptr(partnerapi.PocketStatusClosed),
			ClosureReason: ptr("done")}); err != nil {
		t.Fatal(err)
	}
	ids := func(page *partnerapi.PocketPage, err error) []uuid.UUID {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		list := []uuid.UUID{}
		for _, p := range page.Items {
			list = append(list, p.ID)
		}
		return list
	}
	open, closed, frozen := partnerapi.PocketStatusOpen, partnerapi.PocketStatusClosed, partnerapi.PocketStatusFrozen
	for _, c := range []struct {
		name     string
		status   []partnerapi.PocketStatus
		all, own []uuid.UUID
	}{
		{"all of them", nil, slices.Concat(pockets, others), pockets},
		{"the open ones", []partnerapi.PocketStatus{open}, slices.Concat(pockets[1:], others), pockets[1:]},
		{"the closed ones", []partnerapi.PocketStatus{closed}, pockets[:1], pockets[:1]},
		{"two kinds", []partnerapi.PocketStatus{open, closed}, slices.Concat(pockets, others), pockets},
		{"none", []partnerapi.PocketStatus{frozen}, []uuid.UUID{}, []uuid.UUID{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ids(w.Pockets.List(t.Context(),
				&partnerapi.ListPocketsParams{FilterStatus: c.status})); !slices.Equal(got, c.all) {
				t.Errorf("ListPockets = %v; want %v", got, c.all)
			}
			if got := ids(w.Pockets.ListForCustomer(t.Context(), customer,
				&partnerapi.ListCustomerPocketsParams{FilterStatus: c.status})); !slices.Equal(got, c.own) {
				t.Errorf("ListCustomerPockets = %v; want %v", got, c.own)
			}
		})
	}

	t.Run("their balances", func(t *testing.T) {
		w.move(t, pockets[1], pockets[2], requested(30))
		balances, err := w.bank.Balances()
		if err != nil || len(balances) != 6 || balances[pockets[1]] != 70 || balances[pockets[2]] != 30 ||
			balances[uuid.Nil] != -100 {
			t.Errorf("Balances = %v, %v", balances, err)
		}
	})

	t.Run("page by page, there and back", func(t *testing.T) {
		all := slices.Concat(pockets, others)
		var there, back []uuid.UUID
		var cursor *string
		for {
			page, err := w.Pockets.List(t.Context(), &partnerapi.ListPocketsParams{Limit: ptr(2), Cursor: cursor})
			there = append(there, ids(page, err)...)
			next, err := page.NextPage.Get()
			if err != nil {
				cursor = ptr(page.PrevPage.MustGet())
				break
			}
			cursor = &next
		}
		for {
			page, err := w.Pockets.List(t.Context(), &partnerapi.ListPocketsParams{Limit: ptr(2), Cursor: cursor})
			back = append(ids(page, err), back...)
			previous, err := page.PrevPage.Get()
			if err != nil {
				break
			}
			cursor = &previous
		}
		if !slices.Equal(there, all) || !slices.Equal(back, all[:4]) {
			t.Errorf("there %v, back %v; want %v", there, back, all)
		}
	})

	t.Run("a bad cursor", func(t *testing.T) {
		_, err := w.Pockets.List(t.Context(), &partnerapi.ListPocketsParams{Cursor: ptr("nonsense")})
		refused(t, err, http.StatusUnprocessableEntity, "query.cursor")
		// One of another list.
		page, err := w.Pockets.List(t.Context(), &partnerapi.ListPocketsParams{Limit: ptr(4)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Pockets.ListForCustomer(t.Context(), customer,
			&partnerapi.ListCustomerPocketsParams{Cursor: ptr(page.NextPage.MustGet())})
		refused(t, err, http.StatusUnprocessableEntity, "query.cursor")
	})
}

func TestAPortfolioCanBeLeftOut(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100)
	omit := []string{"portfolio"}
	one, err := w.Pockets.Get(t.Context(), pockets[0], &partnerapi.GetPocketParams{Omit: omit})
	if err != nil || one.Portfolio != nil {
		t.Errorf("GetPocket = %+v, %v", one, err)
	}
	one, err = w.Pockets.GetForCustomer(t.Context(), customer, pockets[0],
		&partnerapi.GetCustomerPocketParams{Omit: omit})
	if err != nil || one.Portfolio != nil {
		t.Errorf("GetCustomerPocket = %+v, %v", one, err)
	}
	list, err := w.Pockets.ListForCustomer(t.Context(), customer, &partnerapi.ListCustomerPocketsParams{Omit: omit})
	if err != nil || len(list.Items) != 1 || list.Items[0].Portfolio != nil {
		t.Errorf("ListCustomerPockets = %+v, %v", list, err)
	}
}

func TestTradingStrategies(t *testing.T) {
	w := open(t)
	all, err := w.TradingStrategies.List(t.Context())
	if err != nil || all.Offset != 0 || all.Count != int64(len(all.Items)) {
		t.Fatalf("ListTradingStrategies = %+v, %v", all, err)
	}
	var ids []string
	for _, s := range all.Items {
		ids = append(ids, s.ID)
	}
	if want := []string{"UST-4W", "UST-13W", "UST-26W", "UST-52W"}; !slices.Equal(ids, want) {
		t.Errorf("the strategies are %s, want %s", ids, want)
	}
}

func TestFund(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0, 0)
	count := int32(3)
	err := w.Sandbox.FundAccount(t.Context(), nil,
		partnerapi.FundAccountRequest{AccountID: pockets[0], AmountUSDC: 100, Count: &count,
			CompanyName: ptr("Payroll Inc")})
	if err != nil {
		t.Fatal(err)
	}
	w.expect(t, pockets, 300, 0)
	page, err := w.Transactions.ListForPocket(t.Context(), pockets[0], nil)
	if err != nil || !slices.Equal(cents(read(t, page.Items...)), []int64{100, 100, 100}) ||
		!strings.Contains(encode(t, page), "Payroll Inc") {
		t.Errorf("its transactions: %s, %v", encode(t, page), err)
	}
	if _, err := w.Pockets.Update(t.Context(), customer, pockets[1],
		partnerapi.UpdatePocketRequest{Status: ptr(partnerapi.PocketStatusClosed),
			ClosureReason: ptr("done")}); err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]uuid.UUID{"a closed pocket": pockets[1], "an unknown one": uuid.New(),
		"the World": uuid.Nil} {
		t.Run(name, func(t *testing.T) {
			err := w.Sandbox.FundAccount(t.Context(), nil,
				partnerapi.FundAccountRequest{AccountID: id, AmountUSDC: 100})
			refused(t, err, http.StatusUnprocessableEntity, "body.account_id")
		})
	}
}
