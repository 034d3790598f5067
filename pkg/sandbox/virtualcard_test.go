package sandbox_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// pair is the pair of keys of a cardholder. One of many primes is weaker, and much faster to make.
func pair(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	//nolint:staticcheck // SA1019: see above.
	key, err := rsa.GenerateMultiPrimeKey(rand.Reader, 48, 4096)
	return must(t, key, err)
}

// nobodysKey is a public key of so many bits for cards whose details nobody reads: it is a number.
func nobodysKey(t testing.TB, bits int) *rsa.PublicKey {
	t.Helper()
	number := make([]byte, bits/8)
	if _, err := rand.Read(number); err != nil {
		t.Fatal(err)
	}
	number[0] |= 0x80
	number[len(number)-1] |= 1
	return &rsa.PublicKey{N: new(big.Int).SetBytes(number), E: 65537}
}

func pkcs1(key *rsa.PublicKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(key)}))
}

func spki(t testing.TB, key *rsa.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(t, der, err)}))
}

func newPublicKey(t testing.TB) partnerapi.PublicKeyRequest {
	t.Helper()
	return partnerapi.PublicKeyRequest{PublicKey: pkcs1(nobodysKey(t, 4096))}
}

// virtualCard makes a card whose details nobody reads.
func (w *world) virtualCard(t testing.TB, pocket uuid.UUID) uuid.UUID {
	t.Helper()
	made, err := w.VirtualCards.Create(t.Context(), pocket, newPublicKey(t))
	return must(t, made, err).CardID
}

// unseal opens what was encrypted under the public half of a pair.
func unseal(t testing.TB, key *rsa.PrivateKey, sealed string) string {
	t.Helper()
	ciphertext, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	//nolint:staticcheck // SA1019: it is what the provider encrypts with.
	text, err := rsa.DecryptPKCS1v15(nil, key, ciphertext)
	return string(must(t, text, err))
}

// isLuhn reports whether the digits of a card number add up.
func isLuhn(pan string) bool {
	sum := 0
	for i, c := range pan {
		d := int(c - '0')
		if (len(pan)-i)%2 == 0 {
			d = d*2/10 + d*2%10
		}
		sum += d
	}
	return sum%10 == 0
}

func TestAVirtualCardIsReadByItsHolderAlone(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0)
	first, second := pair(t), pair(t)
	made, err := w.VirtualCards.Create(t.Context(), pockets[0],
		partnerapi.PublicKeyRequest{PublicKey: pkcs1(&first.PublicKey)})
	if err != nil {
		t.Fatal(err)
	}
	pan, cvv := unseal(t, first, made.EncryptedPAN), unseal(t, first, made.EncryptedCVV)
	expiration := unseal(t, first, made.EncryptedExpiration)
	// No issuer's numbers begin with 999999, so this is nobody's card.
	if !regexp.MustCompile(`^999999\d{10}$`).MatchString(pan) || !isLuhn(pan) {
		t.Errorf("%q is no number of a card of the sandbox", pan)
	}
	if !regexp.MustCompile(`^\d{3}$`).MatchString(cvv) ||
		expiration != w.bank.Time().AddDate(4, 0, 0).Format("01/2006") {
		t.Errorf("the CVV is %q, the expiration %q", cvv, expiration)
	}

	again, err := w.VirtualCards.Get(t.Context(), pockets[0], made.CardID,
		partnerapi.PublicKeyRequest{PublicKey: spki(t, &second.PublicKey)})
	if err != nil || again.CardID != made.CardID || unseal(t, second, again.EncryptedPAN) != pan {
		t.Errorf("the card is another one when it is read again: %v", err)
	}

	page, err := w.Cards.ListForAccount(t.Context(), pockets[0], nil)
	if err != nil || len(page.Items) != 1 || page.Items[0].Name != "Jiko Customer" ||
		page.Items[0].Type != partnerapi.CardTypeVirtual || page.Items[0].Status != partnerapi.CardStatusOpen {
		t.Errorf("ListAccountCards = %s, %v", encode(t, page), err)
	}
	if strings.Contains(encode(t, page), pan) || strings.Contains(w.log.String(), pan) {
		t.Error("the number of the card is shown in the clear")
	}

	other, err := w.VirtualCards.Create(t.Context(), pockets[0],
		partnerapi.PublicKeyRequest{PublicKey: pkcs1(nobodysKey(t, 4096))})
	if err != nil || other.CardID == made.CardID {
		t.Errorf("a second card is %v, %v", other, err)
	}
}

