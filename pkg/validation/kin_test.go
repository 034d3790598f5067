package validation_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

// The oracle: what this package did before it had a compiler of its own. It decodes a text with encoding/json, hands
// the value to kin-openapi, and adds what kin-openapi cannot see. It shares no code with the package, formats included.

const (
	kinMaxDepth  = 64
	kinMaxNumber = 1_000
)

var kinOptions = map[validation.Direction][]openapi3.SchemaValidationOption{
	validation.Request: {openapi3.WithStringFormatValidators(kinFormats), kinSilent, openapi3.VisitAsRequest(),
		openapi3.FailFast()},
	validation.Response: {openapi3.WithStringFormatValidators(kinFormats), kinSilent, openapi3.VisitAsResponse(),
		openapi3.FailFast()},
}

var kinSilent = openapi3.SetSchemaErrorMessageCustomizer(func(*openapi3.SchemaError) string { return "another value" })

var kinFormats = func() map[string]openapi3.StringFormatValidator {
	validators := make(map[string]openapi3.StringFormatValidator)
	for name, ok := range map[string]func(string) bool{
		"uuid": kinUUID, "date": kinDate, "date-time": kinDateTime, "email": kinEmail, "uri": kinURI, "byte": kinBase64,
	} {
		validators[name] = openapi3.NewCallbackValidator(func(text string) error {
			if ok(text) {
				return nil
			}
			return errors.New("another format")
		})
	}
	return validators
}()

// kinAccepts is the oracle's verdict on a JSON text.
func kinAccepts(s *openapi3.Schema, direction validation.Direction, text []byte) bool {
	d := kinRead(text)
	if d.faults > 0 {
		return false
	}
	options := kinOptions[direction]
	if s.VisitJSON(d.value, options...) != nil {
		return false
	}
	p := &kinPlace{options: options}
	p.strict([]*openapi3.Schema{s}, d.value)
	return !p.broken
}

type kinPlace struct {
	options []openapi3.SchemaValidationOption
	broken  bool
}

// document is a JSON text that was read strictly.
type kinDocument struct {
	value any
	// faults are rules of the strict reading that were broken. When there are any, value is of no use.
	faults int
}

// kinRead decodes exactly one JSON value. Numbers keep their digits. It refuses text that is not UTF-8, escapes of half
// a surrogate pair, repeated members at any depth, numbers of more than kinMaxNumber characters, and more than
// kinMaxDepth levels.
func kinRead(text []byte) kinDocument {
	if !utf8.Valid(text) {
		return kinDocument{faults: 1}
	}
	if !json.Valid(text) {
		return kinDocument{faults: 1}
	}
	if kinLoneSurrogate(text) {
		return kinDocument{faults: 1}
	}
	r := kinReader{decoder: json.NewDecoder(bytes.NewReader(text))}
	r.decoder.UseNumber()
	r.value = r.read(0)
	return r.kinDocument
}

type kinReader struct {
	decoder *json.Decoder
	kinDocument
	deep bool
}

// read returns the next value. The text is known to be well-formed, so an error of the decoder means that it was given
// up.
func (r *kinReader) read(depth int) any {
	token, err := r.decoder.Token()
	if err != nil || r.deep {
		return nil
	}
	delim, ok := token.(json.Delim)
	if !ok {
		if number, ok := token.(json.Number); ok && len(number) > kinMaxNumber {
			r.faults++
		}
		return token
	}
	if depth >= kinMaxDepth {
		r.deep = true
		r.faults++
		return nil
	}
	if delim == '[' {
		array := []any{}
		for r.decoder.More() && !r.deep {
			array = append(array, r.read(depth+1))
		}
		_, _ = r.decoder.Token()
		return array
	}
	object := map[string]any{}
	for r.decoder.More() && !r.deep {
		token, err := r.decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil
		}
		_, repeated := object[name]
		object[name] = r.read(depth + 1)
		if repeated {
			r.faults++
		}
	}
	_, _ = r.decoder.Token()
	return object
}

// kinLoneSurrogate finds escapes such as \ud800 without its other half, which decoders replace and so confuse with each
// other. The text is well-formed JSON.
func kinLoneSurrogate(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		if text[i] != 'u' {
			continue
		}
		first := kinEscaped(text[i+1:])
		i += 4
		if !utf16.IsSurrogate(first) {
			continue
		}
		if i+6 >= len(text) || text[i+1] != '\\' || text[i+2] != 'u' ||
			utf16.DecodeRune(first, kinEscaped(text[i+3:])) == utf8.RuneError {
			return true
		}
		i += 6
	}
	return false
}

