package validation

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// format is a format of strings: whether a text has it, and what to say when not.
type format struct {
	ok      func(string) bool
	message string
}

// formats are the ones that are checked. They are handed to each call of kin-openapi, so its registries, which the whole
// program shares, stay as they are.
var formats = map[string]format{
	"uuid":      {isUUID, "must be a UUID"},
	"date":      {isDate, "must be a day of the calendar, as YYYY-MM-DD"},
	"date-time": {isDateTime, "must be a time with its offset, as in RFC 3339"},
	"email":     {isEmail, "must be an email address"},
	"uri":       {isURI, "must be an absolute URI"},
	"byte":      {isBase64, "must be base64"},
}

var errFormat = errors.New("another format")

// formatValidators is formats as kin-openapi wants them. Nobody writes to it after start-up.
var formatValidators = func() map[string]openapi3.StringFormatValidator {
	validators := make(map[string]openapi3.StringFormatValidator, len(formats))
	for name, f := range formats {
		validators[name] = openapi3.NewCallbackValidator(func(text string) error {
			if f.ok(text) {
				return nil
			}
			return errFormat
		})
	}
	return validators
}()

func formatMessage(name string) string {
	if f, ok := formats[name]; ok {
		return f.message
	}
	switch name {
	case "int32":
		return "must fit into 32 bits"
	case "int64":
		return "must fit into 64 bits"
	}
	return "must have the format " + name
}

const nilUUID = "00000000-0000-0000-0000-000000000000"

// isUUID accepts the text form of RFC 4122 alone: no braces, no urn:, whatever version and variant.
func isUUID(text string) bool {
	if len(text) != len(nilUUID) {
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

// isDateTime accepts RFC 3339 as far as a time.Time decodes it from JSON: with upper-case letters, without leap seconds.
func isDateTime(text string) bool {
	// The decoder lets two things pass that are not RFC 3339: an hour of one digit, and a comma.
	return new(time.Time).UnmarshalText([]byte(text)) == nil && text[len("2006-01-02T15")] == ':' && !strings.Contains(text, ",")
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
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>(),;:"[]\`, r) }) &&
		!strings.Contains(domain, "@")
}

// isURI accepts absolute URIs, which have a scheme and, after //, a host.
func isURI(text string) bool {
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", r) }) {
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

// decimal is a JSON number, reduced to digits that do not end in zero times a power of ten.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// parseDecimal takes a JSON number apart without rounding it. Exponents are clamped to where nothing distinguishes them.
func parseDecimal(text string) decimal {
	var d decimal
	text, d.negative = strings.CutPrefix(text, "-")
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(text[i+1:])
		if err != nil || exponent > 1e6 || exponent < -1e6 {
			exponent = 1e6
			if text[i+1] == '-' {
				exponent = -1e6
			}
		}
		text, d.exponent = text[:i], exponent
	}
	whole, fraction, _ := strings.Cut(text, ".")
	d.exponent -= len(fraction)
	d.digits = strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(d.digits, "0")
	d.exponent += len(d.digits) - len(short)
	d.digits = short
	return d
}

func (d decimal) isInteger() bool { return d.digits == "" || d.exponent >= 0 }

// fits reports whether an integer has no more than so many bits, its sign included.
func (d decimal) fits(bits int) bool {
	if d.digits == "" {
		return true
	}
	if d.exponent < 0 || len(d.digits)+d.exponent > 19 {
		return false
	}
	_, err := strconv.ParseInt(d.text(), 10, bits)
	return err == nil
}

// scientific spells the number with an exponent.
func (d decimal) scientific() string {
	text := "0" + d.digits + "e" + strconv.Itoa(d.exponent)
	if d.negative {
		return "-" + text
	}
	return text
}

// text spells an integer out. The caller makes sure that it is not too long.
func (d decimal) text() string {
	text := d.digits + strings.Repeat("0", d.exponent)
	if d.negative {
		return "-" + text
	}
	return text
}
