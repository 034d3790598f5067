package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// maxBody is the longest body that sign reads: the API takes none that long. It keeps a wrong file from filling the
// memory.
const maxBody = partner.DefaultMaxUploadBytes

func newSignCommand() *cobra.Command {
	var secret, key, path, bodyFile string
	cmd := &cobra.Command{
		Use:   "sign",
		Short: "Print the signature of a request",
		Long: `Print the signature of a request, for the header x-jiko-signature.

It is made over the idempotency key, the path and the exact bytes of the body: sign the very file
that you send. The path is the escaped one on the wire, without query string; all paths of the API
but /health end in a slash, which is signed too. Only the signature goes to standard output.`,
		Example: `  export JIKO_SIGNING_SECRET=shared-secret-here
  partner sign --idempotency-key 497f6eca-6276-4993-bfeb-53cbbbba6f08 --path /api/v1/agreements/
  partner sign --idempotency-key "$KEY" --path /api/v1/subscriptions/ --body-file body.json
  make-body | partner sign --idempotency-key "$KEY" --path /api/v1/subscriptions/ --body-file -`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if secret == "" {
				return flagError(cmd, "signing-secret", errors.New("it is empty"))
			}
			if err := signing.NewSecret(secret).Check(); err != nil {
				return flagError(cmd, "signing-secret", err)
			}
			if _, err := idempotency.ParseKey(key); err != nil {
				return flagError(cmd, "idempotency-key", err)
			}
			if err := checkPath(path); err != nil {
				return flagError(cmd, "path", err)
			}
			if err := warnOfSlash(cmd.ErrOrStderr(), path); err != nil {
				return err
			}
			var body []byte
			// An empty name is a script's unset variable more often than an empty body.
			if cmd.Flags().Changed("body-file") {
				if bodyFile == "" {
					return flagError(cmd, "body-file", errors.New("it is empty; leave it out for an empty body"))
				}
				var err error
				if body, err = readBody(cmd.Context(), cmd.InOrStdin(), bodyFile); err != nil {
					return fmt.Errorf("%s: %w", flagName(cmd, "body-file"), err)
				}
			}
			// The key as it was spelled, not as ParseKey spells it: the header carries these characters.
			signature, err := signing.Sign(signing.NewSecret(secret), key, path, body)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), signature)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&secret, "signing-secret", "",
		"shared `secret`, required; prefer the variable, a flag shows up in process lists")
	flags.StringVar(&key, "idempotency-key", "", "idempotency key of the request, a `UUID`, required")
	flags.StringVar(&path, "path", "", "escaped `path` on the wire, required")
	flags.StringVar(&bodyFile, "body-file", "", "`file` with the body, - for standard input (default: an empty body)")
	require(cmd, "signing-secret", "idempotency-key", "path")
	return cmd
}

// checkPath refuses what Sign refuses, and a path that an HTTP client would escape before it sends it: the server would
// see another text than was signed.
func checkPath(path string) error {
	if _, err := signing.Sign(signing.NewSecret("any of 14 bytes"), "any", path, nil); err != nil {
		return err
	}
	if u, err := url.ParseRequestURI(path); err != nil || u.EscapedPath() != path {
		return errors.New("it is not escaped as it goes over the wire")
	}
	return nil
}

// warnOfSlash tells of a path that the API does not have. The path itself may name a customer.
func warnOfSlash(w io.Writer, path string) error {
	if strings.HasSuffix(path, "/") || strings.HasSuffix(path, "/health") {
		return nil
	}
	_, err := io.WriteString(w, "partner: WARNING: the path does not end in a slash. All paths of the API but /health "+
		"do, and\nthe slash is signed: if the request goes to the path with its slash, this signature is refused.\n")
	return err
}

// readBody reads a file, or stdin for "-". It gives up when ctx ends, since a terminal or a pipe may never end.
func readBody(ctx context.Context, stdin io.Reader, name string) ([]byte, error) {
	type result struct {
		body []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		body, err := readAll(stdin, name)
		done <- result{body, err}
	}()
	select {
	case r := <-done:
		return r.body, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func readAll(stdin io.Reader, name string) ([]byte, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		stdin = file
	}
	body, err := io.ReadAll(io.LimitReader(stdin, maxBody+1))
	if err == nil && int64(len(body)) > maxBody {
		return nil, fmt.Errorf("longer than %d MiB", maxBody>>20)
	}
	return body, err
}
