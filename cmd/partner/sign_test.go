package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestSignPrintsOnlyTheSignature(t *testing.T) {
	t.Parallel()
	const body, signature = `{"description":"Webhook subscription for application statuses"}`,
		"Qeh1Kecbe0KNqwb1V3JANwNTEGV2pSZKy+4+GeIbSds="
	file := filepath.Join(t.TempDir(), "body.json")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	upper := strings.ToUpper(key)
	overUpper, err := signing.Sign(signing.NewSecret("shared-secret-here"), upper, "/api/v1/agreements/", nil)
	if err != nil {
		t.Fatal(err)
	}
	overBreak, err := signing.Sign(signing.NewSecret("shared-secret-here"), key, "/api/v1/subscriptions/",
		[]byte(body+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, stdin string
		args        []string
		want        string
	}{
		{"without a body", "ignored", []string{"--path", "/api/v1/agreements/"}, agreements},
		{"with a body from a file", "", []string{"--path", "/api/v1/subscriptions/", "--body-file", file}, signature},
		{"with a body from standard input", body, []string{"--path", "/api/v1/subscriptions/", "--body-file", "-"},
			signature},
		{"with nothing from standard input", "", []string{"--path", "/api/v1/agreements/", "--body-file", "-"},
			agreements},
		{"with the line break that ends a body", body + "\n",
			[]string{"--path", "/api/v1/subscriptions/", "--body-file", "-"}, overBreak},
		{"with the key as it is spelled", "", []string{"--path", "/api/v1/agreements/", "--idempotency-key", upper},
			overUpper},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := environment{"JIKO_SIGNING_SECRET": "shared-secret-here", "JIKO_SIGN_IDEMPOTENCY_KEY": key}
			got := execute(t, e, c.stdin, append([]string{"sign"}, c.args...)...)
			if got != (result{stdout: c.want + "\n"}) {
				t.Errorf("%+v; want %s alone", got, c.want)
			}
		})
	}
}

// A path without its slash is signed as it is, and said to be unusual.
func TestSignWarnsOfAPathWithoutItsSlash(t *testing.T) {
	t.Parallel()
	for path, warns := range map[string]bool{
		"/api/v1/agreements": true, "/api/v1/customers/" + hidden: true, "/healthy": true, "/api/v1/agreements/": false,
		"/health": false, "/gateway/health": false, "/": false,
	} {
		e := environment{"JIKO_SIGNING_SECRET": hidden, "JIKO_SIGN_IDEMPOTENCY_KEY": key}
		got := execute(t, e, "", "sign", "--path", path)
		want, err := signing.Sign(signing.NewSecret(hidden), key, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.status != exitOK || got.stdout != want+"\n" ||
			warns != strings.HasPrefix(got.stderr, "partner: WARNING: the path does not end in a slash.") ||
			!warns && got.stderr != "" || strings.Contains(got.stderr, hidden) {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

// The contract is what the warning rests on.
func TestAllPathsButHealthEndInASlash(t *testing.T) {
	t.Parallel()
	c, err := readCoverage(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range c.Operations {
		var stderr bytes.Buffer
		if err := warnOfSlash(&stderr, op.Path); err != nil || stderr.Len() > 0 {
			t.Errorf("%s: %v, %s", op.Path, err, &stderr)
		}
	}
}

func TestSignFailsOnABodyItCannotRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	huge := filepath.Join(folder, "huge")
	// Truncate makes a sparse file: it takes no room on the disk.
	if err := errors.Join(os.WriteFile(huge, nil, 0o600), os.Truncate(huge, maxBody+1)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, want string }{
		{"that does not exist", filepath.Join(folder, "nothing"), "no such file"},
		{"that is a folder", folder, "is a directory"},
		{"that is too long", huge, "longer than 50 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := environment{"JIKO_SIGNING_SECRET": hidden, "JIKO_SIGN_IDEMPOTENCY_KEY": key, "JIKO_SIGN_PATH": "/a/"}
			got := execute(t, e, "", "sign", "--body-file", c.file)
			if got.status != exitFailure || got.stdout != "" || !strings.Contains(got.stderr, c.want) ||
				!strings.HasPrefix(got.stderr, "partner: --body-file") || strings.Contains(got.stderr, hidden) {
				t.Errorf("%+v; want a failure that mentions %q", got, c.want)
			}
		})
	}
}

func TestCheckPathLetsEscapedPathsThrough(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/health", "/a//b/", "//a/", "/a%2Fb/c%20d/", "/a!'()*,;=:@&+$~b/", "/a/..;/"} {
		if err := checkPath(path); err != nil {
			t.Errorf("checkPath(%q) = %v", path, err)
		}
	}
}

func TestSignEndsWithAnInterruptWhileItWaitsForABody(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	stdin, input := io.Pipe()
	defer func() { _ = input.Close() }()
	cancel()
	e := environment{"JIKO_SIGNING_SECRET": hidden, "JIKO_SIGN_IDEMPOTENCY_KEY": key, "JIKO_SIGN_PATH": "/a/",
		"JIKO_SIGN_BODY_FILE": "-"}
	var stdout, stderr bytes.Buffer
	if status := run(ctx, []string{"sign"}, stdin, &stdout, &stderr, e.lookup); status != exitFailure ||
		stdout.Len() > 0 {
		t.Errorf("status %d, stdout %q", status, stdout.String())
	}
}
