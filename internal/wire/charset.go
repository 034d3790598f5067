package wire

import "strings"

// IsUTF8 reports whether a charset is UTF-8 in one of the spellings that are about: utf-8, UTF8, utf_8.
func IsUTF8(charset string) bool {
	return strings.EqualFold(strings.NewReplacer("-", "", "_", "").Replace(charset), "utf8")
}
