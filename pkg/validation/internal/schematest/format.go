package schematest

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

var formats = func() map[string]openapi3.StringFormatValidator {
	validators := make(map[string]openapi3.StringFormatValidator)
	for name, ok := range map[string]func(string) bool{
		"uuid": isUUID, "date": isDate, "date-time": isDateTime, "email": isEmail, "uri": isURI, "byte": isBase64,
	} {
		validators[name] = openapi3.NewCallbackValidator(func(text string) error {
			if ok(text) {
				return nil
			}
			return errors.New("another format")
		})
	}
	return validators
}()

// isUUID accepts the text form of RFC 4122 alone: no braces, no urn:, whatever version and variant.
func isUUID(text string) bool {
	if len(text) != len(NilID) {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return false
			}
		}
	}
	return true
}

// isDate knows the lengths of the months, which a pattern does not.
func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil && len(text) == len(time.DateOnly)
}

// isDateTime accepts RFC 3339 as far as a time.Time decodes it from JSON: with upper-case letters, without leap
// seconds.
func isDateTime(text string) bool {
	// The decoder lets two things pass that are not RFC 3339: an hour of one digit, and a comma.
	return new(time.Time).UnmarshalText([]byte(text)) == nil && text[len("2006-01-02T15")] == ':' &&
		!strings.Contains(text, ",") &&
		(strings.HasSuffix(text, "Z") || text[len(text)-5:] < "24" && text[len(text)-2:] < "60")
}

// isEmail is a check for sanity; whether mail arrives only mail can tell.
func isEmail(text string) bool {
	local, domain, found := strings.Cut(text, "@")
	if !found || local == "" || len(local) > 64 || domain == "" || len(text) > 254 {
		return false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r == 0x7f ||
			strings.ContainsRune(`<>(),;:"[]\`, r)
	}) &&
		!strings.Contains(domain, "@")
}

// isURI accepts absolute URIs, which have a scheme and, after //, a host.
func isURI(text string) bool {
	if strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f ||
			strings.ContainsRune("\"<>\\^`{|}", r)
	}) {
		return false
	}
	u, err := url.Parse(text)
	if err != nil || !u.IsAbs() {
		return false
	}
	return u.Opaque != "" || u.Host != "" || (u.Scheme != "http" && u.Scheme != "https" && u.Path != "")
}

func isBase64(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil && !strings.ContainsAny(text, "\r\n")
}
