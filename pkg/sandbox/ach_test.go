package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/partner"
)

// payee is a verified counterparty of a kind, named Jane Doe.
func (w *world) payee(t testing.TB, customer uuid.UUID, kind string) uuid.UUID {
	t.Helper()
	id, err := w.bank.AddVerified(t.Context(), customer, kind)
	return must(t, id, err)
}

// origination asks for a transfer over ACH, with changes.
func origination(counterparty uuid.UUID, direction partnerapi.ACHDirection, cents int64,
	change ...func(*partnerapi.CreateACHOriginationRequest)) partnerapi.CreateACHOriginationRequest {
	request := partnerapi.CreateACHOriginationRequest{CounterpartyID: counterparty, Direction: direction,
		AmountUSDC: cents}
	for _, c := range change {
		c(&request)
	}
	return request
}

const (
	debit  = partnerapi.ACHDirectionDebit
	credit = partnerapi.ACHDirectionCredit
)

func TestCreateACHOrigination(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100)
	jane := w.payee(t, customer, "ACH")
	for _, c := range []struct {
		name        string
		request     partnerapi.CreateACHOriginationRequest
		status      partnerapi.ACHStatus
		code        partnerapi.ACHSECCode
		description string
	}{
		{"a debit", origination(jane, debit, 1), "PENDING", "WEB", "Funding TX"},
		{"the largest one that there is", origination(jane, debit, 9_999_999_999), "PENDING", "WEB", "Funding TX"},
		{"a credit", origination(jane, credit, 40), "PENDING", "WEB", "Release TX"},
		{"a credit of the last cent", origination(jane, credit, 60), "PENDING", "WEB", "Release TX"},
		{"a credit of more than there is", origination(jane, credit, 1), "REJECTED", "WEB", "Release TX"},
		{"one that says why", origination(jane, debit, 1, func(r *partnerapi.CreateACHOriginationRequest) {
			r.CompanyEntryDescription = ptr("Rent 2026")
			r.PaymentRelatedInformation = []string{"July", "August"}
		}), "PENDING", "WEB", "Rent 2026"},
		{"one of a company", origination(jane, debit, 1, func(r *partnerapi.CreateACHOriginationRequest) {
			r.SECCode, r.CompanyEntryDescription = ptr(partnerapi.CreateACHSECCodeCCD), ptr("Invoice")
		}), "PENDING", "CCD", "Invoice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			made, err := w.ACH.Create(t.Context(), pockets[0], c.request)
			if err != nil {
				t.Fatal(err)
			}
			if made.Status != c.status || made.SECCode != c.code || made.CompanyEntryDescription != c.description ||
				made.Amount.Value != c.request.AmountUSDC || made.Direction != c.request.Direction ||
				made.CounterpartyID != jane || made.JikoAccountID != pockets[0] ||
				!slices.Equal(made.PaymentRelatedInformation, c.request.PaymentRelatedInformation) {
				t.Errorf("it is %s", encode(t, made))
			}
			seen, err := w.ACH.Get(t.Context(), pockets[0], made.ID)
			if err != nil || seen.ID != made.ID || !seen.TimeCreated.Equal(made.TimeCreated) {
				t.Errorf("later it is %s, %v", encode(t, seen), err)
			}
		})
	}
	w.expect(t, pockets, 0)
}

