package card_test

import (
	"errors"
	"fmt"

	"github.com/jiko-partner/partner-go/pkg/card"
)

func ExampleKey_Decrypt() {
	key, err := card.NewKey()
	if err != nil {
		fmt.Println(err)
		return
	}
	// The call of CreateVirtualCard goes here, with key.PublicPEM() as its public key. sealCard stands for the
	// provider.
	pan, cvv, expiration := sealCard(key.PublicPEM())

	details, err := key.Decrypt(pan, cvv, expiration)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("for the log:", details)
	fmt.Println("for a list of cards: ending in", details.PAN.LastFour())
	fmt.Println("for the cardholder:", details.PAN.Reveal())

	_, err = key.Decrypt(pan, cvv, expiration)
	fmt.Println("once more:", errors.Is(err, card.ErrKeyUsed))
	// Output:
	// for the log: {[redacted] [redacted] [redacted]}
	// for a list of cards: ending in 1111
	// for the cardholder: 4111111111111111
	// once more: true
}

func ExampleEncryptPIN() {
	// The set_pin of ListPublicKeys.
	setPIN := contractPEM

	encrypted, err := card.EncryptPIN(setPIN, "1234")
	fmt.Println(len(encrypted), err)

	_, err = card.EncryptPIN(setPIN, "12345")
	fmt.Println(err)
	// Output:
	// 684 <nil>
	// card: unusable PIN: it has 5 bytes; it must be 4 digits
}
