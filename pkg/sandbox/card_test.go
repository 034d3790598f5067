package sandbox_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/card"
)

func (w *world) setPIN(t testing.TB) string {
	t.Helper()
	keys, err := w.Security.ListPublicKeys(t.Context())
	return *must(t, keys, err).SetPIN
}

func TestTheKeyForPINsIsPublic(t *testing.T) {
	w := open(t)
	key, err := card.ParsePublicKey(w.setPIN(t))
	if err != nil || key.N.BitLen() != 4096 {
		t.Errorf("the key is %v, %v", key, err)
	}
	for range 2 {
		a := w.raw(t, uuid.NewString(), http.MethodGet, "/api/v1/public-keys/", "",
			func(r *http.Request) { r.Header = http.Header{} })
		if want := encode(t, partnerapi.PublicKeys{SetPIN: ptr(w.setPIN(t))}); a.status != http.StatusOK ||
			strings.TrimSpace(a.body) != want {
			t.Errorf("without a token: %d %s; want %s", a.status, a.body, want)
		}
	}
}

func TestSetPIN(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0, 0)
	plastic, virtual := w.physicalCard(t, pockets[0]), w.virtualCard(t, pockets[0])
	gone := w.physicalCard(t, pockets[0])
	if err := w.Cards.Close(t.Context(), pockets[0], gone, cardClosure("DAMAGED")); err != nil {
		t.Fatal(err)
	}
	public, err := card.ParsePublicKey(w.setPIN(t))
	if err != nil {
		t.Fatal(err)
	}
	seal := func(key *rsa.PublicKey, text string) string {
		//nolint:staticcheck // SA1019: it is what the provider asks for.
		ciphertext, err := rsa.EncryptPKCS1v15(rand.Reader, key, []byte(text))
		return base64.StdEncoding.EncodeToString(must(t, ciphertext, err))
	}
	pin, err := card.EncryptPIN(w.setPIN(t), "0420")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		account   uuid.UUID
		card      uuid.UUID
		encrypted string
		status    int
		place     []string
	}{
		{"sets it", pockets[0], plastic, pin, http.StatusOK, nil},
		{"sets it again", pockets[0], plastic, seal(public, "9999"), http.StatusOK, nil},
		{"refuses three digits", pockets[0], plastic, seal(public, "123"), 422, []string{"body.encrypted_pin"}},
		{"refuses five digits", pockets[0], plastic, seal(public, "12345"), 422, []string{"body.encrypted_pin"}},
		{"refuses letters", pockets[0], plastic, seal(public, "12a4"), 422, []string{"body.encrypted_pin"}},
		{"refuses another key's", pockets[0], plastic, seal(nobodysKey(t, 4096), "1234"), 422,
			[]string{"body.encrypted_pin"}},
		{"refuses a short text", pockets[0], plastic, pin[:8], 422, []string{"body.encrypted_pin"}},
		{"refuses what is not base64", pockets[0], plastic, marker + "!", 422, []string{"body.encrypted_pin"}},
		{"refuses a PIN in the clear", pockets[0], plastic, "1234", 422, []string{"body.encrypted_pin"}},
		{"refuses a virtual card", pockets[0], virtual, pin, 422, []string{"path.card_id"}},
		{"refuses a closed card", pockets[0], gone, pin, 422, []string{"path.card_id"}},
		{"does not find another account's card", pockets[1], plastic, pin, 404, nil},
		{"does not find an unknown card", pockets[0], uuid.New(), pin, 404, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, err := w.Cards.SetPIN(t.Context(), c.account, c.card,
				partnerapi.SetCardPINRequest{EncryptedPIN: c.encrypted})
			if c.status != http.StatusOK {
				refused(t, err, c.status, c.place...)
				return
			}
			if err != nil || !result.Success {
				t.Errorf("SetCardPIN = %+v, %v", result, err)
			}
		})
	}
}

func (w *world) setStatus(t testing.TB, account, card uuid.UUID, status partnerapi.SettableCardStatus) (
	*partnerapi.CardState, error) {
	t.Helper()
	return w.Cards.SetStatus(t.Context(), account, card, partnerapi.SetCardStatusRequest{Status: &status})
}

