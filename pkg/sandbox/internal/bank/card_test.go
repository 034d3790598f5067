package bank

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// publicKey is a public key that nobody has the other half of, different for each n.
func publicKey(n int64) string {
	number := new(big.Int).Lsh(big.NewInt(1), cardKeyBits-1)
	key := &rsa.PublicKey{N: number.Add(number, big.NewInt(2*n+1)), E: 65537}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(key)}))
}

// newCard makes a virtual card for the first pocket. n tells its key from others.
func (w *world) newCard(t tester, n int64) (id uuid.UUID) {
	t.Helper()
	w.do(t, func(x *Tx) error {
		c, _, err := x.CreateVirtualCard(w.first, publicKey(n))
		if err == nil {
			id = c.ID
		}
		return err
	})
	return id
}

func (w *world) card(t tester, id uuid.UUID) (c *Card) {
	t.Helper()
	w.look(t, func(x *Tx) { c = x.cards.Get(id) })
	return c
}

// toldOfCards returns the events about cards so far, without their first word: "status.open OPEN" and
// "transaction.approved 100".
func (w *world) toldOfCards(t tester) (all []string) {
	t.Helper()
	w.look(t, func(x *Tx) {
		x.events.All().Each(func(e *Event) bool {
			var payload struct {
				CardID    uuid.UUID `json:"card_id"`
				AccountID uuid.UUID `json:"account_id"`
				Status    string    `json:"status"`
				Amount    int64     `json:"amount"`
			}
			kind, ok := strings.CutPrefix(e.Type, "card.")
			err := json.Unmarshal(e.Payload, &payload)
			if !ok || err != nil || e.CustomerID != w.customer || x.cards.Get(payload.CardID) == nil {
				t.Fatalf("an event is %+v, %s", e, e.Payload)
			}
			if payload.Status != "" {
				all = append(all, kind+" "+payload.Status)
				return true
			}
			if payload.AccountID != w.first {
				t.Fatalf("an event is %+v, %s", e, e.Payload)
			}
			all = append(all, fmt.Sprint(kind, " ", payload.Amount))
			return true
		})
	})
	return all
}

func (w *world) setCard(id uuid.UUID, status CardStatus) error {
	return w.Do(context.Background(), func(x *Tx) error {
		_, err := x.SetCardStatus(w.first, id, CardChange{Status: &status})
		return err
	})
}

func TestACardTellsOfItsStatus(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 10:00", 0)
	id := w.newCard(t, 1)
	for _, status := range []CardStatus{CardLocked, CardLocked, CardOpen} {
		if err := w.setCard(id, status); err != nil {
			t.Fatal(err)
		}
	}
	refusedAt(t, w.setCard(id, CardFrozen), "body", "status")
	w.do(t, func(x *Tx) error { return x.CloseCard(w.first, id, CardClosure{Reason: CardCanceled}) })
	want := []string{"status.open OPEN", "status.locked LOCKED", "status.open OPEN", "status.closed CLOSED"}
	if got := w.toldOfCards(t); !slices.Equal(got, want) {
		t.Errorf("told of %q; want %q", got, want)
	}
}

func TestAFrozenCardStaysFrozen(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 10:00", 10_000)
	id := w.newCard(t, 1)
	w.do(t, func(x *Tx) error {
		frozen := *x.cards.Get(id)
		frozen.Status = CardFrozen
		x.cards.Update(x.tx, &frozen)
		return nil
	})
	refusedAt(t, w.setCard(id, CardOpen), "body", "status")
	refusedAt(t, w.setCard(id, CardLocked), "body", "status")
	w.do(t, func(x *Tx) error { return x.Swipe(id, 1) })
	w.expect(t, 10_000, 0, 0)
	w.do(t, func(x *Tx) error { return x.CloseCard(w.first, id, CardClosure{Reason: CardCanceled}) })
}

func TestACardExpiresWithItsMonth(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-02-15 10:00", 0)
	id := w.newCard(t, 1)
	if got := w.card(t, id).expiration(); got != "02/2030" {
		t.Errorf("it is good until %s", got)
	}
	w.until(t, "2030-02-28 23:59")
	if c := w.card(t, id); c.Status != CardOpen {
		t.Errorf("in its last minute it is %s", c.Status)
	}
	w.until(t, "2030-03-01 00:00")
	if c := w.card(t, id); c.Status != CardClosed || c.Reason != CardExpired {
		t.Errorf("then it is %s, %s", c.Status, c.Reason)
	}
	// It does not expire twice.
	w.until(t, "2035-01-01 00:00")
	if got := w.toldOfCards(t); len(got) != 2 {
		t.Errorf("told of %q", got)
	}
}

