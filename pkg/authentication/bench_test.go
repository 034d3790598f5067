package authentication_test

import (
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Nothing that it recognises is the dearest case.
func BenchmarkDiagnose(b *testing.B) {
	caller := authentication.Caller{Secrets: []signing.Secret{secret, secret}, Retired: []signing.Secret{secret}}
	for name, size := range map[string]int{"300B": 300, "4KiB": 4 << 10, "64KiB": 64 << 10, "1MiB": 1 << 20,
		"50MiB": 50 << 20} {
		a := authentication.Attempt{
			Key: key, Path: "/api/v1/transfers/on-us/", RawQuery: "a=b", Method: "POST", Host: "example.com",
			Body:      []byte(`{"a": "` + strings.Repeat("x", size-9) + `"}`),
			Signature: "r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94=",
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				authentication.Diagnose(caller, a)
			}
		})
	}
}