func TestACardIsLockedAndOpened(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0, 0)
	id := w.virtualCard(t, pockets[0])
	for _, status := range []partnerapi.SettableCardStatus{"LOCKED", "LOCKED", "OPEN", "OPEN"} {
		set, err := w.setStatus(t, pockets[0], id, status)
		if err != nil || string(set.Status) != string(status) || set.CardID != id {
			t.Fatalf("SetCardStatus = %+v, %v", set, err)
		}
		if got, err := w.Cards.GetStatus(t.Context(), pockets[0], id); err != nil || *got != *set {
			t.Errorf("GetCardStatus = %+v, %v; want %+v", got, err, set)
		}
	}
	_, err := w.Cards.SetStatus(t.Context(), pockets[0], id, partnerapi.SetCardStatusRequest{})
	refused(t, err, http.StatusUnprocessableEntity, "body")
	_, err = w.Cards.SetStatus(t.Context(), pockets[0], id,
		partnerapi.SetCardStatusRequest{MagstripeStatus: ptr("DISABLED")})
	refused(t, err, http.StatusUnprocessableEntity, "body.magstripe_status")
	_, err = w.setStatus(t, pockets[1], id, "OPEN")
	refused(t, err, http.StatusNotFound)
	_, err = w.Cards.GetStatus(t.Context(), pockets[1], id)
	refused(t, err, http.StatusNotFound)
	_, err = w.Cards.GetStatus(t.Context(), pockets[0], uuid.New())
	refused(t, err, http.StatusNotFound)
}

func TestAPhysicalCardIsActivated(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0)
	id := w.physicalCard(t, pockets[0])
	_, err := w.setStatus(t, pockets[0], id, "LOCKED")
	refused(t, err, http.StatusUnprocessableEntity, "body.status")
	_, err = w.setStatus(t, pockets[0], id, "OPEN") // It has no PIN yet.
	refused(t, err, http.StatusUnprocessableEntity, "body.status")
	pin, err := card.EncryptPIN(w.setPIN(t), "1234")
	if err == nil {
		_, err = w.Cards.SetPIN(t.Context(), pockets[0], id, partnerapi.SetCardPINRequest{EncryptedPIN: pin})
	}
	if err != nil {
		t.Fatal(err)
	}
	opened, err := w.setStatus(t, pockets[0], id, "OPEN")
	if err != nil || opened.Status != partnerapi.CardStatusOpen || opened.MagstripeStatus != nil {
		t.Fatalf("SetCardStatus = %+v, %v", opened, err)
	}
	for _, c := range []struct {
		status *partnerapi.SettableCardStatus
		stripe *string
		want   partnerapi.CardStatus
	}{
		{nil, ptr("DISABLED"), partnerapi.CardStatusOpen},
		{ptr(partnerapi.SettableCardStatusLocked), nil, partnerapi.CardStatusLocked},
	} {
		set, err := w.Cards.SetStatus(t.Context(), pockets[0], id,
			partnerapi.SetCardStatusRequest{Status: c.status, MagstripeStatus: c.stripe})
		if err != nil || set.Status != c.want || *set.MagstripeStatus != "DISABLED" {
			t.Errorf("SetCardStatus = %s, %v", encode(t, set), err)
		}
	}
	_, err = w.Cards.SetStatus(t.Context(), pockets[0], id, partnerapi.SetCardStatusRequest{MagstripeStatus: ptr("")})
	refused(t, err, http.StatusUnprocessableEntity, "body.magstripe_status")
}

func cardClosure(reason partnerapi.CardClosureReason, date ...time.Time) partnerapi.CloseCardRequest {
	r := partnerapi.CloseCardRequest{ClosureReason: reason}
	for _, d := range date {
		r.LostStolenDate = &openapi_types.Date{Time: d}
	}
	return r
}

func TestCloseCard(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0, 0)
	yesterday, tomorrow := w.bank.Time().AddDate(0, 0, -1), w.bank.Time().AddDate(0, 0, 2)
	for _, c := range []struct {
		name string
		body partnerapi.CloseCardRequest
		ok   bool
	}{
		{"a lost one", cardClosure("LOST", yesterday), true},
		{"a stolen one", cardClosure("STOLEN", yesterday), true},
		{"a damaged one", cardClosure("DAMAGED"), true},
		{"one that never came", cardClosure("NEVER_RECEIVED"), true},
		{"an expired one", cardClosure("EXPIRED"), true},
		{"one that is not wanted", cardClosure("CANCELED"), true},
		{"a lost one, nobody knows when", cardClosure("LOST"), false},
		{"a stolen one, nobody knows when", cardClosure("STOLEN"), false},
		{"one that will be stolen", cardClosure("STOLEN", tomorrow), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := w.virtualCard(t, pockets[0])
			refused(t, w.Cards.Close(t.Context(), pockets[1], id, c.body), http.StatusNotFound)
			err := w.Cards.Close(t.Context(), pockets[0], id, c.body)
			if !c.ok {
				refused(t, err, http.StatusUnprocessableEntity, "body.lost_stolen_date")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			refused(t, w.Cards.Close(t.Context(), pockets[0], id, c.body), http.StatusUnprocessableEntity,
				"path.card_id")
			_, err = w.setStatus(t, pockets[0], id, "OPEN")
			refused(t, err, http.StatusUnprocessableEntity, "path.card_id")
		})
	}
}

