package card_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/card"
)

// contractPEM is the example of List public keys in openapi.yaml.
const contractPEM = `-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAzmZv8spzSU9z+/bhFzX0
s4xVXE9ZOApQUMoM3Q1VDiJujyWJ61uoTsWT1uQlIXHdUQ3NcXw0WYDUEaM8fj1b
B2k1zSXmRD4VmxAIRNVfs3Cp3GKqC/WjyvDw25+SYBFwiaYJblpyZPiunXvXRyK8
vdDaPliwTN5p7pjHQvcfXOl20ZtWnZTGMulJ+smNCYKWckW1hEOMjJP8FLMJpSHa
6yGOpAYAxoHxodiJCI4X6fG206gBtyFps1CyxCz8WDjALqJYfeArTFv7/2AyuVCF
5zLE7tzPrJeVxfqa+CI+7mWFhEKZLAd/PEzEL7P2VZr9BRd0lyxBipEEG/DGMEvY
1dcx+3J56ZxVURAqeXPGkqVfz/IdisQt/okp6vSVKQdImeyzpJvwvBc7T7tKyRZR
vtL8XLYzZBujqWCezMxU97TAb7BlQ2nPJCQFMZD7y1KldgWuGnjXha1TFIYvfrYW
oDFK221Z6LYlKWeRFGXhoNOX1Qm/CX3wi9Tfo01LTxbCY2Y1mbv6e8Xt12MzhicD
ZsFvVrtRaVrjmqXXDq8X2r7puPTLOQf7Dow3944XnTZQURE4oPIwCfTBmfMow+TB
+ZUYWRXwg0/hl9AOBSGLVNlaGZD8sAu98knish5LJv34lx5mIiLLpGpIt+mzZikU
Ft9siIkltvk49qcmTuI8GJUCAwEAAQ==
-----END PUBLIC KEY-----`

func TestParsePublicKeyAccepts(t *testing.T) {
	t.Parallel()
	public := &bankPair().PublicKey
	contract, err := card.ParsePublicKey(contractPEM)
	if err != nil || contract.N.BitLen() != 4096 {
		t.Fatalf("the example of the contract: %v", err)
	}
	longest := &rsa.PublicKey{N: new(big.Int).Lsh(public.N, 8192-2048), E: public.E}
	longest.N.SetBit(longest.N, 0, 1)
	largest := &rsa.PublicKey{N: public.N, E: 1<<31 - 1}
	for name, c := range map[string]struct {
		text string
		want *rsa.PublicKey
	}{
		"SPKI":                         {spki(t, public), public},
		"PKCS#1":                       {pkcs1(public), public},
		"SPKI, CRLF":                   {strings.ReplaceAll(spki(t, public), "\n", "\r\n"), public},
		"PKCS#1, CRLF":                 {strings.ReplaceAll(pkcs1(public), "\n", "\r\n"), public},
		"the contract's, CRLF":         {strings.ReplaceAll(contractPEM, "\n", "\r\n"), contract},
		"white space around the block": {"\n " + spki(t, public) + "\r\n\n", public},
		"no line break at the end":     {strings.TrimSpace(pkcs1(public)), public},
		"8192 bits":                    {spki(t, longest), longest},
		"the exponent 2147483647":      {pkcs1(largest), largest},
	} {
		if got, err := card.ParsePublicKey(c.text); err != nil || !got.Equal(c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParsePublicKeyRefuses(t *testing.T) {
	t.Parallel()
	pair := bankPair()
	public := &pair.PublicKey
	good := spki(t, public)
	with := func(change func(*rsa.PublicKey)) *rsa.PublicKey {
		changed := &rsa.PublicKey{N: new(big.Int).Set(public.N), E: public.E}
		change(changed)
		return changed
	}
	exponent := func(e int) *rsa.PublicKey { return with(func(k *rsa.PublicKey) { k.E = e }) }
	small := with(func(k *rsa.PublicKey) { k.N.Rsh(k.N, 1).SetBit(k.N, 0, 1) })
	large := with(func(k *rsa.PublicKey) { k.N.Lsh(k.N, 8193-2048).SetBit(k.N, 0, 1) })
	even := with(func(k *rsa.PublicKey) { k.N.SetBit(k.N, 0, 0) })

	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(pair)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(good))
	damaged := strings.Replace(good, "\n", "\n!!!!", 1)
	headers := string(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes,
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}}))

	// An int of 32 bits makes it negative.
	wide, wideWant := int64(1<<31+1), "exponent is above"
	if strconv.IntSize == 32 {
		wideWant = "does not hold"
	}

	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "is empty"},
		{"white space", " \r\n", "is empty"},
		{"something else", "1234", "does not begin with a PEM block"},
		{"base64 without its armour", strings.Join(strings.Split(good, "\n")[1:4], ""),
			"does not begin with a PEM block"},
		{"line breaks that were escaped", strings.ReplaceAll(good, "\n", `\n`), "damaged"},
		{"half a block", good[:len(good)/2], "damaged"},
		{"a damaged block", damaged, "damaged"},
		{"text before the block", "key:\n" + good, "does not begin with a PEM block"},
		{"text after the block", good + "x", "text follows"},
		{"two blocks", good + good, "more than one"},
		{"a good block behind a damaged one", damaged + good, "more than one"},
		{"headers", headers, "headers"},
		{"bytes after a key in SPKI", armour("PUBLIC KEY", append(block.Bytes[:len(block.Bytes):len(block.Bytes)], 0)),
			"does not hold"},
		{"bytes after a key in PKCS#1", armour("RSA PUBLIC KEY", append(x509.MarshalPKCS1PublicKey(public), 0)),
			"does not hold"},
		{"bytes within a key in SPKI", armour("PUBLIC KEY", stuffed(t, public)), "not part of the key"},
		{"SPKI that is called PKCS#1", armour("RSA PUBLIC KEY", block.Bytes), "does not hold an RSA key in PKCS#1"},
		{"PKCS#1 that is called SPKI", armour("PUBLIC KEY", x509.MarshalPKCS1PublicKey(public)),
			"does not hold a key in SPKI"},
		{"no key", armour("PUBLIC KEY", nil), "does not hold"},
		{"a private key in PKCS#1", armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(pair)), "private key"},
		{"a private key in PKCS#8", armour("PRIVATE KEY", pkcs8), "private key"},
		{"a private key of OpenSSH", armour("OPENSSH PRIVATE KEY", []byte("x")), "private key"},
		{"a certificate", armour("CERTIFICATE", []byte("x")), "certificate"},
		{"a trusted certificate", armour("TRUSTED CERTIFICATE", []byte("x")), "certificate"},
		{"another block", armour("X509 CRL", []byte("x")), "neither"},
		{"an elliptic curve", spki(t, &ec.PublicKey), "not an RSA key"},
		{"an Edwards curve", spki(t, ed), "not an RSA key"},
		{"2047 bits", spki(t, small), "has 2047 bits"},
		{"8193 bits", pkcs1(large), "has 8193 bits"},
		{"an even modulus", pkcs1(even), "modulus is even"},
		{"the exponent 1", spki(t, exponent(1)), "exponent is 1;"},
		{"the exponent 3", pkcs1(exponent(3)), "exponent is 3;"},
		{"the exponent 65535", spki(t, exponent(65535)), "exponent is 65535;"},
		{"an even exponent", spki(t, exponent(65538)), "exponent is even"},
		{"an exponent of 32 bits", spki(t, exponent(int(wide))), wideWant},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := card.ParsePublicKey(c.text)
			if !errors.Is(err, card.ErrPublicKey) || got != nil {
				t.Fatalf("ParsePublicKey = %v, %v; want ErrPublicKey", got, err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("ParsePublicKey: %v; want it to mention %q", err, c.want)
			}
		})
	}
}

