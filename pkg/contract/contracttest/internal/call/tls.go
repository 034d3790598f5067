package call

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
)

// ErrTLS says why there is no TLS with the server, or why there should be. It says nothing of what the server does.
type ErrTLS struct{ Reason string }

func (e *ErrTLS) Error() string { return e.Reason }

// reasonOfTLS says what is wrong with TLS by the error of a request, or is empty.
func reasonOfTLS(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &unknown):
		return "its certificate is of an authority that is not known here, and has to be given"
	case errors.As(err, &name):
		return "its certificate is for another name than the URL has"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired, or is not valid yet"
	case errors.As(err, &invalid), errors.As(err, &verification):
		return "its certificate cannot be verified"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it answers in plain HTTP, and the URL begins with https://"
	case errors.As(err, &record):
		return "it does not answer in TLS, and the URL begins with https://"
	case errors.As(err, &alert):
		return "it breaks off the handshake: " + alert.Error()
	case strings.Contains(err.Error(), "remote error: tls: "): // crypto/tls keeps the type of these to itself.
		return "it breaks off the handshake, as if it wanted a client's certificate or another version"
	case strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`): // the beginning of an alert
		return plainToTLS
	}
	return ""
}

const plainToTLS = "it answers in TLS, and the URL begins with http://"

// WantsTLS reports whether an answer to plain HTTP says that the port is one for TLS, by an error, as servers do.
func (a Answer) WantsTLS() error {
	for _, text := range []string{"HTTP request to an HTTPS server", "plain HTTP request was sent to HTTPS port",
		"speaking plain HTTP to an SSL-enabled server port"} {
		if a.Request != nil && a.Request.URL.Scheme == "http" && a.Status == http.StatusBadRequest &&
			strings.Contains(string(a.Body), text) {
			return &ErrTLS{plainToTLS}
		}
	}
	return nil
}