func cardIDs(page *partnerapi.CardPage) []uuid.UUID {
	ids := []uuid.UUID{}
	for _, c := range page.Items {
		ids = append(ids, c.CardID)
	}
	return ids
}

func TestCardsAreListed(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0, 0)
	a, b, other := w.virtualCard(t, pockets[0]), w.physicalCard(t, pockets[0]), w.virtualCard(t, pockets[1])
	if _, err := w.setStatus(t, pockets[0], a, "LOCKED"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		statuses []partnerapi.CardStatus
		want     []uuid.UUID // of the customer; that of the first pocket is the same without the last
	}{
		{"all", nil, []uuid.UUID{a, b, other}},
		{"locked ones", []partnerapi.CardStatus{"LOCKED"}, []uuid.UUID{a}},
		{"locked and new ones", []partnerapi.CardStatus{"NOT_ACTIVATED", "LOCKED"}, []uuid.UUID{a, b}},
		{"open ones", []partnerapi.CardStatus{"OPEN"}, []uuid.UUID{other}},
		{"frozen ones", []partnerapi.CardStatus{"FROZEN"}, []uuid.UUID{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, err := w.Cards.ListForCustomer(t.Context(), customer,
				&partnerapi.ListCustomerCardsParams{FilterStatus: c.statuses})
			if err != nil || !slices.Equal(cardIDs(page), c.want) {
				t.Errorf("ListCustomerCards = %s, %v; want %s", encode(t, page), err, c.want)
			}
			page, err = w.Cards.ListForAccount(t.Context(), pockets[0],
				&partnerapi.ListAccountCardsParams{FilterStatus: c.statuses})
			own := slices.DeleteFunc(slices.Clone(c.want), func(id uuid.UUID) bool { return id == other })
			if err != nil || !slices.Equal(cardIDs(page), own) {
				t.Errorf("ListAccountCards = %s, %v; want %s", encode(t, page), err, own)
			}
		})
	}
	var all []partnerapi.Card
	for c, err := range w.Cards.AllForCustomer(t.Context(), customer,
		&partnerapi.ListCustomerCardsParams{Limit: ptr(1)}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if len(all) != 3 || *all[1].PocketID != pockets[0] || *all[2].PocketID != pockets[1] ||
		all[1].Type != partnerapi.CardTypePhysical || all[1].Name != "J. Customer" {
		t.Errorf("page by page: %s", encode(t, all))
	}
	for limit, want := range map[int]int{1: 1, 2: 2, 1 << 40: 2} {
		page, err := w.Cards.ListForAccount(t.Context(), pockets[0], &partnerapi.ListAccountCardsParams{Limit: &limit})
		if err != nil || len(page.Items) != want {
			t.Errorf("with a limit of %d: %s, %v", limit, encode(t, page), err)
		}
	}
	_, err := w.Cards.ListForAccount(t.Context(), pockets[0], &partnerapi.ListAccountCardsParams{Limit: ptr(0)})
	refused(t, err, http.StatusUnprocessableEntity, "query.limit")
	_, err = w.Cards.ListForAccount(t.Context(), pockets[0], &partnerapi.ListAccountCardsParams{Cursor: ptr("x")})
	refused(t, err, http.StatusUnprocessableEntity, "query.cursor")
	_, err = w.Cards.ListForAccount(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
	_, err = w.Cards.ListForCustomer(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
}

func TestCardsCloseWithTheirPocket(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0, 0)
	cards := []uuid.UUID{w.virtualCard(t, pockets[0]), w.physicalCard(t, pockets[0])}
	other := w.virtualCard(t, pockets[1])
	ordered := w.order(t, pockets[0])
	w.closePocket(t, customer, pockets[0])
	page, err := w.Cards.ListForCustomer(t.Context(), customer,
		&partnerapi.ListCustomerCardsParams{FilterStatus: []partnerapi.CardStatus{"CLOSED"}})
	if err != nil || !slices.Equal(cardIDs(page), cards) {
		t.Errorf("closed are %s, %v; want %s", encode(t, page), err, cards)
	}
	if state, err := w.Cards.GetStatus(t.Context(), pockets[1], other); err != nil || state.Status != "OPEN" {
		t.Errorf("the other pocket's card: %+v, %v", state, err)
	}
	_, err = w.VirtualCards.Create(t.Context(), pockets[0], newPublicKey(t))
	refused(t, err, http.StatusUnprocessableEntity, "path.account_id")
	_, err = w.PhysicalCards.CreateOrder(t.Context(), pockets[0], cardOrder())
	refused(t, err, http.StatusUnprocessableEntity, "path.account_id")
	refused(t, w.Sandbox.GenerateCard(t.Context(), nil, partnerapi.GenerateCardRequest{CardOrderID: ordered}),
		http.StatusUnprocessableEntity, "body.card_order_id")
}
