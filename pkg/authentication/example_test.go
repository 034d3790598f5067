package authentication_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Whoever is behind the middleware knows who called, and reads the bytes that were signed.
func ExampleAuthenticator_Middleware() {
	secret := signing.NewSecret("shared-secret-here")
	authenticator, err := authentication.New(authentication.Config{
		Lookup: authentication.FixedTokens(map[string]authentication.Caller{
			"a-token": {ID: "acme", Secrets: []signing.Secret{secret}}}),
		Development: true, // The answers explain themselves.
		Observe: func(_ context.Context, event authentication.Event) {
			fmt.Println(event.Refusal.Reason)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	router := chi.NewRouter()
	router.Use(authenticator.Middleware)
	router.Post("/api/v1/events/", func(w http.ResponseWriter, r *http.Request) {
		caller, _ := authentication.CallerFromContext(r.Context())
		_, _ = fmt.Fprintln(w, "hello", caller.ID)
	})

	const key, body = "497f6eca-6276-4993-bfeb-53cbbbba6f08", `{"a":1}`
	call := func(signed string) {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/events/", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer a-token")
		if err := authentication.SignRequest(r, secret, key, []byte(signed)); err != nil {
			fmt.Println(err)
			return
		}
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		lines := strings.NewReplacer(": ", ":\n", " (", "\n(").Replace(strings.TrimSpace(w.Body.String()))
		fmt.Println(w.Code, lines)
	}
	call(body)
	call(`{"a": 1}`)
	// Output:
	// 200 hello acme
	// signature_mismatch
	// 401 {"detail":"the signature does not match:
	// the JSON was signed in another spelling than it was sent in
	// (a space after each comma and colon, as Python's json.dumps does):
	// sign the bytes that go out"}
}

func ExampleDiagnose() {
	caller := authentication.Caller{ID: "acme", Secrets: []signing.Secret{signing.NewSecret("shared-secret-here")}}
	fmt.Println(authentication.Diagnose(caller, authentication.Attempt{
		Key: "497f6eca-6276-4993-bfeb-53cbbbba6f08", Method: http.MethodGet, Path: "/api/v1/agreements/",
		Signature: "af9adc24541ee5729ac0a4c0c464ce6df448000edf887df6d8ae05b989ac6fde",
	}))
	// Output: the signature is hexadecimal: send base64
}
