package card_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/card"
)

func TestNewKeyMakesWhatTheProviderAsksFor(t *testing.T) {
	t.Parallel()
	key, err := card.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	public, err := card.ParsePublicKey(key.PublicPEM())
	if err != nil {
		t.Fatal(err)
	}
	if public.N.BitLen() != 4096 || public.E != 65537 {
		t.Errorf("the key has %d bits and exponent %d", public.N.BitLen(), public.E)
	}
	details, err := key.Decrypt(sealCard(key.PublicPEM()))
	if err != nil || details.PAN.Reveal() != "4111111111111111" {
		t.Errorf("Decrypt: %v", err)
	}
}

func TestNewKeyFailsWhereNothingCouldBeDecrypted(t *testing.T) {
	const marker = "CARD_TEST_FIPS"
	if os.Getenv(marker) != "" {
		if key, err := card.NewKey(); err == nil || key != nil || !strings.Contains(err.Error(), "FIPS") {
			t.Errorf("NewKey: %v", err)
		}
		if got, err := card.EncryptPIN(contractPEM, "1234"); err == nil || got != "" ||
			!strings.Contains(err.Error(), "FIPS") {
			t.Errorf("EncryptPIN: %v", err)
		}
		return
	}
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, "-test.v", "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), marker+"=1", "GODEBUG=fips140=only")
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS: "+t.Name()) {
		t.Errorf("in FIPS 140-only mode: %v\n%s", err, output)
	}
}

func TestDecryptOpensWhatTheBankSealed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, begin string
		public      func(*card.Key) string
	}{
		{"under SPKI", "-----BEGIN PUBLIC KEY-----\n", (*card.Key).PublicPEM},
		{"under PKCS#1", "-----BEGIN RSA PUBLIC KEY-----\n", (*card.Key).PublicPKCS1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			key := sharedKey(t)
			public := c.public(key)
			if !strings.HasPrefix(public, c.begin) {
				t.Errorf("the public half begins with %.40q", public)
			}
			if _, err := card.ParsePublicKey(public); err != nil {
				t.Errorf("ParsePublicKey: %v", err)
			}
			details, err := key.Decrypt(sealCard(public))
			if err != nil {
				t.Fatal(err)
			}
			if details.PAN.Reveal() != "4111111111111111" || details.PAN.LastFour() != "1111" ||
				details.CVV.Reveal() != "737" || details.Expiration.Reveal() != "12/2029" {
				t.Error("Decrypt returns something else than was sealed")
			}
		})
	}
}

func TestWhatACardMayHave(t *testing.T) {
	t.Parallel()
	const pan, cvv, expiration = "4111111111111111", "737", "12/2029"
	for _, c := range []struct {
		name, pan, cvv, expiration string
		ok                         bool
	}{
		{"the usual", pan, cvv, expiration, true},
		{"a wrong check digit", "4111111111111112", cvv, expiration, true},
		{"12 digits and 4", "411111111111", "7373", "1229", true},
		{"19 digits and a timestamp", "4111111111111111111", cvv, "2029-12-31T00:00:00+00:00", true},
		{"11 digits", "41111111111", cvv, expiration, false},
		{"20 digits", "41111111111111111111", cvv, expiration, false},
		{"spaces", "4111 1111 1111 1111", cvv, expiration, false},
		{"other digits than ASCII", "411111111111111١", cvv, expiration, false},
		{"a sign", "-4111111111111111", cvv, expiration, false},
		{"no PAN", "", cvv, expiration, false},
		{"a CVV of 2", pan, "73", expiration, false},
		{"a CVV of 5", pan, "73737", expiration, false},
		{"a CVV with a line break", pan, "737\n", expiration, false},
		{"no CVV", pan, "", expiration, false},
		{"the CVV for the PAN", cvv, pan, expiration, false},
		{"no expiration date", pan, cvv, "", false},
		{"a long expiration date", pan, cvv, strings.Repeat("1", 33), false},
		{"an expiration date with a null byte", pan, cvv, "12/29\x00", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			key := sharedKey(t)
			public := key.PublicPEM()
			details, err := key.Decrypt(seal(public, c.pan), seal(public, c.cvv), seal(public, c.expiration))
			if c.ok {
				if err != nil || details.PAN.Reveal() != c.pan || details.CVV.Reveal() != c.cvv ||
					details.Expiration.Reveal() != c.expiration {
					t.Errorf("Decrypt: %v", err)
				}
				return
			}
			//nolint:errorlint // Not even a wrapper may tell causes apart.
			if err != card.ErrDecrypt || details != (card.Details{}) {
				t.Errorf("Decrypt: %v; want ErrDecrypt and no details", err)
			}
			if key.PublicPEM() == "" {
				t.Error("the key is gone: a wrong value can be told from a wrong padding")
			}
		})
	}
}

