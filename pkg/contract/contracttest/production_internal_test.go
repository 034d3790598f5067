package contracttest

import (
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Nothing is written where real money is, however somebody spells the host.
func TestNothingIsWrittenToProduction(t *testing.T) {
	t.Parallel()
	secret := signing.NewSecret("something-0123456789")
	for _, c := range []struct{ url, want string }{
		{"https://acme.partner-api.jikoservices.com", "the production host"},
		{"https://partner-api.jikoservices.com/", "the production host"},
		{"https://ACME.Partner-API.JikoServices.COM/x", "the production host"},
		{"https://acme.partner-api.jikoservices.com.", "the production host"},
		{"https://acme.partner-api.jikoservices.com.:443", "the production host"},
		{"https://acme.partner-api.jikoservices.com:8443", "the production host"},
		{"https://me:secret@acme.partner-api.jikoservices.com", "the production host"},
		{"https://me@localhost@acme.partner-api.jikoservices.com", "the production host"},
		{"//acme.partner-api.jikoservices.com", "the production host"},
		{" https://acme.partner-api.jikoservices.com", "the production host"},
		{"https://acme.partner-api.jikoservices。com", "not in ASCII"},
		{"https://acme.partner-api．jikoservices．com", "not in ASCII"},
		{"https://acme.partner-api.ｊｉｋｏservices.com", "not in ASCII"},
		{"https://acme.partner-api.jiko\u00adservices.com", "not in ASCII"},
		{"https://acme.partner-api.jikoservice%C5%BF.com", "not in ASCII"}, // ſ is made an s.
		{"https://acme.partner-api.jikoservices.com.example.com", ""},
		{"https://acme-partner-api.jikoservices.com", ""},
		{"https://notpartner-api.jikoservices.com", ""},
		{"https://example.com/partner-api.jikoservices.com", ""},
		{"https://xn--bcher-kva.example.com", ""},
		{"http://127.0.0.1:8080", ""},
		{"http://[::1]:8080", ""},
	} {
		config := Config{URL: c.url, Username: "ann", Password: secret, SigningSecret: secret, AllowWrites: true}
		_, err := config.resolve()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.url, err, c.want)
		}
		config.AllowWrites = false
		if _, err := config.resolve(); err != nil {
			t.Errorf("%s cannot be read: %v", c.url, err)
		}
	}
}
