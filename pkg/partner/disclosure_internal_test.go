package partner

import (
	"strings"
	"testing"
)

func TestForms(t *testing.T) {
	for _, c := range []struct {
		name    string
		form    func(string) bool
		yes, no []string
	}{
		{"a rule", isRule,
			[]string{"missing", "value_error.number.not_gt", "greater_than", "about:blank", "out-of-credit", "E1234",
				"error-422", "uuid4_parsing", "https://example.com/problems/out-of-credit"},
			[]string{"", "078-05-1120", "ssn078051120", "a b", "jane@example.com", "a1b2", "12345", "e12345", "a_12345",
				"x\n", "\u202ea", "eyJhbGciOiJIUzI1NiJ9", strings.Repeat("a", 101), strings.Repeat("a_", 60) + "a"}},
		{"a step", isStep,
			[]string{"body", "amount_usdc", "0", "9999", "filter[status]", "address_line_2", "__root__",
				"x-jiko-signature", "createdAt"},
			[]string{"", "10000", "078051120", "078-05-1120", "jane@example.com", "a b", "a.b", "a/b", "[0]", "-1"}},
		{"an id", isID,
			[]string{"request-7", "5f0c8f2b11d54c8e9d550a3f0c8f2b11", "12345678-9012-3456-7890-123456789abc",
				"01ARZ3NDEKTSV4RRFFQ69G5FAV", "Root=1-5759e988-bd862e3fe1be46a994272793",
				"req_5f0c8f2b11d54c8e9d550a3f012345678"},
			[]string{"", "a1", "078-05-1120", "4111111111111111", "4111-1111-1111-1111a", "ssn=078-05-1120",
				"00000000-0000-0000-0000-000000000000", "11111111111111111111111111111111", "Jane-Doe", "Bearer a1b2c3",
				"jane1@example.com", "a1.b2.c3", strings.Repeat("a1", 33), "abc-1\n"}},
		{"a media type", isMediaType,
			[]string{"application/json", "application/problem+json", "text/html; charset=utf-8",
				"text/plain;charset=ISO-8859-1"},
			[]string{"", "078-05-1120", "text/html; charset=078051120", "text/html; boundary=x",
				"text/html; charset=a b"}},
		{"a product", isProduct,
			[]string{"nginx", "nginx/1.25.3", "1.1 varnish (Varnish/7.1)", "AmazonS3", "1.1 google, 2.0 edge"},
			[]string{"078-05-1120", "a 078051120", "jane@example.com", strings.Repeat("a ", 60)}},
		{"a count", isCount, []string{"0", "7", "52428800"}, []string{"", "-1", "1.5", "078051120000", "x"}},
		{"a date", isDate, []string{"Sun, 06 Nov 1994 08:49:37 GMT"}, []string{"", "1994-11-06", "078-05-1120"}},
	} {
		for want, texts := range map[bool][]string{true: c.yes, false: c.no} {
			for _, text := range texts {
				if c.form(text) != want {
					t.Errorf("%q is %s: %v, want %v", text, c.name, !want, want)
				}
			}
		}
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain é ☂":                    "plain é ☂",
		"a\r\nb\tc\x00d\x7fe":          "a  b c d e",
		"a\u0085b\u009bc":              "a b c",
		"a\u202eb\u2066c\u200bd\ufeff": "a b c d ",
		"a\u2028b\u2029c\u00a0d":       "a b c d",
		"a\xffb":                       "a\ufffdb",
		strings.Repeat("é", 200):       strings.Repeat("é", 150) + "…",
		"x" + strings.Repeat("é", 200): "x" + strings.Repeat("é", 149) + "…",
	} {
		if got := printable(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// The last secrets are known, and texts too short to be told from others are not.
func TestSentSecrets(t *testing.T) {
	var s sentSecrets
	s.add("abc")
	for i := range 2 * maxSecrets {
		s.add("token-" + strings.Repeat("x", i+1) + "-end")
		s.add("token-" + strings.Repeat("x", i+1) + "-end")
	}
	if len(s.last) != maxSecrets || s.in("abc") || s.in("token-x-end") {
		t.Errorf("%d secrets", len(s.last))
	}
	if !s.in("not " + "token-" + strings.Repeat("x", 2*maxSecrets) + "-end at all") {
		t.Error("the last one is not known")
	}
}
