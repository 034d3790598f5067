package validation

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// media is a media type that the contract allows.
type media struct {
	// name is in lower case and may be a range, such as image/*.
	name   string
	json   bool
	schema *schema.Schema
}

func isJSON(mediaType string) bool {
	name, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	name = strings.TrimSpace(name)
	return name == "application/json" || strings.HasSuffix(name, "+json")
}

// selectMedia returns what the contract says of a Content-Type, or nil. The most specific name wins.
func selectMedia(allowed []media, header http.Header) *media {
	values := header["Content-Type"]
	if len(values) != 1 {
		return nil
	}
	for i := range allowed {
		// Nearly always it is spelled as in the contract.
		if allowed[i].name == values[0] {
			return &allowed[i]
		}
	}
	name, parameters, err := mime.ParseMediaType(values[0])
	if err != nil {
		return nil
	}
	kind, _, _ := strings.Cut(name, "/")
	for _, candidate := range []string{name, kind + "/*", "*/*"} {
		i := slices.IndexFunc(allowed, func(m media) bool { return m.name == candidate })
		if i < 0 {
			continue
		}
		if charset := parameters["charset"]; allowed[i].json && charset != "" && !strings.EqualFold(charset, "utf-8") {
			return nil
		}
		return &allowed[i]
	}
	return nil
}

func mediaNames(allowed []media) []string {
	names := make([]string, 0, len(allowed))
	for _, m := range allowed {
		names = append(names, m.name)
	}
	slices.Sort(names)
	return names
}
