package signing_test

import (
	"fmt"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

func ExampleSign() {
	signature, err := signing.Sign(signing.NewSecret("shared-secret-here"), "497f6eca-6276-4993-bfeb-53cbbbba6f08",
		"/api/v1/agreements/", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(signature)
	// Output: r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94=
}

func ExampleVerifyWebhook() {
	body := []byte(`{"event_id": "94444752-cfa7-5d08-a2da-7f42ffdc649c"}`)
	err := signing.VerifyWebhook(signing.NewSecret("0123456789123456"), body,
		"CpsQohiVi1LIQ3y8vFcGnWV+3Sysw37Y8HXXmyGBaHI=")
	fmt.Println(err)
	// Output: <nil>
}

func ExampleSecret() {
	secret := signing.NewSecret("shared-secret-here")
	fmt.Println(secret)
	fmt.Printf("%q %x\n", secret, secret)
	// Output:
	// [redacted]
	// [redacted] [redacted]
}
