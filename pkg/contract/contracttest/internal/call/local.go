package call

import (
	"net/netip"
	"strings"
)

// IsLocal reports whether a host is this machine by its name alone: what goes there is read by nobody else, and what
// listens on the loopback interface here is reached from there. Names below localhost lead nowhere else (RFC 6761). No
// name is looked up.
func IsLocal(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