func kinEscaped(digits []byte) rune {
	n, err := strconv.ParseUint(string(digits[:4]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}

// strict reports what kin-openapi cannot see: members that differ from a name of the contract in case alone, which Go's
// decoder would bind, and numbers that pass only because they were rounded to a float64. schemas all apply to value.
func (p *kinPlace) strict(schemas []*openapi3.Schema, value any) {
	if p.broken || len(schemas) == 0 {
		return
	}
	switch value := value.(type) {
	case json.Number:
		applying, _ := p.expand(schemas, value)
		for _, s := range applying {
			p.number(s, value)
		}
	case []any:
		applying, _ := p.expand(schemas, value)
		var items []*openapi3.Schema
		for _, s := range applying {
			if s.Items != nil && s.Items.Value != nil {
				items = append(items, s.Items.Value)
			}
		}
		for _, item := range value {
			p.strict(items, item)
		}
	case map[string]any:
		p.object(schemas, value)
	}
}

func (p *kinPlace) object(schemas []*openapi3.Schema, value map[string]any) {
	applying, possible := p.expand(schemas, value)
	known := make(map[string]bool)
	for _, s := range possible {
		for name := range s.Properties {
			known[name] = true
		}
	}
	var names []string
	for name := range value {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !known[name] {
			for spelling := range known {
				if strings.EqualFold(spelling, name) {
					p.broken = true
				}
			}
		}
		var next []*openapi3.Schema
		for _, s := range applying {
			if property := s.Properties[name]; property != nil {
				next = append(next, property.Value)
			} else if more := s.AdditionalProperties.Schema; more != nil {
				next = append(next, more.Value)
			}
		}
		p.strict(next, value[name])
	}
}

// expand follows allOf, oneOf and anyOf. applying are the schemas that hold for value; possible has also the variants
// that it might have been meant to match.
func (p *kinPlace) expand(schemas []*openapi3.Schema, value any) (applying, possible []*openapi3.Schema) {
	var follow func(s *openapi3.Schema, applies bool)
	follow = func(s *openapi3.Schema, applies bool) {
		if s == nil || slices.Contains(possible, s) && (!applies || slices.Contains(applying, s)) {
			return
		}
		if !slices.Contains(possible, s) {
			possible = append(possible, s)
		}
		if applies {
			applying = append(applying, s)
		}
		for _, ref := range s.AllOf {
			follow(ref.Value, applies)
		}
		for _, variants := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
			if selected := kinSelect(s.Discriminator, variants, value); selected != nil {
				follow(selected, applies)
				continue
			}
			for _, ref := range variants {
				follow(ref.Value, applies && ref.Value != nil && ref.Value.VisitJSON(value, p.options...) == nil)
			}
		}
	}
	for _, s := range schemas {
		follow(s, true)
	}
	return applying, possible
}

func kinSelect(d *openapi3.Discriminator, variants openapi3.SchemaRefs, value any) *openapi3.Schema {
	object, ok := value.(map[string]any)
	if d == nil || !ok {
		return nil
	}
	name, _ := object[d.PropertyName].(string)
	ref := d.Mapping[name].Ref
	if ref != "" && !strings.Contains(ref, "/") {
		ref = "#/components/schemas/" + ref
	}
	for _, variant := range variants {
		if ref != "" && variant.Ref == ref {
			return variant.Value
		}
	}
	return nil
}

// number checks a number's digits. kin-openapi has checked it as a float64, which is exact up to 15 digits.
func (p *kinPlace) number(s *openapi3.Schema, value json.Number) {
	if !s.Type.Is(openapi3.TypeInteger) && !s.Type.Is(openapi3.TypeNumber) {
		return
	}
	d := kinDecimalOf(value.String())
	if len(d.digits) <= 15 && d.exponent >= -300 && len(d.digits)+d.exponent <= 15 {
		return
	}
	add := func(string) { p.broken = true }
	if s.Type.Is(openapi3.TypeInteger) {
		if !d.isInteger() {
			add("type")
			return
		}
		if s.Format == "int64" && !d.fits(64) || s.Format == "int32" && !d.fits(32) {
			add("format")
		}
	}
	if d.exponent > 400 || d.exponent < -kinMaxNumber {
		// Far from any bound, and too long to write out.
		return
	}
	exact, ok := new(big.Rat).SetString(d.scientific())
	if !ok {
		return
	}
	if s.Min != nil && exact.Cmp(new(big.Rat).SetFloat64(*s.Min)) < 0 {
		add("minimum")
	}
	if s.Max != nil && exact.Cmp(new(big.Rat).SetFloat64(*s.Max)) > 0 {
		add("maximum")
	}
	if s.ExclusiveMin.IsTrue() && s.Min != nil && exact.Cmp(new(big.Rat).SetFloat64(*s.Min)) == 0 {
		add("exclusiveMinimum")
	}
	if s.ExclusiveMax.IsTrue() && s.Max != nil && exact.Cmp(new(big.Rat).SetFloat64(*s.Max)) == 0 {
		add("exclusiveMaximum")
	}
}

// kinUUID accepts the text form of RFC 4122 alone: no braces, no urn:, whatever version and variant.
func kinUUID(text string) bool {
	if len(text) != len(nilID) {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return false
			}
		}
	}
	return true
}

