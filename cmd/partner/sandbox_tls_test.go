package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The certificate that the greeting names is the one to trust: curl logs in with it, and clients speak either protocol.
func TestASandboxOverTLS(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	given := filepath.Join(t.TempDir(), "ca.pem")
	for name, arguments := range map[string][]string{
		"with a temporary file": {"--addr", "127.0.0.1:0", "--tls"},
		"with a given file":     {"--addr", "127.0.0.1:0", "--tls", "--tls-ca", given},
	} {
		t.Run(name, func(t *testing.T) {
			r := startSandbox(t, nil, arguments...)
			found := regexp.MustCompile(`(?m)^export SSL_CERT_FILE='(.*)'$`).FindStringSubmatch(r.greeting)
			if found == nil || !strings.HasPrefix(r.base, "https://127.0.0.1:") {
				t.Fatal(r.greeting)
			}
			file := found[1]
			lines := strings.Split(strings.TrimSpace(r.greeting), "\n")
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			shell := exec.CommandContext(ctx, "sh", "-c", lines[len(lines)-1]+` -w '\n%{http_code}' --noproxy '*'`)
			if out, err := shell.CombinedOutput(); err != nil || !strings.HasSuffix(string(out), "\n200") {
				t.Errorf("%v: %s", err, out)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "PRIVATE") {
				t.Error("the file has the key as well")
			}
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM(text)
			for _, major := range []int{1, 2} {
				transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true,
					Protocols: new(http.Protocols)}
				transport.Protocols.SetHTTP1(major == 1)
				transport.Protocols.SetHTTP2(major == 2)
				client := &http.Client{Transport: transport, Timeout: patience}
				response, err := client.Get(r.base + "/health")
				if err != nil {
					t.Fatal(err)
				}
				_ = response.Body.Close()
				if response.ProtoMajor != major {
					t.Errorf("it speaks %s; want HTTP/%d", response.Proto, major)
				}
			}
			r.stop()
			if status := r.wait(t); status != exitOK {
				t.Errorf("status %d: %s", status, r.stderr)
			}
			if _, err := os.Stat(file); (err == nil) != (file == given) {
				t.Errorf("after the end, %s: %v", file, err)
			}
		})
	}
}

func TestFlagsForTLSThatMakeNoSense(t *testing.T) {
	t.Parallel()
	nowhere := filepath.Join(t.TempDir(), "no", "ca")
	for want, arguments := range map[string][]string{
		"it is for --tls alone":   {"--tls-ca", "ca.pem"},
		"it is empty":             {"--tls", "--tls-ca", ""},
		"a shell could not read":  {"--tls", "--tls-ca", "it's"},
		"write the certificate":   {"--addr", "127.0.0.1:0", "--tls", "--tls-ca", nowhere},
		"unknown flag --tls-cert": {"--tls", "--tls-cert", "x"},
	} {
		out := execute(t, nil, "", append([]string{"sandbox"}, arguments...)...)
		if out.status == exitOK || !strings.Contains(out.stderr, want) {
			t.Errorf("%q: status %d, %s", arguments, out.status, out.stderr)
		}
	}
}
