package validation

import (
	"errors"
	"net/http"
)

// Option changes what [New] and [Load] build.
type Option func(*config)

type config struct {
	onError       func(http.ResponseWriter, *http.Request, *Error)
	maxBodyBytes  int64
	maxViolations int
}

// WithErrorHandler answers refused requests in [Validator.Middleware]; the default is [WriteError].
func WithErrorHandler(handle func(http.ResponseWriter, *http.Request, *Error)) Option {
	return func(c *config) { c.onError = handle }
}

// WithMaxBodyBytes bounds JSON bodies, of requests and of responses; the default is 1 MiB. Such a body is held in memory
// while it is checked. Binary bodies may have 50 MiB whatever n is.
func WithMaxBodyBytes(n int64) Option {
	return func(c *config) { c.maxBodyBytes = n }
}

// WithMaxViolations bounds how many violations an [Error] lists; the default is 20.
func WithMaxViolations(n int) Option {
	return func(c *config) { c.maxViolations = n }
}

func newConfig(options []Option) (config, error) {
	c := config{onError: WriteError, maxBodyBytes: 1 << 20, maxViolations: 20}
	for _, option := range options {
		option(&c)
	}
	switch {
	case c.onError == nil:
		return c, errors.New("validation: the error handler is nil")
	case c.maxBodyBytes <= 0:
		return c, errors.New("validation: the limit of a body is not positive")
	case c.maxViolations <= 0:
		return c, errors.New("validation: the limit of violations is not positive")
	}
	return c, nil
}