// kinDate knows the lengths of the months, which a pattern does not.
func kinDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil && len(text) == len(time.DateOnly)
}

// kinDateTime accepts RFC 3339 as far as a time.Time decodes it from JSON: with upper-case letters, without leap
// seconds.
func kinDateTime(text string) bool {
	// The decoder lets two things pass that are not RFC 3339: an hour of one digit, and a comma.
	return new(time.Time).UnmarshalText([]byte(text)) == nil && text[len("2006-01-02T15")] == ':' &&
		!strings.Contains(text, ",") &&
		(strings.HasSuffix(text, "Z") || text[len(text)-5:] < "24" && text[len(text)-2:] < "60")
}

// kinEmail is a check for sanity; whether mail arrives only mail can tell.
func kinEmail(text string) bool {
	local, domain, found := strings.Cut(text, "@")
	if !found || local == "" || len(local) > 64 || domain == "" || len(text) > 254 {
		return false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r == 0x7f ||
			strings.ContainsRune(`<>(),;:"[]\`, r)
	}) &&
		!strings.Contains(domain, "@")
}

// kinURI accepts absolute URIs, which have a scheme and, after //, a host.
func kinURI(text string) bool {
	if strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f ||
			strings.ContainsRune("\"<>\\^`{|}", r)
	}) {
		return false
	}
	u, err := url.Parse(text)
	if err != nil || !u.IsAbs() {
		return false
	}
	return u.Opaque != "" || u.Host != "" || (u.Scheme != "http" && u.Scheme != "https" && u.Path != "")
}

func kinBase64(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil && !strings.ContainsAny(text, "\r\n")
}

// kinDecimal is a JSON number, reduced to digits that do not end in zero times a power of ten.
type kinDecimal struct {
	negative bool
	digits   string
	exponent int
}

// kinDecimalOf takes a JSON number apart without rounding it. Exponents are clamped to where nothing distinguishes
// them.
func kinDecimalOf(text string) kinDecimal {
	var d kinDecimal
	text, d.negative = strings.CutPrefix(text, "-")
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(text[i+1:])
		if err != nil || exponent > 1e6 || exponent < -1e6 {
			exponent = 1e6
			if text[i+1] == '-' {
				exponent = -1e6
			}
		}
		text, d.exponent = text[:i], exponent
	}
	whole, fraction, _ := strings.Cut(text, ".")
	d.exponent -= len(fraction)
	d.digits = strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(d.digits, "0")
	d.exponent += len(d.digits) - len(short)
	d.digits = short
	return d
}

func (d kinDecimal) isInteger() bool { return d.digits == "" || d.exponent >= 0 }

// fits reports whether an integer has no more than so many bits, its sign included.
func (d kinDecimal) fits(bits int) bool {
	if d.digits == "" {
		return true
	}
	if d.exponent < 0 || len(d.digits)+d.exponent > 19 {
		return false
	}
	_, err := strconv.ParseInt(d.text(), 10, bits)
	return err == nil
}

// scientific spells the number with an exponent.
func (d kinDecimal) scientific() string {
	text := "0" + d.digits + "e" + strconv.Itoa(d.exponent)
	if d.negative {
		return "-" + text
	}
	return text
}

// text spells an integer out. The caller makes sure that it is not too long.
func (d kinDecimal) text() string {
	text := d.digits + strings.Repeat("0", d.exponent)
	if d.negative {
		return "-" + text
	}
	return text
}

var (
	kinInteger = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	kinNumber  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// kinCoerce gives the text of a parameter the type that the schema asks for.
func kinCoerce(s *openapi3.Schema, text string) any {
	for len(s.AllOf) == 1 && s.Type == nil {
		s = s.AllOf[0].Value
	}
	switch {
	case s.Type.Is(openapi3.TypeInteger) && kinInteger.MatchString(text),
		s.Type.Is(openapi3.TypeNumber) && kinNumber.MatchString(text):
		return json.Number(text)
	case s.Type.Is(openapi3.TypeBoolean) && (text == "true" || text == "false"):
		return text == "true"
	}
	return text
}

func kinVisit(s *openapi3.Schema, value any) bool {
	p := &kinPlace{options: kinOptions[validation.Request]}
	if s.VisitJSON(value, p.options...) != nil {
		return false
	}
	p.strict([]*openapi3.Schema{s}, value)
	return !p.broken
}