// Whatever is wrong inside, the error is the same one, and the key behaves the same afterwards.
func TestDecryptDoesNotTellWhatIsWrongInside(t *testing.T) {
	t.Parallel()
	key := sharedKey(t)
	pan, cvv, expiration := sealCard(key.PublicPEM())
	// Raw RSA gives these encodings a wrong padding almost surely: the odds are below one in 60,000.
	noise := base64.StdEncoding.EncodeToString(append([]byte{0}, []byte(strings.Repeat("\x5a", 255))...))
	tooLarge := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\xff", 256)))
	for name, c := range map[string][3]string{
		"the padding of the PAN":           {noise, cvv, expiration},
		"the padding of the CVV":           {pan, noise, expiration},
		"the padding of the date":          {pan, cvv, noise},
		"all paddings":                     {noise, noise, noise},
		"a ciphertext above the modulus":   {tooLarge, cvv, expiration},
		"the value of the PAN":             {seal(key.PublicPEM(), "4111"), cvv, expiration},
		"the value of the CVV":             {pan, seal(key.PublicPEM(), "x"), expiration},
		"a value that is empty":            {pan, cvv, seal(key.PublicPEM(), "")},
		"a padding and the value together": {noise, seal(key.PublicPEM(), "x"), expiration},
	} {
		//nolint:errorlint // Not even a wrapper may tell causes apart.
		if _, err := key.Decrypt(c[0], c[1], c[2]); err != card.ErrDecrypt {
			t.Errorf("%s: %v; want ErrDecrypt alone", name, err)
		}
	}
	if _, err := key.Decrypt(pan, cvv, expiration); err != nil {
		t.Errorf("the right answer after wrong ones: %v", err)
	}
}

func TestDecryptRefusesEverySpellingButOne(t *testing.T) {
	t.Parallel()
	key := sharedKey(t)
	pan, cvv, expiration := sealCard(key.PublicPEM())
	for name, c := range map[string]struct{ text, want string }{
		"nothing": {"", "is empty"},
		"a placeholder": {"LBHyVQggqNZvbYriaL8omZSFnQfS4yMFEO8hpVmgrtn70uYz5w==",
			"has 37 bytes, where the key makes 256"},
		"no padding":      {strings.TrimRight(pan, "="), "base64"},
		"a line break":    {pan[:76] + "\n" + pan[76:], "base64"},
		"a space":         {pan + " ", "base64"},
		"URL-safe base64": {strings.NewReplacer("+", "-", "/", "_").Replace("+/" + pan[2:]), "base64"},
		// The last letter is one of A, Q, g and w; the next one differs in bits that are not used.
		"loose trailing bits": {pan[:len(pan)-3] + string(pan[len(pan)-3]+1) + "==", "base64"},
		"one byte more":       {base64.StdEncoding.EncodeToString(make([]byte, 257)), "has 257 bytes"},
	} {
		for i, member := range []string{"encrypted_pan", "encrypted_cvv", "encrypted_expiration"} {
			members := []string{pan, cvv, expiration}
			members[i] = c.text
			_, err := key.Decrypt(members[0], members[1], members[2])
			if !errors.Is(err, card.ErrMalformed) || !strings.Contains(err.Error(), member) ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v; want ErrMalformed about %s that mentions %q", name, err, member, c.want)
			}
		}
	}
}

