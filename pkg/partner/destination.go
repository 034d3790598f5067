package partner

import (
	"errors"
	"net/url"
	"strings"
)

var (
	errOtherHost = errors.New("the request goes to another scheme, host or port than the client's")
	errOtherPath = errors.New("the request's path is not below the client's base path")
	errPathTrick = errors.New("the request's path has dot segments or empty ones")
)

// destination checks that a URL is the client's own, down to the base path and read in the most gullible way. It
// returns where to send the request, and the escaped path below the base path. What it says does not repeat the URL,
// which may name customers.
func (c *core) destination(u *url.URL) (target *url.URL, path string, err error) {
	switch {
	case u.Opaque != "":
		return nil, "", errors.New("the request's URL is opaque")
	case u.User != nil:
		return nil, "", errors.New("the request's URL has a user")
	case u.Scheme != c.base.Scheme, !sameHost(u, c.base):
		return nil, "", errOtherHost
	}
	path, below := strings.CutPrefix(u.EscapedPath(), c.base.EscapedPath())
	if !below || !strings.HasPrefix(path, "/") {
		return nil, "", errOtherPath
	}
	if err := checkSegments(path); err != nil {
		return nil, "", err
	}
	if strings.ContainsFunc(u.RawQuery, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, "", errors.New("the request's query has spaces or control characters that are not escaped")
	}
	return &url.URL{
		Scheme: c.base.Scheme, Host: c.base.Host, Path: u.Path, RawPath: u.RawPath,
		RawQuery: u.RawQuery, ForceQuery: u.ForceQuery,
	}, path, nil
}

// checkSegments refuses what a server, or a proxy before it, could take for another path: one that it cleans, where it
// takes an escaped slash or a backslash for a slash, or overlooks what follows a semicolon.
func checkSegments(path string) error {
	decoded, err := url.PathUnescape(path[1:])
	if err != nil {
		return errors.New("the request's path is escaped wrongly")
	}
	segments := strings.Split(strings.ReplaceAll(decoded, `\`, "/"), "/")
	for i, segment := range segments {
		segment, _, _ = strings.Cut(segment, ";")
		switch {
		case segment == "." || segment == "..":
			return errPathTrick
		case segment == "" && i < len(segments)-1:
			return errPathTrick
		}
	}
	return nil
}

// sameHost reports whether two URLs of one scheme have the same host and port, written out or not.
func sameHost(a, b *url.URL) bool {
	return a.Hostname() == b.Hostname() && port(a, b.Scheme) == port(b, b.Scheme)
}

func port(u *url.URL, scheme string) string {
	switch port := u.Port(); {
	case port != "":
		return port
	case scheme == "https":
		return "443"
	}
	return "80"
}
