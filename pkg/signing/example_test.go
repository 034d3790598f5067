package signing_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

func ExampleSign() {
	signature, err := signing.Sign(signing.NewSecret("shared-secret-here"), "497f6eca-6276-4993-bfeb-53cbbbba6f08", "/api/v1/agreements/", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(signature)
	// Output: r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94=
}

func ExampleVerifyWebhook() {
	body := []byte(`{"event_id": "94444752-cfa7-5d08-a2da-7f42ffdc649c"}`)
	err := signing.VerifyWebhook(signing.NewSecret("0123456789123456"), body, "CpsQohiVi1LIQ3y8vFcGnWV+3Sysw37Y8HXXmyGBaHI=")
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

// Whoever is behind the middleware knows who called, and reads the bytes that were signed.
func ExampleNewMiddleware() {
	secret := signing.NewSecret("shared-secret-here")
	verify, err := signing.NewMiddleware(signing.MiddlewareConfig{
		Lookup:      signing.FixedTokens(map[string]signing.Partner{"a-token": {ID: "acme", Secrets: []signing.Secret{secret}}}),
		Development: true, // The answers explain themselves.
		OnRefusal:   func(_ *http.Request, refusal signing.Refusal) { fmt.Println(refusal.Reason) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	router := chi.NewRouter()
	router.Use(verify)
	router.Post("/api/v1/events/", func(w http.ResponseWriter, r *http.Request) {
		partner, _ := signing.PartnerFromContext(r.Context())
		_, _ = fmt.Fprintln(w, "hello", partner.ID)
	})

	const key, body = "497f6eca-6276-4993-bfeb-53cbbbba6f08", `{"a":1}`
	call := func(signed string) {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/events/", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer a-token")
		if err := signing.SignRequest(r, secret, key, []byte(signed)); err != nil {
			fmt.Println(err)
			return
		}
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	call(body)
	call(`{"a": 1}`)
	// Output:
	// 200 hello acme
	// signature_mismatch
	// 401 {"detail":"the signature does not match: the JSON was signed in another spelling than it was sent in (a space after each comma and colon, as Python's json.dumps does): sign the bytes that go out"}
}

func ExampleDiagnose() {
	partner := signing.Partner{ID: "acme", Secrets: []signing.Secret{signing.NewSecret("shared-secret-here")}}
	fmt.Println(signing.Diagnose(partner, signing.Attempt{
		Key: "497f6eca-6276-4993-bfeb-53cbbbba6f08", Method: http.MethodGet, Path: "/api/v1/agreements/",
		Signature: "af9adc24541ee5729ac0a4c0c464ce6df448000edf887df6d8ae05b989ac6fde",
	}))
	// Output: the signature is hexadecimal: send base64
}
