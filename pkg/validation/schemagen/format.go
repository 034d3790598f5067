package schemagen

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// format is a format of strings that pkg/validation checks: how to make a text of it, and texts that are right and
// wrong for reasons worth trying. All others are comments.
type format struct {
	draw         func(src Source) string
	right, wrong []sample
	// other is one that is right and looks otherwise, for patterns that the others all have.
	other string
}

// sample is a text, and what is special about it.
type sample struct{ text, why string }

var formats = map[string]format{
	"uuid": {drawUUID,
		[]sample{
			{"497f6eca-6276-4993-bfeb-53cbbbba6f08", "a UUID"},
			{"497F6ECA-6276-4993-BFEB-53CBBBBA6F08", "a UUID in upper case"},
		},
		[]sample{
			{"497f6eca-6276-4993-bfeb-53cbbbba6f0", "a UUID without its last digit"},
			{"497f6eca-6276-4993-bfeb-53cbbbba6f0g", "a UUID with a letter that is no digit"},
			{"497f6eca62764993bfeb53cbbbba6f08", "a UUID without its hyphens"},
			{"{497f6eca-6276-4993-bfeb-53cbbbba6f08}", "a UUID in braces"},
			{"urn:uuid:497f6eca-6276-4993-bfeb-53cbbbba6f08", "a UUID as a URN"},
		}, ""},
	"date": {func(src Source) string { return drawDay(src).Format(time.DateOnly) },
		[]sample{
			{"2024-02-29", "a leap day"}, {"1970-01-01", "an early day"}, {"2099-12-31", "a late day"},
		},
		[]sample{
			{"2026-02-31", "a day that no February has"}, {"2023-02-29", "a leap day of no leap year"},
			{"2026-13-01", "a month that no year has"}, {"2026-04-31", "a day that no April has"},
			{"2026-00-10", "month zero"},
			{"2026-1-5", "a day without zeros in front"}, {"20260105", "a day without hyphens"},
			{"05/01/2026", "a day of another notation"}, {"2026-01-05T00:00:00Z", "a time in place of a day"},
		}, ""},
	"date-time": {drawTime,
		[]sample{
			{"2026-01-05T06:07:08Z", "a time"},
			{"2026-01-05T06:07:08.123456789Z", "a time with nine digits of a second"},
			{"2024-02-29T23:59:59+14:00", "a time far to the east"},
			{"2026-01-05T06:07:08-11:30", "a time to the west"},
		},
		[]sample{
			{"2026-01-05T06:07:08", "a time without its offset"}, {"2026-01-05", "a day in place of a time"},
			{"2026-01-05 06:07:08Z", "a blank in place of the T"},
			{"2026-02-31T06:07:08Z", "a day that no February has"},
			{"2026-01-05T24:00:00Z", "hour 24"}, {"2026-01-05T06:60:00Z", "minute 60"},
			{"1767593228", "seconds since 1970"},
		}, ""},
	"email": {drawEmail,
		[]sample{
			{"a@b.example", "a short address"}, {"first.last+tag@mail.example.com", "an address with a tag"},
		},
		[]sample{
			{"a.b.example", "an address without @"}, {"@b.example", "an address of nobody"},
			{"a@", "an address of nowhere"}, {"a b@c.example", "an address with a blank"},
			{"a@b@c.example", "an address with two @"},
		}, ""},
	"uri": {drawURI,
		[]sample{
			{"https://example.com", "a URI without a path"},
			{"https://example.com:8443/a/b?c=d&e=%20#f", "a URI with all of its parts"},
		},
		[]sample{
			{"/a/b", "a path alone"}, {"example.com/a", "a URI without its scheme"},
			{"https://", "a URI without a host"}, {"https://example.com/a b", "a URI with a blank"},
			{"https://example.com/\u00e9", "a URI with a letter that must be escaped"},
		}, "urn:example:a"},
	"byte": {drawBase64,
		[]sample{{"", "no bytes"}, {"YQ==", "one byte"}, {"YWJj", "three bytes"}, {"+/+/", "the last two digits"}},
		[]sample{
			{"YQ", "base64 without its padding"}, {"YQ=", "base64 with half of its padding"},
			{"-_-_", "base64 as it is in URLs"}, {"Y!==", "a character that base64 does not have"},
			{"YW\nJj", "base64 with a line break"},
		}, ""},
	"ipv4": {func(src Source) string {
		return fmt.Sprintf("192.0.2.%d", src.Intn(256))
	},
		[]sample{{"0.0.0.0", "the lowest address"}, {"255.255.255.255", "the highest address"}},
		[]sample{
			{"256.0.0.1", "a byte that is none"}, {"192.0.2", "three bytes"}, {"2001:db8::1", "an IPv6 address"},
			{"192.0.2.1/24", "a network"},
		}, ""},
	"ipv6": {func(src Source) string {
		return fmt.Sprintf("2001:db8::%x", src.Intn(1<<16))
	},
		[]sample{{"::", "the lowest address"}, {"::ffff:192.0.2.1", "an IPv4 address in IPv6"}},
		[]sample{
			{"192.0.2.1", "an IPv4 address"}, {"2001:db8:::1", "three colons"},
			{"2001:db8::g", "a letter that is no digit"},
			{"fe80::1%eth0", "an address with a zone"},
		}, ""},
}

// drawUUID makes one of version 4 and of the variant of RFC 4122, as the strictest readers want it.
func drawUUID(src Source) string {
	a, b := word(src), word(src)
	return fmt.Sprintf("%08x-%04x-4%03x-%x%03x-%012x", a>>28&0xffffffff, a>>12&0xffff, a&0xfff, 8+b>>58&3, b>>46&0xfff,
		b&0xffffffffffff)
}

func drawDay(src Source) time.Time {
	return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, src.Intn(4000))
}

func drawTime(src Source) string {
	day := drawDay(src)
	at := day.Add(time.Duration(src.Intn(24*60*60)) * time.Second)
	text := at.Format("2006-01-02T15:04:05")
	if digits := src.Intn(12); digits > 2 {
		text += "." + fmt.Sprintf("%09d", src.Intn(1_000_000_000))[:digits-2]
	}
	if src.Intn(4) < 3 {
		return text + "Z"
	}
	return text + fmt.Sprintf("%c%02d:%02d", pick(src, []rune{'+', '-'}), src.Intn(15), pick(src, []int{0, 30, 45}))
}

func drawWord(src Source, most int) string {
	var b strings.Builder
	for range 1 + src.Intn(most) {
		b.WriteByte("abcdefghijklmnopqrstuvwxyz0123456789"[src.Intn(36)])
	}
	return b.String()
}

func drawEmail(src Source) string {
	name := drawWord(src, 12)
	switch src.Intn(4) {
	case 2:
		name += "." + drawWord(src, 8)
	case 3:
		name += "+" + drawWord(src, 6)
	}
	return name + "@" + drawWord(src, 8) + ".example"
}

func drawURI(src Source) string {
	uri := "https://" + drawWord(src, 8) + ".example"
	for range src.Intn(3) {
		uri += "/" + drawWord(src, 8)
	}
	if src.Intn(4) == 3 {
		uri += "?" + drawWord(src, 4) + "=" + drawWord(src, 8)
	}
	return uri
}

func drawBase64(src Source) string {
	bytes := make([]byte, src.Intn(24))
	for i := range bytes {
		bytes[i] = byte(src.Intn(256)) //nolint:gosec // it is below 256
	}
	return base64.StdEncoding.EncodeToString(bytes)
}
