// Package signing makes and verifies the signatures of the Partner API and of its webhook deliveries.
//
// A request is signed over its idempotency key, its path and its body, joined without separators. The path is the one
// on the wire, escaped, with its trailing slash and without the query string; the body is the exact bytes sent, and an
// empty one adds nothing. The signature is the standard, padded base64 of HMAC-SHA256, keyed with the UTF-8 bytes of
// the shared secret. (Source: the provider's authentication guide and sample client.)
//
// A webhook delivery is signed over its raw body alone, with the subscription's own secret. (Source: the sample
// client.)
//
//	signature, err := signing.Sign(secret, key, "/api/v1/agreements/", nil)
//
// [Sign] and [NewSigner] make a signature, [Verify] checks one in constant time; [SignWebhook] and [VerifyWebhook] do
// the same for deliveries. A [Secret] never prints itself. Clients need none of it: package partner signs what it
// sends, and [github.com/jiko-partner/partner-go/pkg/authentication.SignRequest] signs a request made by other means. A
// server verifies with the middleware of that package.
//
// A server that chooses its own rules can ask for a [Strict] signature beside that of the provider.
//
// The package depends on the standard library alone.
package signing