// stuffed is a key in SPKI with a third number behind modulus and exponent, which crypto/x509 overlooks.
func stuffed(t *testing.T, key *rsa.PublicKey) []byte {
	t.Helper()
	inner, err := asn1.Marshal(struct{ N, E, More *big.Int }{key.N, big.NewInt(int64(key.E)), big.NewInt(7)})
	if err != nil {
		t.Fatal(err)
	}
	type algorithm struct {
		ID         asn1.ObjectIdentifier
		Parameters asn1.RawValue
	}
	outer, err := asn1.Marshal(struct {
		Algorithm algorithm
		Key       asn1.BitString
	}{
		algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, asn1.NullRawValue},
		asn1.BitString{Bytes: inner, BitLength: 8 * len(inner)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return outer
}

// Nothing makes ParsePublicKey panic, and what it accepts is a key within the limits that can be encrypted under.
func FuzzParsePublicKey(f *testing.F) {
	public := &bankPair().PublicKey
	f.Add(contractPEM)
	f.Add(strings.ReplaceAll(spki(f, public), "\n", "\r\n"))
	f.Add(pkcs1(public))
	f.Add("")
	f.Add("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----")
	f.Add("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := card.ParsePublicKey(text)
		if err != nil {
			if key != nil || !errors.Is(err, card.ErrPublicKey) {
				t.Fatalf("ParsePublicKey = %v, %v", key, err)
			}
			return
		}
		if bits := key.N.BitLen(); bits < 2048 || bits > 8192 || key.E < 65537 || strings.Count(text, "BEGIN") != 1 {
			t.Fatalf("ParsePublicKey accepts %d bits and exponent %d", bits, key.E)
		}
		if _, err := card.EncryptPIN(text, "1234"); err != nil {
			t.Fatalf("ParsePublicKey accepts what EncryptPIN does not: %v", err)
		}
	})
}
