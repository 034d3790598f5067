// Package card does the cryptography of cards on the cardholder's device: it opens the details of a virtual card and
// encrypts a PIN.
//
// The details of a virtual card come encrypted under an RSA key that is made for one request:
//
//	key, err := card.NewKey()
//	if err != nil { … }
//	answer, err := client.CreateVirtualCard(ctx, accountID, partnerapi.PublicKeyRequest{PublicKey: key.PublicPEM()})
//	if err != nil { … }
//	details, err := key.Decrypt(answer.EncryptedPAN, answer.EncryptedCVV, answer.EncryptedExpiration)
//	if err != nil { … }
//	show(details.PAN.Reveal(), details.CVV.Reveal(), details.Expiration.Reveal())
//
// GetVirtualCard shows the details again and takes a key of its own.
//
// A PIN goes the other way, under a key of the provider:
//
//	keys, err := client.ListPublicKeys(ctx)
//	if err != nil || keys.SetPIN == nil { … }
//	encrypted, err := card.EncryptPIN(*keys.SetPIN, pin)
//	if err != nil { … }
//	result, err := client.SetCardPIN(ctx, accountID, cardID, partnerapi.SetCardPINRequest{EncryptedPIN: &encrypted})
//
// Both are meant for the device of the cardholder. A server that runs them handles card numbers and PINs in the clear,
// and answers for them; the provider's rule is that it does not.
//
// # Sources
//
// The provider's guide says: a key pair of 4096 bits, used once; PKCS#1 v1.5; base64. It does not say how a PIN is
// padded; this package takes it to be as for card details. It does not say how an expiration date is written either, so
// that is text here. The limits on what is decrypted and on the keys that are accepted are this package's own.
//
// The package depends on the standard library alone. The standard library refuses PKCS#1 v1.5 encryption in FIPS
// 140-only mode (GODEBUG=fips140=only), and so NewKey and EncryptPIN fail there.
package card
