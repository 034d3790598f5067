package validation

import (
	"net/url"
	"strings"
)

// reading is a path as net/http has it, and what routers read there. net/http's ServeMux splits the escaped path and
// then takes the escapes out of its segments; chi takes the escaped path as it stands if there is one beside the path;
// others split the path without its escapes. Mostly that comes to the same.
type reading struct {
	// path is without escapes.
	path string
	// text is as it was sent, with escapes. It is path if none of them makes a difference.
	text string
	// stale says that the URL has an escaped path that is not the path's own: something has changed one and forgot the
	// other.
	stale bool
}

func readingOf(u *url.URL) reading {
	r := reading{path: u.Path, text: u.Path}
	if r.path == "" { // A client that sends it sends the root.
		r.path, r.text = "/", "/"
	}
	if u.RawPath == "" || u.RawPath == u.Path {
		return r
	}
	if meant, err := url.PathUnescape(u.RawPath); err != nil || meant != u.Path {
		r.stale = true
		return r
	}
	r.text = u.RawPath
	return r
}

// escaped reports whether the text has escapes that routers read in several ways.
func (r *reading) escaped() bool { return len(r.text) != len(r.path) }

// oddity is why a path is refused although it may be one of the contract.
type oddity uint8

const (
	noOddity oddity = iota
	// dots says that there is a segment . or .., which clients take out before they send a path, and routers after.
	dots
	// needless says that a literal is spelled with escapes of letters, digits and the like, which need none.
	needless
	// several says that a router may take it for another path of the contract.
	several
	// openRoute says that a router has matched a shorter path, which stands for all that is below it.
	openRoute
	// unlike says that a router has matched a path that is not this one.
	unlike
)

func (o oddity) message() string {
	switch o {
	case dots:
		return "must not have . or .. between slashes"
	case needless:
		return "must be spelled without escapes of letters, digits, hyphens, dots, underscores and tildes"
	case several:
		return "must not be one that routers can read as several paths of the contract: spell it without escapes, or " +
			"place the validator behind the router"
	case openRoute:
		return "must be matched by a route of its own: the route that was taken stands for all that is below it; " +
			"end it with {$}, or place the validator before the router"
	case unlike:
		return "must be the one that the router has matched"
	default:
		return "must be a path of the contract"
	}
}

// hasDots reports whether a path has a segment that is . or ...
func hasDots(path string) bool {
	if strings.Contains(path, "/./") || strings.Contains(path, "/../") {
		return true
	}
	return strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..")
}

// isNeedless reports whether a segment escapes a character that needs none: RFC 3986 has them for letters, digits and
// -._~, and says of such a spelling that it means the same, which not everybody knows.
func isNeedless(text string) bool {
	for i := strings.IndexByte(text, '%'); i >= 0 && i+2 < len(text); {
		b := digit(text[i+1])<<4 | digit(text[i+2])
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.' || b == '_' ||
			b == '~' {
			return true
		}
		next := strings.IndexByte(text[i+1:], '%')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return false
}
