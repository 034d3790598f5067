package sandbox

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// anyHost allows every host.
const anyHost = "*"

// hosts are the names and addresses by which the sandbox may be called, besides those that always lead to this machine.
// A page of a stranger can have its own name lead here, and call the sandbox from the browser of whoever looks at it
// (DNS rebinding). The name that it calls gives it away.
type hosts map[string]bool

func newHosts(names []string) (hosts, error) {
	allowed := hosts{}
	for _, name := range names {
		host, port := splitHost(name)
		if host == "" || port != "" || strings.ContainsAny(host, "/@ ") {
			return nil, fmt.Errorf("%q in Config.Hosts is not a name or an address, without a port", name)
		}
		allowed[host] = true
	}
	return allowed, nil
}

// allow reports whether a request calls the sandbox by a name or an address that leads here and nowhere else.
func (h hosts) allow(r *http.Request) bool {
	host, _ := splitHost(r.Host)
	switch {
	case h[anyHost], h[host]:
		return true
	case r.Host == "": // HTTP/1.0, which no browser speaks.
		return true
	case host == "localhost", strings.HasSuffix(host, ".localhost"): // Nobody else can have them: RFC 6761.
		return true
	case host == "example.com" && r.Context().Value(http.ServerContextKey) == nil:
		return true // httptest.NewRequest says so, and there is no connection.
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	if address.IsLoopback() {
		return true
	}
	// The address that was called is ours, whatever it is. A name would have to lead there first.
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && local.AddrPort().Addr().Unmap().WithZone("") == address
}

// splitHost takes the port off a host, and spells the rest in the one way: without brackets, the dot of the root,
// capital letters and zones, and with as few zeros as can be.
func splitHost(text string) (host, port string) {
	host = text
	if name, after, err := net.SplitHostPort(text); err == nil {
		host, port = name, after
	} else if inside, ok := strings.CutPrefix(text, "["); ok {
		host = strings.TrimSuffix(inside, "]")
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Unmap().WithZone("").String(), port
	}
	return strings.ToLower(strings.TrimSuffix(host, ".")), port
}
