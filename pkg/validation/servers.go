package validation

import (
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// baseOf returns what stands before the paths of a contract, without a slash at its end: what was configured or, if
// that is nothing, the path that all servers have in common. It warns of what looks as if all requests would be
// answered with 404.
func baseOf(document *openapi3.T, configured string, logger *slog.Logger) string {
	base := strings.TrimRight(configured, "/")
	paths := serverPaths(document.Servers)
	if configured == "" && len(paths) == 1 {
		base = paths[0]
	}
	switch {
	case document.Paths.Len() == 0:
		logger.Warn("validation: the contract has no paths: every request will be refused")
	case configured == "" && len(paths) > 1:
		logger.Warn("validation: the servers of the contract have several paths, so none of them is taken: "+
			"set Config.BasePath to one of them, or to / for none", "paths", paths)
	case base != "" && allBelow(document.Paths, base):
		logger.Warn("validation: the paths of the contract begin with the base path themselves, so requests need it "+
			"twice: is Config.BasePath right?", "base_path", base)
	}
	for path, item := range document.Paths.Map() {
		if item != nil && hasOtherServers(item, base) {
			logger.Warn("validation: a path or an operation has servers of its own, which are not looked at", "path",
				path)
		}
	}
	return base
}

// serverPaths are the different paths of servers, without a slash at their end, with variables as they are by default.
func serverPaths(servers openapi3.Servers) []string {
	paths := make(map[string]bool)
	for _, server := range servers {
		if server == nil {
			continue
		}
		text := server.URL
		for name, variable := range server.Variables {
			if variable != nil {
				text = strings.ReplaceAll(text, "{"+name+"}", variable.Default)
			}
		}
		u, err := url.Parse(text)
		if err != nil || strings.ContainsAny(u.Path, "{}") {
			continue // The document is about to be refused, or says nothing that can be used.
		}
		path := strings.TrimRight(u.EscapedPath(), "/")
		if path != "" && !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		paths[path] = true
	}
	return slices.Sorted(maps.Keys(paths))
}

func allBelow(paths *openapi3.Paths, base string) bool {
	for path := range paths.Map() {
		if !strings.HasPrefix(path, base+"/") {
			return false
		}
	}
	return true
}

func hasOtherServers(item *openapi3.PathItem, base string) bool {
	differ := func(servers openapi3.Servers) bool {
		return slices.ContainsFunc(serverPaths(servers), func(path string) bool { return path != base })
	}
	if differ(item.Servers) {
		return true
	}
	for _, o := range item.Operations() {
		if o.Servers != nil && differ(*o.Servers) {
			return true
		}
	}
	return false
}

// queryLimit returns how many parameters of a query net/http reads. Of a query with more it reads none. It depends on
// the setting urlmaxqueryparams of GODEBUG.
func queryLimit() int {
	reads := func(n int) bool {
		_, err := url.ParseQuery(strings.Repeat("&", n-1))
		return err == nil
	}
	const usual = 10_000
	if reads(usual) && !reads(usual+1) {
		return usual
	}
	if reads(maxQueried) {
		return maxQueried
	}
	low, high := 0, maxQueried // low are read, high are not.
	for high-low > 1 {
		if middle := (low + high) / 2; reads(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// maxQueried is how many parameters a query may have when net/http has no limit.
const maxQueried = 1 << 16
