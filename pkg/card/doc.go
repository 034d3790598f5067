// Package card does the cryptography of cards on the cardholder's device: it opens the details of a virtual card and
// encrypts a PIN.
//
// The details of a virtual card come encrypted under an RSA key that is made for one request, a [Key]. With a client of
// package partner:
//
//	key, err := card.NewKey()
//	if err != nil { … }
//	answer, err := client.VirtualCards.Create(ctx, accountID, partner.PublicKeyRequest{PublicKey: key.PublicPEM()})
//	if err != nil { … }
//	details, err := key.Decrypt(answer.EncryptedPAN, answer.EncryptedCVV, answer.EncryptedExpiration)
//	if err != nil { … }
//	show(details.PAN.Reveal(), details.CVV.Reveal(), details.Expiration.Reveal())
//
// VirtualCards.Get shows the details again and takes a key of its own.
//
// A PIN goes the other way, under a key of the provider, by [EncryptPIN]:
//
//	keys, err := client.Security.ListPublicKeys(ctx)
//	if err != nil || keys.SetPIN == nil { … }
//	encrypted, err := card.EncryptPIN(*keys.SetPIN, pin)
//	if err != nil { … }
//	result, err := client.Cards.SetPIN(ctx, accountID, cardID, partner.SetCardPINRequest{EncryptedPIN: encrypted})
//
// Both belong on the cardholder's device. A server that runs them handles card numbers and PINs in the clear and
// answers for them; the provider's rule is that it does not.
//
// # Sources
//
// The provider's guide asks for a key pair of 4096 bits that is used once, PKCS#1 v1.5, and base64. It does not say how
// a PIN is padded; this package pads it like card details. Nor does it say how an expiration date is written, so that
// is text here. The limits on what is decrypted and on which keys are accepted are this package's own.
//
// Besides the standard library, the package needs package signing alone, for its Secret. The standard library refuses
// PKCS#1 v1.5 encryption in FIPS 140-only mode (GODEBUG=fips140=only), so NewKey and EncryptPIN fail there.
package card
