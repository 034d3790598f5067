package schema

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// Format is a format of strings.
type Format struct {
	// Expectation completes "must be …" for whoever sent something else.
	Expectation string
	// Check reports whether a text, without its quotes and escapes, has the format. It must not keep the text.
	Check func(text []byte) bool
	// Plain says that a text in JSON must not be spelled with escapes, since whoever decodes it does not read them.
	Plain bool
}

// Formats returns the formats that are checked unless somebody says otherwise. All others are comments.
func Formats() map[string]Format {
	return map[string]Format{
		"uuid":      {Expectation: "a UUID", Check: isUUID},
		"date":      {Expectation: "a day of the calendar, as YYYY-MM-DD", Check: isDate},
		"date-time": {Expectation: "a time with its offset, as in RFC 3339", Check: isDateTime, Plain: true},
		"email":     {Expectation: "an email address", Check: isEmail},
		"uri":       {Expectation: "an absolute URI", Check: isURI},
		"byte":      {Expectation: "base64", Check: isBase64},
		"ipv4":      {Expectation: "an IPv4 address", Check: isIPv4},
		"ipv6":      {Expectation: "an IPv6 address", Check: isIPv6},
	}
}

// isUUID accepts the text form of RFC 4122 alone: no braces, no urn:, whatever version and variant.
func isUUID(text []byte) bool {
	_, ok := wire.ParseUUID(text)
	return ok
}

// isDate knows the lengths of the months, which a pattern does not.
func isDate(text []byte) bool {
	if len(text) != len(time.DateOnly) || text[4] != '-' || text[7] != '-' {
		return false
	}
	year, month, day := digits(text[:4]), digits(text[5:7]), digits(text[8:])
	if year < 0 || month < 1 || month > 12 || day < 1 {
		return false
	}
	// Day 0 of a month is the last one of the month before.
	return day <= 28 || day <= time.Date(year, time.Month(month+1), 0, 0, 0, 0, 0, time.UTC).Day()
}

// digits is a number of digits alone, or -1.
func digits(text []byte) int {
	n := 0
	for _, b := range text {
		if b < '0' || b > '9' {
			return -1
		}
		n = n*10 + int(b-'0')
	}
	return n
}

// isDateTime accepts RFC 3339 as far as a time.Time decodes it from JSON: with upper-case letters, without leap
// seconds.
func isDateTime(text []byte) bool {
	var t time.Time
	// The decoder lets things pass that are not RFC 3339: an hour of one digit, a comma, and offsets of 24 hours or 60
	// minutes.
	if t.UnmarshalText(text) != nil || text[len("2006-01-02T15")] != ':' || bytes.IndexByte(text, ',') >= 0 {
		return false
	}
	n := len(text)
	return text[n-1] == 'Z' || digits(text[n-5:n-3]) < 24 && digits(text[n-2:]) < 60
}

// isEmail is a check for sanity; whether mail arrives only mail can tell.
func isEmail(text []byte) bool {
	at := bytes.IndexByte(text, '@')
	if at < 1 || at > 64 || at == len(text)-1 || len(text) > 254 {
		return false
	}
	for _, b := range text {
		if b <= ' ' || b == 0x7f || strings.IndexByte(`<>(),;:"[]\`, b) >= 0 {
			return false
		}
	}
	label := 0
	for _, b := range text[at+1:] {
		switch label++; {
		case b == '@' || label > 64 || label == 1 && b == '.':
			return false
		case b == '.':
			label = 0
		case label == 64:
			return false
		}
	}
	return label > 0
}

// isURI accepts absolute URIs, which have a scheme and, after //, a host.
func isURI(text []byte) bool {
	for _, b := range text {
		if b <= ' ' || b >= 0x7f || strings.IndexByte("\"<>\\^`{|}", b) >= 0 {
			return false
		}
	}
	u, err := url.Parse(string(text))
	if err != nil || !u.IsAbs() {
		return false
	}
	return u.Opaque != "" || u.Host != "" || (u.Scheme != "http" && u.Scheme != "https" && u.Path != "")
}

func isBase64(text []byte) bool {
	if len(text)%4 != 0 {
		return false
	}
	if _, err := base64.StdEncoding.AppendDecode(nil, text); err != nil {
		return false
	}
	return bytes.IndexByte(text, '\r') < 0 && bytes.IndexByte(text, '\n') < 0
}

func isIPv4(text []byte) bool {
	address, err := netip.ParseAddr(string(text))
	return err == nil && address.Is4()
}

func isIPv6(text []byte) bool {
	address, err := netip.ParseAddr(string(text))
	return err == nil && address.Is6() && address.Zone() == ""
}
