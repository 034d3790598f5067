package contracttest

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/card"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

const (
	// madeLocal stands before the name of a variable that has a time, of which it is what a clock shows: without Z.
	madeLocal = "local "
	// madePlain stands before the name of a variable that has a UUID, and is that without its hyphens.
	madePlain = "plain "
	// madeDay stands before numbers of years and of days: the day that lies so far from the server's own.
	madeDay = "day "
	// madeShifted stands before a time and the name of a variable that has a moment: that much later, or earlier.
	madeShifted = "shifted "
)

// pin is the one that is set.
const pin = "0420"

// make makes what no server gives. All of it comes from the seed, so that a run sends the same each time.
func (r *run) make(made recipe.Made, vs variables) (string, error) {
	switch made {
	case recipe.MadeUUID:
		return r.uuid(), nil
	case recipe.MadePublicKey:
		return publicKey(r.random), nil
	case recipe.MadeEncryptedPIN:
		return r.encryptedPIN(fmt.Sprint(vs["set_pin"]))
	}
	if name, ok := strings.CutPrefix(string(made), madeLocal); ok {
		return strings.TrimSuffix(fmt.Sprint(vs[name]), "Z"), nil
	}
	if name, ok := strings.CutPrefix(string(made), madePlain); ok {
		return strings.ReplaceAll(fmt.Sprint(vs[name]), "-", ""), nil
	}
	if name, by, ok := shifted(made); ok {
		moment, err := time.Parse(time.RFC3339, fmt.Sprint(vs[name]))
		return moment.Add(by).Format(time.RFC3339Nano), err
	}
	return "", fmt.Errorf("nobody can make a %q", made)
}

// makeAt makes what depends on the server, too.
func (r *run) makeAt(ctx context.Context, made recipe.Made, vs variables) (string, error) {
	years, days, ok := daysFrom(made)
	if !ok {
		return r.make(made, vs)
	}
	if !r.controls {
		return "", errors.New("nobody knows which day it is at the server")
	}
	now, err := r.serverTime(ctx)
	return now.UTC().AddDate(years, 0, days).Format(time.DateOnly), err
}

// daysFrom is how many years and days a day lies from today.
func daysFrom(made recipe.Made) (years, days int, ok bool) {
	if text, isDay := strings.CutPrefix(string(made), madeDay); isDay {
		n, err := fmt.Sscanf(text, "%d %d", &years, &days)
		return years, days, err == nil && n == 2 && text == fmt.Sprintf("%d %d", years, days)
	}
	return 0, 0, false
}

// shift makes the moment that comes so much after the one of a variable, or before it.
func shift(name string, by time.Duration) recipe.Made {
	return recipe.Made(fmt.Sprintf("%s%s %s", madeShifted, by, name))
}

// shifted are the variable and the time of what shift makes.
func shifted(made recipe.Made) (name string, by time.Duration, ok bool) {
	text, ok := strings.CutPrefix(string(made), madeShifted)
	length, name, _ := strings.Cut(text, " ")
	by, err := time.ParseDuration(length)
	return name, by, ok && err == nil
}

// drawn are so many bytes, of which none is zero.
func drawn(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(1 + random.UintN(255)) //nolint:gosec // It fits.
	}
	return b
}

// publicKey is one of 4096 bits whose private half nobody has: what is encrypted under it is not read.
func publicKey(random *rand.Rand) string {
	number := drawn(random, 512)
	number[0] |= 0x80
	number[len(number)-1] |= 1
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(number), E: 65537}
	block := &pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(key)}
	return string(pem.EncodeToMemory(block))
}

// encryptedPIN is a PIN under the server's key by PKCS#1 v1.5. Package rsa takes its padding from nobody but itself;
// this one comes from the seed, which would not do for a PIN that is a secret.
func (r *run) encryptedPIN(publicKey string) (string, error) {
	key, err := card.ParsePublicKey(publicKey)
	if err != nil {
		return "", err
	}
	padded := append([]byte{0, 2}, drawn(r.random, key.Size()-len(pin)-3)...)
	padded = append(append(padded, 0), pin...)
	number := new(big.Int).Exp(new(big.Int).SetBytes(padded), big.NewInt(int64(key.E)), key.N)
	return base64.StdEncoding.EncodeToString(number.FillBytes(make([]byte, key.Size()))), nil
}
