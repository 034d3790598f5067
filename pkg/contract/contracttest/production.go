package contracttest

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// productionDomain is below which the provider serves production, a name for each partner. (Source: the servers of the
// contract.)
const productionDomain = "partner-api.jikoservices.com"

// isProduction reports whether a URL leads to where real money is, however its host is spelt: a port, a dot at the end,
// capital letters and who calls mean nothing.
func isProduction(address string) bool {
	host := hostOf(address)
	return host == productionDomain || strings.HasSuffix(host, "."+productionDomain)
}

// isDisguised reports whether the host of a URL has characters that are made into others before it is looked up: the
// full-width ｃｏｍ is com then, and 。 is a dot. Nobody needs them, as there is another spelling of each name.
func isDisguised(address string) bool {
	return strings.ContainsFunc(hostOf(address), func(r rune) bool { return r >= utf8.RuneSelf })
}

// hostOf is the host of a URL in small letters, without its port and the dot of the root, or empty: nothing can be sent
// to what cannot be read.
func hostOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	return strings.TrimRight(strings.ToLower(u.Hostname()), ".")
}
