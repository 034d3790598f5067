package idempotency

import (
	"crypto/sha256"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// A request is the same as another one if all of these are: the method, the path and the query as the handler sees
// them, and the body, which the Fingerprint hashes; and the path that was called and the media type of the body, which
// are the mark of the Attempt. The first are version 1 of the rule and all of them version 2. A record has what its
// server knew of, and is compared by that.

// fingerprint hashes the method, the path with its query, and the body. Lengths keep them apart, so that no byte can
// change sides. It leaves the body held, so that nobody after it reads the connection.
func fingerprint(w http.ResponseWriter, r *http.Request, limit int64) (f Fingerprint, err error) {
	h := sha256.New()
	var buffer [256]byte
	h.Write(appendText(appendText(appendText(buffer[:0], r.Method), r.URL.EscapedPath()), r.URL.RawQuery))
	if r.Body != http.NoBody {
		body, err := wire.Read(w, r, wire.Bounds{MaxBytes: limit})
		if err != nil {
			return f, err
		}
		wire.Put(r, body)
		if err := body.CopyTo(h); err != nil {
			return f, err
		}
	}
	h.Sum(f[:0])
	return f, nil
}

// details are what the fingerprint leaves out. Where there is no body, a media type means nothing.
func details(to []byte, r *http.Request) []byte {
	to = appendText(to, calledPath(r))
	if r.ContentLength == 0 {
		return to
	}
	return appendMediaType(to, strings.Join(r.Header.Values("Content-Type"), ", "))
}

// calledPath is the path that the client called. What stands further out may have taken a part of it away from the URL,
// as http.StripPrefix does, so that two handlers below different paths see the same one.
func calledPath(r *http.Request) string {
	target := r.RequestURI
	if target == "" { // It did not come through a server.
		return r.URL.EscapedPath()
	}
	if !strings.HasPrefix(target, "/") {
		// A proxy is called by the whole URL. The host is a name for the server, and it may have others.
		if _, rest, ok := strings.Cut(target, "://"); ok {
			target = strings.TrimLeftFunc(rest, func(c rune) bool { return c != '/' && c != '?' })
		}
	}
	path, _, _ := strings.Cut(target, "?")
	if path == "" {
		return "/"
	}
	return path
}

// appendMediaType appends a Content-Type such that two spellings of one media type are the same. The case of names does
// not count, nor does that of a charset; neither do white space, quotes and the order of parameters. JSON is UTF-8, and
// so are forms, whether or not they say so. A boundary is a parameter like any other, since the same bytes are other
// parts by another one.
func appendMediaType(to []byte, contentType string) []byte {
	if contentType == "application/json" { // It is spelled like that nearly always.
		return appendText(to, contentType)
	}
	name, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		// What it means is up to the handler.
		return appendText(to, strings.Trim(contentType, " \t"))
	}
	if charset, ok := parameters["charset"]; ok {
		parameters["charset"] = strings.ToLower(charset)
		unicode := name == "application/json" || strings.HasSuffix(name, "+json") ||
			name == "application/x-www-form-urlencoded"
		if unicode && wire.IsUTF8(charset) {
			delete(parameters, "charset")
		}
	}
	to = appendText(to, name)
	for _, parameter := range slices.Sorted(maps.Keys(parameters)) {
		to = appendText(appendText(to, parameter), parameters[parameter])
	}
	return to
}
