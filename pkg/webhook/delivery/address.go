package delivery

import (
	"errors"
	"net/netip"
	"syscall"
)

// errAddress says that a connection would lead to where a server must not post to.
var errAddress = errors.New("delivery: the address is not public")

// private are the networks that are not public besides those that netip knows: their addresses are of nobody, of many,
// or of a network beside this one. (Source: the registries of special-purpose addresses of IANA.)
var private = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // shared by the customers of a provider
	netip.MustParsePrefix("192.0.0.0/24"),    // protocols
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // relays of 6to4
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcasts
	netip.MustParsePrefix("::/96"),           // IPv4 in an old form
	netip.MustParsePrefix("64:ff9b::/96"),    // IPv4, translated
	netip.MustParsePrefix("64:ff9b:1::/48"),  // the same, locally
	netip.MustParsePrefix("100::/64"),        // discarded
	netip.MustParsePrefix("2001::/23"),       // protocols, such as Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // IPv4 by 6to4
	netip.MustParsePrefix("3fff::/20"),       // documentation
	netip.MustParsePrefix("5f00::/16"),       // segment routing
	netip.MustParsePrefix("fec0::/10"),       // site-local
}

// isPublic reports whether an address is one of the internet.
func isPublic(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	if !address.IsGlobalUnicast() || address.IsPrivate() {
		return false
	}
	for _, network := range private {
		if network.Contains(address) {
			return false
		}
	}
	return true
}

// publicOnly is a net.Dialer's Control. It sees the very address that is dialled, whatever a name stood for when
// somebody looked before.
func publicOnly(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !isPublic(to.Addr()) {
		return errAddress
	}
	return nil
}