func TestWhichKeysTheDetailsOfACardAreEncryptedUnder(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0)
	card := w.virtualCard(t, pockets[0])
	used, fresh := nobodysKey(t, 4096), nobodysKey(t, 4096)
	if _, err := w.VirtualCards.Create(t.Context(), pockets[0],
		partnerapi.PublicKeyRequest{PublicKey: pkcs1(used)}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, key, rule string }{
		{"none", "", "public_key"},
		{"no PEM", "ssh-rsa " + marker, "public_key"},
		{"a private key", "-----BEGIN PRIVATE KEY-----\n" + marker + "\n-----END PRIVATE KEY-----", "public_key"},
		{"one of 2048 bits", pkcs1(nobodysKey(t, 2048)), "public_key_size"},
		{"one of 8192 bits", spki(t, nobodysKey(t, 8192)), "public_key_size"},
		{"one that made another card", pkcs1(used), "public_key_used"},
		{"one that made another card, in its other form", spki(t, used), "public_key_used"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := partnerapi.PublicKeyRequest{PublicKey: c.key}
			_, err := w.VirtualCards.Create(t.Context(), pockets[0], body)
			refusal := theRefusal(t, err, http.StatusUnprocessableEntity, "body.public_key")
			if refusal.Fields[0].Rule != c.rule {
				t.Errorf("refused by the rule %q; want %q", refusal.Fields[0].Rule, c.rule)
			}
			_, err = w.VirtualCards.Get(t.Context(), pockets[0], card, body)
			refused(t, err, http.StatusUnprocessableEntity, "body.public_key")
		})
	}
	// What is refused takes no effect: neither is there a card, nor is the key used.
	body := partnerapi.PublicKeyRequest{PublicKey: spki(t, fresh)}
	_, err := w.VirtualCards.Create(t.Context(), uuid.New(), body)
	refused(t, err, http.StatusNotFound)
	_, err = w.VirtualCards.Get(t.Context(), pockets[0], uuid.New(), body)
	refused(t, err, http.StatusNotFound)
	if page, err := w.Cards.ListForAccount(t.Context(), pockets[0], nil); err != nil || len(page.Items) != 2 {
		t.Errorf("there are the cards %s, %v", encode(t, page), err)
	}
	if _, err := w.VirtualCards.Get(t.Context(), pockets[0], card, body); err != nil {
		t.Error(err)
	}
}

// A repeat is the same request, so its key is not used twice.
func TestARepeatedCreationOfACardIsAnsweredAlike(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0)
	target, key := "/api/v1/jiko-accounts/"+pockets[0].String()+"/virtual-cards/", uuid.NewString()
	body := encode(t, newPublicKey(t))
	first := w.raw(t, key, http.MethodPost, target, body)
	again := w.raw(t, key, http.MethodPost, target, body)
	if first.status != http.StatusCreated || again.status != first.status || again.body != first.body {
		t.Errorf("%d %s, then %d %s", first.status, first.body, again.status, again.body)
	}
	if a := w.raw(t, uuid.NewString(), http.MethodPost, target, body); a.status != http.StatusUnprocessableEntity {
		t.Errorf("another request with this public key: %d %s", a.status, a.body)
	}
}

func TestAVirtualCardIsClosedForGood(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0, 0)
	card := w.virtualCard(t, pockets[0])
	refused(t, w.VirtualCards.Close(t.Context(), pockets[1], card), http.StatusNotFound)
	refused(t, w.VirtualCards.Close(t.Context(), pockets[0], uuid.New()), http.StatusNotFound)
	if err := w.VirtualCards.Close(t.Context(), pockets[0], card); err != nil {
		t.Fatal(err)
	}
	state, err := w.Cards.GetStatus(t.Context(), pockets[0], card)
	if err != nil || state.Status != partnerapi.CardStatusClosed {
		t.Errorf("GetCardStatus = %+v, %v", state, err)
	}
	refused(t, w.VirtualCards.Close(t.Context(), pockets[0], card), http.StatusUnprocessableEntity, "path.card_id")
	_, err = w.VirtualCards.Get(t.Context(), pockets[0], card, newPublicKey(t))
	refused(t, err, http.StatusUnprocessableEntity, "path.card_id")

	plastic := w.physicalCard(t, pockets[0])
	refused(t, w.VirtualCards.Close(t.Context(), pockets[0], plastic), http.StatusNotFound)
	_, err = w.VirtualCards.Get(t.Context(), pockets[0], plastic, newPublicKey(t))
	refused(t, err, http.StatusNotFound)
}