func TestANumberOfACardIsNeverPrinted(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 10:00", 0)
	c := w.card(t, w.newCard(t, 1))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{c.PAN, c, *c, &c.PAN} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, string(c.PAN)) || strings.Contains(text, fmt.Sprintf("%x", string(c.PAN))) {
				t.Errorf("%s of a %T is %s", verb, v, text)
			}
		}
	}
}

// Two banks that are asked the same say the same, what is encrypted included.
func TestCardsAreMadeAgainAsTheyWere(t *testing.T) {
	t.Parallel()
	play := func() (SealedCard, [32]byte) {
		w := openAt(t, "2026-07-15 10:00", 10_000)
		var sealed SealedCard
		w.do(t, func(x *Tx) error {
			c, s, err := x.CreateVirtualCard(w.first, publicKey(1))
			if err != nil {
				return err
			}
			sealed = s
			return x.Swipe(c.ID, 100)
		})
		hash, err := w.Hash()
		if err != nil {
			t.Fatal(err)
		}
		return sealed, hash
	}
	first, hash := play()
	if again, hashAgain := play(); again != first || hashAgain != hash {
		t.Error("the second time it is another card")
	}
	if first.PAN == first.CVV || len(first.PAN) != 684 {
		t.Errorf("encrypted is %+v", first)
	}
}

// Luhn's digit finds every digit that is wrong, and every two neighbours that are swapped, except 09 and 90.
func TestTheCheckDigitFindsMistakes(t *testing.T) {
	t.Parallel()
	for digits, want := range map[string]byte{"7992739871": '3', "411111111111111": '1', "0": '0', "": '0'} {
		if got := luhn(digits); got != want {
			t.Errorf("behind %q belongs %c; want %c", digits, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		right := issuer + rapid.StringMatching(`[0-9]{9}`).Draw(t, "payload")
		right += string(luhn(right))
		if !CardNumber(right).isPAN() {
			t.Fatalf("%s is no number", right)
		}
		i := rapid.IntRange(len(issuer), panDigits-1).Draw(t, "i")
		wrong := []byte(right)
		wrong[i] = byte('0' + (int(wrong[i]-'0')+rapid.IntRange(1, 9).Draw(t, "by"))%10)
		if CardNumber(wrong).isPAN() {
			t.Fatalf("%s and %s are numbers", right, wrong)
		}
		swapped := []byte(right)
		a, b := &swapped[i-1], &swapped[i]
		if *a == *b || *a+*b == '0'+'9' && (*a == '0' || *b == '0') {
			return
		}
		*a, *b = *b, *a
		if CardNumber(swapped).isPAN() {
			t.Fatalf("%s and %s are numbers", right, swapped)
		}
	})
}

func TestCheckNoticesWhatIsWrongWithCards(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Tx, *Card, *Swipe){
		"a number of another issuer": func(x *Tx, c *Card, _ *Swipe) { c.PAN = "4111111111111111" },
		"somebody else's pocket":     func(x *Tx, c *Card, _ *Swipe) { c.CustomerID = uuid.New() },
		"a closed card with a hold":  func(x *Tx, c *Card, _ *Swipe) { c.Status = CardClosed },
		"a hold of less":             func(x *Tx, _ *Card, s *Swipe) { s.Cents-- },
		"a hold for ever":            func(x *Tx, _ *Card, s *Swipe) { s.SettlesAt = time.Time{} },
		"a payment that is over":     func(x *Tx, _ *Card, s *Swipe) { s.Status = SwipeDeclined },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := openAt(t, "2026-07-15 10:00", 10_000)
			id := w.newCard(t, 1)
			w.do(t, func(x *Tx) error { return x.Swipe(id, 100) })
			_ = w.Do(t.Context(), func(x *Tx) error {
				c, s := *x.cards.Get(id), &Swipe{}
				x.swipes.All().Each(func(found *Swipe) bool { *s = *found; return false })
				spoil(x, &c, s)
				x.cards.Update(x.tx, &c)
				x.swipes.Update(x.tx, s)
				if x.check() == nil {
					t.Error("nobody notices")
				}
				return notFound() // It is undone.
			})
		})
	}
}

// Whatever is sent for a PIN, what is accepted are four digits, and what is refused is not repeated.
func FuzzPIN(f *testing.F) {
	for _, seed := range []string{"", "1234", "MTIzNA==", strings.Repeat("A", 683) + "=", strings.Repeat("/",
		683) + "=",
		strings.Repeat("A", 683) + "\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, encrypted string) {
		pin, err := decryptPIN(encrypted)
		if err == nil && len(pin) == pinDigits {
			return
		}
		refusedAt(t, err, "body", "encrypted_pin")
		if len(encrypted) > 16 && strings.Contains(err.Error(), encrypted) {
			t.Errorf("%q is repeated: %v", encrypted, err)
		}
	})
}
