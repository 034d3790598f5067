package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// tlsFlags say whether the sandbox speaks TLS, and where its clients find the certificate to trust.
type tlsFlags struct {
	on   bool
	file string
}

func (f *tlsFlags) check(cmd *cobra.Command) error {
	switch changed := cmd.Flags().Changed("tls-ca"); {
	case changed && !f.on:
		return flagError(cmd, "tls-ca", errors.New("it is for --tls alone"))
	case changed && f.file == "":
		return flagError(cmd, "tls-ca", errors.New("it is empty; leave it out for a temporary file"))
	case strings.ContainsAny(f.file, "'\n"):
		return flagError(cmd, "tls-ca", errors.New("a shell could not read the name: leave out quotes and line breaks"))
	}
	return nil
}

// listener has a listener speak TLS, if that is asked for, and writes the certificate to the file. remove removes the
// file, if it is a temporary one.
func (f *tlsFlags) listener(plain net.Listener, at *net.TCPAddr, config sandbox.Config) (_ net.Listener,
	remove func() error, err error) {
	remove = func() error { return nil }
	if !f.on {
		return plain, remove, nil
	}
	hosts := slices.Clone(config.Hosts)
	if !at.IP.IsUnspecified() {
		hosts = append(hosts, at.IP.String())
	}
	certificate, err := sandbox.NewCertificate(hosts...)
	if err != nil {
		return nil, nil, err
	}
	if f.file != "" {
		if f.file, err = filepath.Abs(f.file); err != nil {
			return nil, nil, err
		}
		if err := os.WriteFile(f.file, certificate.PEM(), 0o644); err != nil { //nolint:gosec // It is no secret.
			return nil, nil, fmt.Errorf("write the certificate: %w", err)
		}
		return certificate.Listener(plain), remove, nil
	}
	file, err := os.CreateTemp("", "partner-sandbox-*.pem")
	if err != nil {
		return nil, nil, fmt.Errorf("write the certificate: %w", err)
	}
	f.file = file.Name()
	remove = func() error { return os.Remove(file.Name()) }
	_, err = file.Write(certificate.PEM())
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, nil, fmt.Errorf("write the certificate: %w", errors.Join(err, remove()))
	}
	return certificate.Listener(plain), remove, nil
}

// baseURL returns where to call the sandbox from this machine.
func (f *tlsFlags) baseURL(at *net.TCPAddr) string {
	host, scheme := at.IP.String(), "http"
	if at.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	if f.on {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(at.Port))
}

// exports are the lines of a shell after which clients trust the certificate.
func (f *tlsFlags) exports() string {
	if !f.on {
		return ""
	}
	return fmt.Sprintf("# It vouches for itself. Go reads the first of these in the place of the system's "+
		"certificates,\n# Node the second besides:\nexport SSL_CERT_FILE='%[1]s'\nexport NODE_EXTRA_CA_CERTS='%[1]s'\n",
		f.file)
}

// curl is how to call it with curl.
func (f *tlsFlags) curl() string {
	if !f.on {
		return "curl -sS"
	}
	return "curl -sS --cacert '" + f.file + "'"
}
