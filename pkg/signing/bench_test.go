package signing_test

import (
	"testing"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

func BenchmarkVerify(b *testing.B) {
	body := make([]byte, 300)
	signature, err := signing.Sign(secret, key, "/api/v1/transfers/on-us/", body)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := signing.Verify(secret, key, "/api/v1/transfers/on-us/", body, signature); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	body := make([]byte, 300)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := signing.Sign(secret, key, "/api/v1/transfers/on-us/", body); err != nil {
			b.Fatal(err)
		}
	}
}
