package validation

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// Option changes what [New], [Load] and [Middleware] build.
type Option func(*config)

type config struct {
	onError       func(http.ResponseWriter, *http.Request, *Error)
	observe       func(*http.Request, *Error)
	maxBodyBytes  int64
	maxViolations int
	responses     ResponseMode
	basePath      string
	formats       map[string]format
	unchecked     []string
	errs          []error
}

// WithErrorHandler renders what [Validator.Middleware] refuses; the default is [WriteError]. [WriteProblem] is another.
func WithErrorHandler(handle func(http.ResponseWriter, *http.Request, *Error)) Option {
	return func(c *config) { c.onError = handle }
}

// WithObserver calls observe with everything that [Validator.Middleware] finds wrong, requests and responses, before it
// is answered, for instance to log or to count it. The default does nothing. It may be called by many goroutines at
// once.
func WithObserver(observe func(*http.Request, *Error)) Option {
	return func(c *config) { c.observe = observe }
}

// WithMaxBodyBytes bounds JSON bodies, of requests and of responses; the default is 1 MiB. Such a body is held in
// memory while it is checked. Binary bodies may have 50 MiB whatever n is.
func WithMaxBodyBytes(n int64) Option {
	return func(c *config) { c.maxBodyBytes = n }
}

// WithMaxViolations bounds how many violations an [Error] lists; the default is 20.
func WithMaxViolations(n int) Option {
	return func(c *config) { c.maxViolations = n }
}

// WithResponses says what [Validator.Middleware] does about responses; the default is [ResponsesOff].
func WithResponses(mode ResponseMode) Option {
	return func(c *config) { c.responses = mode }
}

// WithBasePath says what stands before the paths of the contract, such as /api for a service that serves /pets/ of the
// contract as /api/pets/. The servers that a contract lists are not looked at.
func WithBasePath(path string) Option {
	return func(c *config) {
		if path != "" && !strings.HasPrefix(path, "/") {
			c.errs = append(c.errs, errors.New("validation: the base path does not start with a slash"))
		}
		c.basePath = strings.TrimSuffix(path, "/")
	}
}

// WithFormat checks a format of strings: ok says whether a text, without its quotes and escapes, has it, and must not
// keep the text; expectation completes "must be …" for whoever sent another. It adds to the formats that are checked
// anyway, or replaces one of them; a nil ok turns one into a comment. Formats of numbers are int32 and int64.
func WithFormat(name, expectation string, ok func(text []byte) bool) Option {
	return func(c *config) {
		switch {
		case name == "" || ok != nil && expectation == "":
			c.errs = append(c.errs, errors.New("validation: a format needs a name and an expectation"))
		case ok == nil:
			delete(c.formats, name)
		default:
			c.formats[name] = format{ok, "must be " + expectation}
		}
	}
}

// WithUnchecked lets bodies of media types through that cannot be checked, such as multipart/form-data: their type and
// size are looked at and nothing else. Without it a contract that has such a body is refused, so that nothing passes
// unchecked in silence. A name may end in /*.
func WithUnchecked(mediaTypes ...string) Option {
	return func(c *config) {
		for _, name := range mediaTypes {
			c.unchecked = append(c.unchecked, strings.ToLower(name))
		}
	}
}

func newConfig(options []Option) (config, error) {
	c := config{
		onError: WriteError, observe: func(*http.Request, *Error) {}, maxBodyBytes: 1 << 20, maxViolations: 20,
		formats: maps.Clone(builtin),
	}
	for _, option := range options {
		option(&c)
	}
	switch {
	case c.onError == nil || c.observe == nil:
		return c, errors.New("validation: the error handler or the observer is nil")
	case c.maxBodyBytes <= 0:
		return c, errors.New("validation: the limit of a body is not positive")
	case c.maxViolations <= 0:
		return c, errors.New("validation: the limit of violations is not positive")
	case c.responses > ResponsesEnforce:
		return c, fmt.Errorf("validation: there is no ResponseMode(%d)", c.responses)
	}
	return c, errors.Join(c.errs...)
}

// isUnchecked reports whether a media type is let through.
func (c *config) isUnchecked(mediaType string) bool {
	for _, name := range c.unchecked {
		if kind, all := strings.CutSuffix(name, "/*"); name == mediaType ||
			all && strings.HasPrefix(mediaType, kind+"/") {
			return true
		}
	}
	return false
}