func TestAKeyOpensOneCard(t *testing.T) {
	t.Parallel()
	key := sharedKey(t)
	public := key.PublicPEM()
	if again := key.PublicPEM(); again != public {
		t.Error("PublicPEM differs when it is read again for a retry")
	}
	if _, err := key.Decrypt(sealCard(public)); err != nil {
		t.Fatal(err)
	}
	// The same answer, another card, and what could not be opened at all.
	pan, cvv, expiration := sealCard(public)
	for _, c := range [][3]string{{pan, cvv, expiration}, {cvv, pan, expiration}, {}} {
		if details, err := key.Decrypt(c[0], c[1], c[2]); !errors.Is(err, card.ErrKeyUsed) ||
			details != (card.Details{}) {
			t.Errorf("Decrypt with a used key: %v; want ErrKeyUsed", err)
		}
	}
	if key.PublicPEM() != "" || key.PublicPKCS1() != "" {
		t.Error("a used key still has a public half to send")
	}
}

func TestAKeyThatNobodyMade(t *testing.T) {
	t.Parallel()
	var key card.Key
	if _, err := key.Decrypt("", "", ""); !errors.Is(err, card.ErrKeyUsed) || key.PublicPEM() != "" ||
		key.PublicPKCS1() != "" {
		t.Errorf("Decrypt: %v; want ErrKeyUsed", err)
	}
}

func TestOfManyDecryptionsOneWins(t *testing.T) {
	t.Parallel()
	key := sharedKey(t)
	pan, cvv, expiration := sealCard(key.PublicPEM())
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			_ = key.PublicPEM()
			_ = fmt.Sprintf("%+v", key)
			_, errs[i] = key.Decrypt(pan, cvv, expiration)
		})
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, card.ErrKeyUsed):
			t.Errorf("Decrypt: %v; want ErrKeyUsed", err)
		}
	}
	if won != 1 {
		t.Errorf("%d decryptions succeeded", won)
	}
}

func TestAKeyPrintsNothingOfItself(t *testing.T) {
	t.Parallel()
	key := sharedKey(t)
	encoded, err := json.Marshal(map[string]any{"key": key})
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%v %+v %#v %s %d %x %s %+v", key, key, key, key, key, key, encoded,
		struct{ key *card.Key }{key})
	for _, secret := range []string{bankPair().D.String(), bankPair().D.Text(16), bankPair().Primes[0].String()} {
		if strings.Contains(text, secret[:20]) {
			t.Errorf("a key prints its private half")
		}
	}
}

// Whatever the details are within their limits, they arrive.
func TestDetailsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		pan := rapid.StringMatching(`[0-9]{12,19}`).Draw(rt, "pan")
		cvv := rapid.StringMatching(`[0-9]{3,4}`).Draw(rt, "cvv")
		expiration := rapid.StringMatching(`[ -~]{1,32}`).Draw(rt, "expiration")
		key := sharedKey(t)
		public := key.PublicPEM()
		details, err := key.Decrypt(seal(public, pan), seal(public, cvv), seal(public, expiration))
		if err != nil || details.PAN.Reveal() != pan || details.CVV.Reveal() != cvv ||
			details.Expiration.Reveal() != expiration || details.PAN.LastFour() != pan[len(pan)-4:] {
			rt.Fatalf("Decrypt: %v", err)
		}
	})
}

// Nothing that a server answers makes Decrypt panic, and it fails with no other errors than the documented ones.
func FuzzDecrypt(f *testing.F) {
	public := sharedKey(f).PublicPEM()
	pan, cvv, expiration := sealCard(public)
	f.Add(pan, cvv, expiration)
	f.Add("", "", "")
	f.Add("string", "string", "string")
	f.Add(base64.StdEncoding.EncodeToString(make([]byte, 256)), seal(public, "12"), seal(public, ""))
	f.Fuzz(func(t *testing.T, pan, cvv, expiration string) {
		key := sharedKey(t)
		details, err := key.Decrypt(pan, cvv, expiration)
		if err == nil {
			if n := len(details.PAN.Reveal()); n < 12 || n > 19 || key.PublicPEM() != "" {
				t.Fatalf("Decrypt succeeds with a PAN of %d digits, or leaves the key", n)
			}
			return
		}
		if (!errors.Is(err, card.ErrMalformed) && !errors.Is(err, card.ErrDecrypt)) || details != (card.Details{}) ||
			key.PublicPEM() == "" {
			t.Fatalf("Decrypt: %v, or details beside it, or the key is gone", err)
		}
	})
}
