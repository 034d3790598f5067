package validation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// Config says what is checked, and what becomes of a message that differs. Document is required; all else is optional.
type Config struct {
	// Document is the contract, OpenAPI 3.0. It must not be changed afterwards. Required.
	Document *openapi3.T
	// BasePath stands before the paths of the contract, such as /api for a service that serves the contract's /pets/ as
	// /api/pets/. It starts with a slash; / says that nothing stands there. When it is empty, it is the path that all
	// servers of the contract have in common: /api of https://pets.example.com/api.
	BasePath string
	// MaxBodyBytes bounds JSON bodies, of requests and of responses. Such a body is held in memory while it is checked.
	// 0 means 1 MiB.
	MaxBodyBytes int64
	// MaxFileBytes bounds the bodies of requests that are not JSON. They are not held: one whose length is not known
	// beforehand is checked while it is read, and its reader gets a *Refusal as error, in place of what is too much. 0
	// means 64 MiB.
	MaxFileBytes int64
	// MaxViolations bounds how many violations a Refusal lists. 0 means 20.
	MaxViolations int
	// Responses says what Middleware does about responses. The default is ResponseModeOff.
	Responses ResponseMode
	// Formats adds to the formats of strings that are checked, or replaces one of them. One without a Check becomes a
	// comment. The formats of numbers are int32 and int64, and stay as they are.
	Formats map[string]Format
	// Unchecked lists media types whose bodies are let through, such as multipart/form-data: their type and size are
	// looked at and nothing else. A name may end in /*. Without it a contract that has a body which cannot be checked
	// is refused, so that nothing passes unchecked in silence.
	Unchecked []string
	// RefuseNilUUID lists header parameters whose UUID must not be the nil one, 00000000-0000-0000-0000-000000000000,
	// such as an idempotency key's: all callers that forgot to set theirs would share it.
	RefuseNilUUID []string
	// RefuseUnknown refuses what the contract does not know, though it does not forbid it: query parameters of other
	// names, members of other names unless the contract says that others are welcome, and a body where none is
	// described. It is for tests, which find misspelled names by it; elsewhere it makes each addition to a contract a
	// break. It applies to responses too. Headers and cookies are always let through.
	RefuseUnknown bool
	// Development says more than strangers should know: the names that a sender chose and the contract does not have,
	// the byte at which a text is no JSON, which path may have been meant. Values of a message stay out all the same.
	Development bool
	// Logger gets what is odd about a contract or its base path, once, from New. Nil means slog.Default(); one with
	// slog.DiscardHandler keeps silent.
	Logger *slog.Logger
	// Matched returns the operation of a request if something before Middleware has found it already, by
	// Validator.Find or Validator.Match. Middleware looks for itself when Matched is nil or returns nil, and when the
	// match is another validator's or of another method or path.
	Matched func(*http.Request) *Match
	// Refuse answers what Middleware refuses. The default is WriteRefusal; WriteProblem is another.
	Refuse func(http.ResponseWriter, *http.Request, Refusal)
	// Observe is called with everything that Middleware finds wrong, in requests and responses, before it is answered,
	// from many goroutines at once, and must not block. Nil observes nothing.
	Observe func(context.Context, Event)
}

// defaultMaxFileBytes bounds a body that is not JSON unless the configuration says otherwise.
const defaultMaxFileBytes int64 = 64 << 20

// Event is something that [Validator.Middleware] found wrong.
type Event struct {
	// Request is the one that was refused, or that was answered by something else than the contract says.
	Request *http.Request
	// Refusal says what is wrong. Its Direction tells requests from responses.
	Refusal *Refusal
}

// Format is a format of strings.
type Format struct {
	// Expectation completes "must be …" for whoever sent something else: "an IBAN".
	Expectation string
	// Check reports whether a text, without its quotes and escapes, has the format. It must not keep the text. Nil
	// turns the format into a comment.
	Check func(text []byte) bool
}

// resolve checks a configuration and fills in the defaults.
func (c Config) resolve() (Config, error) {
	switch {
	case c.Document == nil:
		return c, errors.New("validation: Config.Document, the contract, is missing")
	case c.BasePath != "" && !strings.HasPrefix(c.BasePath, "/"):
		return c, errors.New("validation: Config.BasePath does not start with a slash")
	case strings.ContainsAny(c.BasePath, "{}?#"):
		return c, errors.New("validation: Config.BasePath is not a path without parameters")
	}
	if err := checkVersion(c.Document); err != nil {
		return c, err
	}
	c, err := c.treatment()
	if err != nil {
		return c, err
	}
	c.BasePath = baseOf(c.Document, c.BasePath, c.Logger)
	return c, nil
}

// treatment checks what has nothing to do with a contract, and fills in the defaults.
func (c Config) treatment() (Config, error) {
	switch {
	case c.MaxBodyBytes < 0, c.MaxFileBytes < 0, c.MaxViolations < 0:
		return c, errors.New("validation: Config.MaxBodyBytes, MaxFileBytes or MaxViolations is negative")
	case c.Responses > ResponseModeEnforce:
		return c, fmt.Errorf("validation: there is no ResponseMode(%d)", c.Responses)
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.MaxBodyBytes = cmp.Or(c.MaxBodyBytes, wire.DefaultMaxBodyBytes)
	c.MaxFileBytes = cmp.Or(c.MaxFileBytes, defaultMaxFileBytes)
	c.MaxViolations = cmp.Or(c.MaxViolations, 20)
	if c.Refuse == nil {
		c.Refuse = WriteRefusal
	}
	if c.Observe == nil {
		c.Observe = func(context.Context, Event) {}
	}
	return c, nil
}

// compiles reports whether something is set that a contract is compiled with.
func (c *Config) compiles() bool {
	return c.Document != nil || c.BasePath != "" || c.Formats != nil || c.Unchecked != nil || c.RefuseNilUUID != nil ||
		c.RefuseUnknown || c.Development
}

// formats are those that are checked.
func (c *Config) formats() (map[string]schema.Format, error) {
	formats := schema.Formats()
	for name, f := range c.Formats {
		switch {
		case name == "" || f.Check != nil && f.Expectation == "":
			return nil, errors.New("validation: a format in Config.Formats needs a name and an Expectation")
		case f.Check == nil:
			delete(formats, name)
		default:
			formats[name] = schema.Format{Expectation: f.Expectation, Check: f.Check}
		}
	}
	return formats, nil
}

// isUnchecked reports whether bodies of a media type, in lower case, are let through.
func (c *Config) isUnchecked(mediaType string) bool {
	for _, name := range c.Unchecked {
		name = strings.ToLower(name)
		if kind, all := strings.CutSuffix(name, "/*"); name == mediaType ||
			all && strings.HasPrefix(mediaType, kind+"/") {
			return true
		}
	}
	return false
}

// nilUUIDs are the canonical names of the headers in RefuseNilUUID, each with false until an operation has it.
func (c *Config) nilUUIDs() map[string]bool {
	names := make(map[string]bool, len(c.RefuseNilUUID))
	for _, name := range c.RefuseNilUUID {
		names[http.CanonicalHeaderKey(name)] = false
	}
	return names
}