func TestACHOriginationsThatAreRefused(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100, 0)
	jane, wired := w.payee(t, customer, "ACH"), w.payee(t, customer, "WIRE")
	stranger := w.payee(t, w.customer(t), "ACH")
	if _, err := w.Pockets.Update(t.Context(), customer, pockets[1], partnerapi.UpdatePocketRequest{
		Status: ptr(partnerapi.PocketStatusClosed), ClosureReason: ptr("done")}); err != nil {
		t.Fatal(err)
	}
	ccd := func(r *partnerapi.CreateACHOriginationRequest) { r.SECCode = ptr(partnerapi.CreateACHSECCodeCCD) }
	for _, c := range []struct {
		name    string
		account uuid.UUID
		request partnerapi.CreateACHOriginationRequest
		status  int
		places  []string
	}{
		{"of nothing", pockets[0], origination(jane, credit, 0), 422, []string{"body.amount_usdc"}},
		{"of less than nothing", pockets[0], origination(jane, debit, -1), 422, []string{"body.amount_usdc"}},
		{"of more than an entry has room for", pockets[0], origination(jane, debit, 10_000_000_000), 422,
			[]string{"body.amount_usdc"}},
		{"of a company without a word", pockets[0], origination(jane, debit, 1, ccd), 422,
			[]string{"body.company_entry_description"}},
		{"with nobody", pockets[0], origination(uuid.New(), debit, 1), 422, []string{"body.counterparty_id"}},
		{"with somebody else's counterparty", pockets[0], origination(stranger, debit, 1), 422,
			[]string{"body.counterparty_id"}},
		{"with a counterparty for wires", pockets[0], origination(wired, credit, 1), 422,
			[]string{"body.counterparty_id"}},
		{"of a closed pocket", pockets[1], origination(jane, debit, 1), 422, []string{"path.account_id"}},
		{"of no pocket", uuid.New(), origination(jane, debit, 1), 404, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.ACH.Create(t.Context(), c.account, c.request)
			refused(t, err, c.status, c.places...)
		})
	}
	t.Run("with a word of eleven letters", func(t *testing.T) {
		a := w.raw(t, uuid.NewString(), http.MethodPost, "/api/v1/jiko-accounts/"+pockets[0].String()+
			"/ach-originating/", `{"counterparty_id":"`+jane.String()+`","direction":"DEBIT","amount_usdc":1,`+
			`"company_entry_description":"12345678901"}`)
		if a.status != 422 || !strings.Contains(a.body, "company_entry_description") {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	w.expect(t, pockets, 100, 0)
	page, err := w.ACH.ListForCustomer(t.Context(), customer, nil)
	if err != nil || len(page.Items) != 0 {
		t.Errorf("there are %+v, %v", page, err)
	}
}

func TestACHOriginationLists(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100, 0)
	jane := w.payee(t, customer, "ACH")
	// The amount names the origination.
	for _, o := range []struct {
		pocket    int
		direction partnerapi.ACHDirection
		cents     int64
	}{{0, debit, 1}, {0, credit, 2}, {1, debit, 3}, {0, credit, 1000}, {0, debit, 5}} {
		if _, err := w.ACH.Create(t.Context(), pockets[o.pocket], origination(jane, o.direction, o.cents)); err != nil {
			t.Fatal(err)
		}
	}
	names := func(items []partnerapi.ACHOrigination) []int64 {
		all := []int64{}
		for _, o := range items {
			all = append(all, o.Amount.Value)
		}
		return all
	}
	approved, rejected := partnerapi.ACHStatusApproved, partnerapi.ACHStatusRejected
	for _, c := range []struct {
		name       string
		params     partnerapi.ListACHOriginationsParams
		one, whole []int64
	}{
		{"newest first", partnerapi.ListACHOriginationsParams{}, []int64{5, 1000, 2, 1}, []int64{5, 1000, 3, 2, 1}},
		{"of a status", partnerapi.ListACHOriginationsParams{FilterStatus: []partnerapi.ACHStatus{rejected}},
			[]int64{1000}, []int64{1000}},
		{"of two statuses", partnerapi.ListACHOriginationsParams{
			FilterStatus: []partnerapi.ACHStatus{rejected, approved}}, []int64{5, 1000, 2, 1},
			[]int64{5, 1000, 3, 2, 1}},
		{"of a direction", partnerapi.ListACHOriginationsParams{Direction: ptr(debit)}, []int64{5, 1},
			[]int64{5, 3, 1}},
		{"of both", partnerapi.ListACHOriginationsParams{Direction: ptr(credit),
			FilterStatus: []partnerapi.ACHStatus{approved}}, []int64{2}, []int64{2}},
		{"of what there is none", partnerapi.ListACHOriginationsParams{Direction: ptr(debit),
			FilterStatus: []partnerapi.ACHStatus{rejected}}, []int64{}, []int64{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, err := w.ACH.List(t.Context(), pockets[0], &c.params)
			if err != nil || !slices.Equal(names(page.Items), c.one) {
				t.Errorf("of the pocket: %+v, %v; want %v", page, err, c.one)
			}
			whole, err := w.ACH.ListForCustomer(t.Context(), customer, &partnerapi.ListCustomerACHOriginationsParams{
				FilterStatus: c.params.FilterStatus, Direction: c.params.Direction})
			if err != nil || !slices.Equal(names(whole.Items), c.whole) {
				t.Errorf("of the customer: %+v, %v; want %v", whole, err, c.whole)
			}
		})
	}
	t.Run("page by page", func(t *testing.T) {
		var one, whole []int64
		for o, err := range w.ACH.All(t.Context(), pockets[0], &partnerapi.ListACHOriginationsParams{Limit: ptr(3)}) {
			one = append(one, must(t, o, err).Amount.Value)
		}
		for o, err := range w.ACH.AllForCustomer(t.Context(), customer,
			&partnerapi.ListCustomerACHOriginationsParams{Limit: ptr(2)}) {
			whole = append(whole, must(t, o, err).Amount.Value)
		}
		if !slices.Equal(one, []int64{5, 1000, 2, 1}) || !slices.Equal(whole, []int64{5, 1000, 3, 2, 1}) {
			t.Errorf("%v, %v", one, whole)
		}
		first, err := w.ACH.List(t.Context(), pockets[0], &partnerapi.ListACHOriginationsParams{Limit: ptr(1)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.ACH.List(t.Context(), pockets[1],
			&partnerapi.ListACHOriginationsParams{Cursor: ptr(first.NextPage.MustGet())})
		refused(t, err, 422, "query.cursor")
	})
	t.Run("of what is not there", func(t *testing.T) {
		_, err := w.ACH.List(t.Context(), uuid.New(), nil)
		refused(t, err, 404)
		_, err = w.ACH.ListForCustomer(t.Context(), uuid.New(), nil)
		refused(t, err, 404)
		_, err = w.ACH.Get(t.Context(), pockets[0], uuid.New())
		refused(t, err, 404)
		page, err := w.ACH.List(t.Context(), pockets[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.ACH.Get(t.Context(), pockets[0], page.Items[0].ID)
		refused(t, err, 404)
	})
}

// A Wednesday morning: what is paid then is on its way for a week.
func TestPaymentsTakeTheirTime(t *testing.T) {
	morning := time.Date(2026, 7, 15, 13, 0, 0, 0, time.UTC) // 9:00 in New York.
	w := openAt(t, func() time.Time { return morning })
	customer, pockets := w.pockets(t, 0, 0)
	w.fund(t, pockets[0], 1000_00)
	jane, wired := w.payee(t, customer, "ACH"), w.payee(t, customer, "INTERNATIONAL_WIRE")
	in, err := w.ACH.Create(t.Context(), pockets[1], origination(jane, debit, 200_00))
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.ACH.Create(t.Context(), pockets[0], origination(jane, credit, 300_00))
	if err != nil {
		t.Fatal(err)
	}
	wire := uuid.New()
	if err := w.Wires.Create(t.Context(), pockets[0], partnerapi.CreateWireRequest{WireID: &wire,
		CounterpartyID: wired, AmountUSDC: ptr[int64](100_00), Description: ptr("Invoice 1")}); err != nil {
		t.Fatal(err)
	}
	w.expect(t, pockets, 600_00, 0)
	// A transaction as the API shows it: what it is, what the pocket sees, and how far it is.
	type line struct {
		kind   partnerapi.TransactionType
		cents  int64
		status partnerapi.BookingStatus
	}
	for _, c := range []struct {
		at      string
		in, out partnerapi.ACHStatus
		wire    partnerapi.WireStatus
		first   []line
		second  []line
	}{
		{"2026-07-15T13:00:00Z", "APPROVED", "APPROVED", "PROCESSING", []line{{"WIRE", -100_00, "BOOKED"},
			{"ACH", -300_00, "BOOKED"}, {"ACH", 1000_00, "BOOKED"}}, nil},
		{"2026-07-15T16:00:00Z", "IN_TRANSIT", "APPROVED", "PROCESSING", []line{{"WIRE", -100_00, "BOOKED"},
			{"ACH", -300_00, "BOOKED"}, {"ACH", 1000_00, "BOOKED"}}, nil},
		{"2026-07-15T21:00:00Z", "PROCESSED", "APPROVED", "SUCCESS", []line{{"WIRE", -100_00, "SETTLED"},
			{"ACH", -300_00, "BOOKED"}, {"ACH", 1000_00, "BOOKED"}}, []line{{"ACH", 200_00, "BOOKED"}}},
		{"2026-07-16T16:00:00Z", "PROCESSED", "IN_TRANSIT", "SUCCESS", []line{{"WIRE", -100_00, "SETTLED"},
			{"ACH", -300_00, "BOOKED"}, {"ACH", 1000_00, "BOOKED"}}, []line{{"ACH", 200_00, "BOOKED"}}},
		{"2026-07-17T13:00:00Z", "PROCESSED", "PROCESSED", "SUCCESS", []line{{"WIRE", -100_00, "SETTLED"},
			{"ACH", -300_00, "BOOKED"}, {"ACH", 1000_00, "SETTLED"}}, []line{{"ACH", 200_00, "SETTLED"}}},
		{"2026-07-20T13:00:00Z", "PROCESSED", "PROCESSED", "SUCCESS", []line{{"WIRE", -100_00, "SETTLED"},
			{"ACH", -300_00, "SETTLED"}, {"ACH", 1000_00, "SETTLED"}}, []line{{"ACH", 200_00, "SETTLED"}}},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.bank.SetClock(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		// A client whose token has just expired again would wait before it logs in.
		client := w.inProcess(t, partner.Config{Username: username, Password: password, SigningSecret: signingSecret})
		seenIn, err := client.ACH.Get(t.Context(), pockets[1], in.ID)
		seenOut, failed := client.ACH.Get(t.Context(), pockets[0], out.ID)
		if err != nil || failed != nil || seenIn.Status != c.in || seenOut.Status != c.out {
			t.Errorf("at %s they are %s and %s, %v, %v", c.at, encode(t, seenIn), encode(t, seenOut), err, failed)
		}
		if seen, err := client.Wires.Get(t.Context(), wire); err != nil || *seen.Status != c.wire {
			t.Errorf("at %s the wire is %s, %v", c.at, encode(t, seen), err)
		}
		for i, want := range [][]line{c.first, c.second} {
			page, err := client.Transactions.ListForPocket(t.Context(), pockets[i], nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []line
			for _, x := range page.Items {
				v, err := x.Value()
				if err != nil {
					t.Fatal(err)
				}
				l := line{}
				var direction partnerapi.TransactionDirection
				switch v := v.(type) {
				case partnerapi.ACHTransaction:
					l, direction = line{"ACH", v.Amount.Value, v.Status}, v.Direction
					if v.Amount.Value != 1000_00 && (len(*v.TraceNumber) != 15 || *v.CompanyName != "Jiko Customer") {
						t.Errorf("a transaction is %s", encode(t, v))
					}
				case partnerapi.WireTransaction:
					l, direction = line{"WIRE", v.Amount.Value, v.Status}, v.Direction
					if *v.WireID != wire || *v.CounterpartyName != "Jane Doe" || v.Description != "Invoice 1" {
						t.Errorf("a transaction is %s", encode(t, v))
					}
				default:
					t.Fatalf("a transaction is a %T", v)
				}
				if direction == partnerapi.TransactionDirectionDebit {
					l.cents = -l.cents
				}
				got = append(got, l)
			}
			if !slices.Equal(got, want) {
				t.Errorf("at %s pocket %d has seen %v; want %v", c.at, i, got, want)
			}
		}
	}
}
