package validation

import (
	"errors"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// media is a media type that the contract allows.
type media struct {
	// name is in lower case and may be a range, such as image/*.
	name   string
	json   bool
	schema *schema.Schema
	// least and most are how many bytes a binary body has; most is negative when the contract does not say.
	least, most int64
}

// schemaOf returns what the contract says of a media type, or nil: one may stand there without anything.
func schemaOf(media *openapi3.MediaType) *openapi3.SchemaRef {
	if media == nil {
		return nil
	}
	return media.Schema
}

// bound takes in what a schema says of a binary body.
func (m *media) bound(s *openapi3.Schema) error {
	switch {
	case s.Pattern != "" || len(s.Enum) > 0 || len(s.AllOf)+len(s.OneOf)+len(s.AnyOf) > 0 || s.Not != nil:
		return errors.New("of a binary body its length can be checked, and nothing else")
	case s.MinLength > math.MaxInt64 || s.MaxLength != nil && *s.MaxLength > math.MaxInt64:
		return errors.New("no body is as long as minLength or maxLength has it")
	}
	m.least = int64(s.MinLength)
	if s.MaxLength != nil {
		m.most = int64(*s.MaxLength) //nolint:gosec // it was compared above
	}
	return nil
}

// shorter and longer say what is wrong with the length of a binary body.
func (m *media) shorter() Violation {
	return Violation{inBody, "min_length", "must have at least " + strconv.FormatInt(m.least, 10) + " bytes"}
}

func (m *media) longer() Violation {
	return Violation{inBody, "max_length", "must have at most " + strconv.FormatInt(m.most, 10) + " bytes"}
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
		if charset := parameters["charset"]; allowed[i].json && charset != "" && !wire.IsUTF8(charset) {
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
