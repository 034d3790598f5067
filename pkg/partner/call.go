package partner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/oapi-codegen/runtime"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// headerPartnerID is sent with a base URL that has no partner prefix. (Source: the provider's sample client.)
const headerPartnerID = "X-Jiko-Partner-Id"

// call is one logical call under construction and under way. The generated services make one per call.
type call struct {
	core      *core
	operation *operation
	callConfig
	path        string
	query       string
	header      http.Header
	contentType string
	body        body
	// own is set for a request of the caller's making.
	own *ownRequest
	// err is the first thing that went wrong while the call was made.
	err error

	attempts int
	// unknown says that an attempt may have arrived without an answer.
	unknown bool
	// first is when the first attempt was sent.
	first time.Time
}

// operation is what the core has to know of an operation.
type operation struct {
	partnerapi.Operation
	// bare operations go out without token, key and signature. (Source: the contract's security.)
	bare bool
}

// read reports whether the operation changes nothing.
func (o *operation) read() bool { return o.Method == http.MethodGet || o.Method == http.MethodHead }

func newCall(c *core, o *operation, options []CallOption) *call {
	r := &call{core: c, operation: o}
	r.maxRetries, r.timeout = c.maxRetries, c.attemptTimeout
	for _, option := range options {
		option(&r.callConfig)
	}
	return r
}

func (r *call) reject(err error) {
	if r.err == nil {
		r.err = err
	}
}

// expand fills the path template with its parameters, in order and escaped. One that would change the path is refused.
func (r *call) expand(values ...string) {
	rest := r.operation.Path
	if len(values) == 0 {
		r.path = rest
		return
	}
	var b strings.Builder
	b.Grow(len(rest) + 16*len(values))
	for _, value := range values {
		open, end := strings.IndexByte(rest, '{'), strings.IndexByte(rest, '}')
		if value == "" || value == "." || value == ".." {
			r.reject(fmt.Errorf("path parameter %s: %q is not allowed", rest[open+1:end], value))
		}
		b.WriteString(rest[:open])
		b.WriteString(url.PathEscape(value))
		rest = rest[end+1:]
	}
	b.WriteString(rest)
	r.path = b.String()
}

// queryParam adds a query parameter in the style of the contract.
func (r *call) queryParam(style string, explode bool, name string, value any, schemaType, format string) { //nolint:unparam // The contract may say another style tomorrow.
	fragment, err := runtime.StyleParamWithOptions(style, explode, name, value, runtime.StyleParamOptions{
		ParamLocation: runtime.ParamLocationQuery, Type: schemaType, Format: format,
	})
	if err != nil {
		r.reject(fmt.Errorf("query parameter %s: %w", name, err))
		return
	}
	if r.query != "" && fragment != "" {
		r.query += "&"
	}
	r.query += fragment
}

// headerParam adds a header parameter of the operation.
func (r *call) headerParam(name string, value any, schemaType, format string) { //nolint:unparam // The contract may say another type tomorrow.
	text, err := runtime.StyleParamWithOptions("simple", false, name, value, runtime.StyleParamOptions{
		ParamLocation: runtime.ParamLocationHeader, Type: schemaType, Format: format,
	})
	if err != nil {
		r.reject(fmt.Errorf("header parameter %s: %w", name, err))
		return
	}
	if !isHeaderValue(text) {
		r.reject(fmt.Errorf("header parameter %s is not a header value", name))
		return
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, text)
}

// json sets the body. It is encoded once, so that all attempts send the same bytes.
func (r *call) json(value any) {
	b, err := json.Marshal(value)
	if err != nil {
		r.reject(fmt.Errorf("request body: %w", err))
		return
	}
	r.contentType, r.body = "application/json", body{bytes: b, size: int64(len(b))}
}

// upload sets the body to a file.
func (r *call) upload(contentType string, file io.Reader) {
	b, err := newBody(file)
	if err != nil {
		r.reject(err)
		return
	}
	if !isHeaderValue(contentType) {
		r.reject(errors.New("the content type is not a header value"))
		return
	}
	r.contentType, r.body = contentType, b
}
