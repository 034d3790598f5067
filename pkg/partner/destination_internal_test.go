package partner

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

// FuzzDestination: whatever URL a caller has, what is sent goes to the client's host, below its base path, however the
// path is read on the way.
func FuzzDestination(f *testing.F) {
	const host, prefix = "gateway.example", "/a%2Fb/jiko"
	base, err := url.Parse("https://" + host + prefix)
	if err != nil {
		f.Fatal(err)
	}
	c := &core{base: base}
	for _, path := range []string{
		"/api/v1/agreements/", "/api/v1/agreements/?a=b", "/..", "/../x", "/%2e%2e/x", "/a/..%2f..%2f..", "//x",
		`/..%5cx`,
		"/..;a=b/x", "/a%2Fb/", "", "/", "/x?a b", "/x#f", "/%252e%252e/", "/.%2e/", "/a[b]/",
	} {
		f.Add("https://" + host + prefix + path)
	}
	for _, text := range []string{
		"https://user@" + host + prefix + "/x", "https://" + host + ":443" + prefix + "/x", "//" + host + prefix + "/x",
		"https://" + host + "%2F@evil.example" + prefix + "/x", "https:" + host + prefix + "/x",
		"https://" + host + "/a/b/jiko/x", "http://" + host + prefix + "/x", "https://evil.example" + prefix + "/x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil {
			return
		}
		target, relative, err := c.destination(u)
		if err != nil {
			return
		}
		if target.Scheme != "https" || target.Host != host || target.User != nil || target.Opaque != "" ||
			target.Fragment != "" {
			t.Fatalf("%q is sent to %q", text, target)
		}
		if escaped := target.EscapedPath(); escaped != prefix+relative || escaped != u.EscapedPath() {
			t.Fatalf("%q is sent to %q, and %q is signed", text, escaped, prefix+relative)
		}
		again, err := url.Parse(target.String())
		if err != nil || again.EscapedPath() != target.EscapedPath() || again.Host != host ||
			again.RawQuery != target.RawQuery {
			t.Fatalf("%q is sent to %q, which reads as %q: %v", text, target, again, err)
		}
		if strings.ContainsAny(target.RequestURI(), " \r\n\t") {
			t.Fatalf("%q breaks the request line: %q", text, target.RequestURI())
		}
		for reading, cleaned := range map[string]string{
			"escaped": path.Clean(target.EscapedPath()), "decoded": path.Clean(target.Path),
			"backslashes": path.Clean(strings.ReplaceAll(target.Path, `\`, "/")),
		} {
			below := prefix
			if reading != "escaped" {
				below = "/a/b/jiko"
			}
			if cleaned != below && !strings.HasPrefix(cleaned, below+"/") {
				t.Fatalf("%q, %s, is cleaned to %q", text, reading, cleaned)
			}
		}
		if contractOperations().find("GET", relative).Path == "" {
			t.Fatal("there is no operation")
		}
	})
}
