package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/internal/printable"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/report"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func newContractCommand(lookup func(string) (string, bool)) *cobra.Command {
	var target contractTarget
	var config contracttest.Config
	var known, excluded, tags []string
	var out contractFiles
	var trace string
	var failFast bool
	cmd := &cobra.Command{
		Use:   "contract",
		Short: "Test whether a server keeps the contract",
		Long: `Send a server requests that the contract allows and such that it does not, and hold what it answers
against the contract: statuses, schemas and headers, both sides of every constraint, signatures,
idempotency, pages, money, events. docs/contract-tests.md has the list of checks.

Without --allow-writes nothing is created or changed, and little can be tested. With it, the command
makes customers, pockets and payments, and moves the clock of a sandbox; it refuses to do that to
the production host. With --other-username and its like, it also tries to reach what it has made as
another partner.

The same --seed sends the same requests. A server that remembers their keys takes them for repeats,
and little is tested: give a seed again to a server that has begun anew, or after an hour.

The status is 0 if nothing was found, 1 if something was, and 2 if the server could not be tested,
or not to the end: what was found up to there is told all the same.`,
		Example: `  partner contract --url https://gateway.example.com
  partner contract --url http://127.0.0.1:8080 --allow-writes --json findings.json
  partner contract replay findings.json --url http://127.0.0.1:8080 --allow-writes`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if target.url == "" {
				target.url, _ = lookup(variableBaseURL)
			}
			if target.url == "" {
				return usageError{fmt.Errorf("missing --url (or %s): it says which server is tested", variableBaseURL)}
			}
			if err := target.into(cmd, &config); err != nil {
				return err
			}
			var err error
			if config.Known, err = knownIDs(known); err != nil {
				return flagError(cmd, "known", err)
			}
			if config.Excluded, err = exclusions(excluded); err != nil {
				return flagError(cmd, "exclude", err)
			}
			if config.Operations, err = withTags(config.Operations, tags); err != nil {
				return flagError(cmd, "tags", err)
			}
			if trace != "" {
				file, err := os.OpenFile(trace, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
				if err != nil {
					return statusOf(cmd, fmt.Errorf("open the file of --trace: %w", err))
				}
				defer func() { _ = file.Close() }()
				config.Trace = file
			}
			if !cmd.Flags().Changed("seed") {
				config.Seed = contracttest.DrawnSeed()
			}
			if failFast {
				config.Stop = func(contracttest.Finding) bool { return true }
			}
			return runContract(cmd, config, out)
		},
	}
	flags := cmd.Flags()
	target.flags(cmd)
	flags.StringSliceVar(&config.Operations, "operations", nil, "`names` of the operations to test; left out, all")
	flags.StringSliceVar(&tags, "tags", nil, "`names` of tags, whose operations are tested")
	flags.Uint64Var(&config.Seed, "seed", 0, "`number` that decides what is sent; left out, it is drawn")
	flags.IntVar(&config.MaxRequests, "max-requests", 0, "largest `number` of requests; 0 is 100,000")
	flags.DurationVar(&config.MaxTime, "max-time", 0, "longest `time` of the run; 0 is a minute")
	flags.DurationVar(&config.MaxResponseTime, "max-response-time", 0,
		"longest `time` of an answer that is no finding; 0 is any")
	flags.BoolVar(&failFast, "fail-fast", false, "end the run with the first finding")
	flags.StringSliceVar(&config.Phases, "phases", nil, "`names` of the phases to run; left out, all")
	flags.IntVar(&config.Generated, "generated", 0,
		"`number` of requests that are drawn for each operation; 0 is 20")
	flags.StringArrayVar(&known, "known", nil, "`parameter=id` of something that is there, such as pocket_id=…")
	flags.StringArrayVar(&excluded, "exclude", nil,
		"`check=reason`, or check:operation=reason, of a finding that is expected")
	flags.StringVar(&out.json, "json", "", "`file` for the report as JSON, which replay reads")
	flags.StringVar(&out.junit, "junit", "", "`file` for the report as JUnit XML")
	flags.StringVar(&out.html, "html", "", "`file` for the report as a page")
	flags.StringVar(&trace, "trace", "", "`file` for a line about each request")
	cmd.AddCommand(newContractReplayCommand(lookup), newReportCommand(lookup))
	return cmd
}

// contractTarget is the server that is tested, and who tests it.
type contractTarget struct {
	url                     string
	caller, other           contractCaller
	allowWrites, noControls bool
	timeout                 time.Duration
	// receiverAddress is where deliveries are taken, and receiverURL how the server gets there.
	receiverAddress, receiverURL string
	// authority is the file of a certificate that is trusted.
	authority string
}

// contractCaller is somebody who calls a server that is tested. prefix stands before the names of the flags.
type contractCaller struct {
	prefix                     string
	username, password, secret string
	passwordFile, secretFile   string
}

func (c *contractCaller) flags(cmd *cobra.Command, prefix, whose string) {
	c.prefix = prefix
	flags := cmd.Flags()
	flags.StringVar(&c.username, prefix+"username", "", "`name`"+whose+" to log in with")
	flags.StringVar(&c.password, prefix+"password", "",
		"`password`"+whose+" to log in with; better its variable, or the file")
	flags.StringVar(&c.passwordFile, prefix+"password-file", "", "`file` with the password"+whose)
	flags.StringVar(&c.secret, prefix+"signing-secret", "",
		"shared `secret`"+whose+" to sign with; better its variable, or the file")
	flags.StringVar(&c.secretFile, prefix+"signing-secret-file", "", "`file` with the shared secret"+whose)
	rival(cmd, prefix+"password", prefix+"password-file")
	rival(cmd, prefix+"signing-secret", prefix+"signing-secret-file")
}

// read reads the files of a caller's secrets, and warns of secrets on the command line. missing are the flags without
// which it cannot call.
func (c *contractCaller) read(cmd *cobra.Command) (missing []string, err error) {
	for _, name := range []string{c.prefix + "password", c.prefix + "signing-secret"} {
		if isOnCommandLine(cmd, name) {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(),
				"partner: warning: --%s shows up in the list of processes: use %s or --%s-file\n", name,
				variable(cmd, name), name)
		}
	}
	for _, name := range []string{c.prefix + "password", c.prefix + "signing-secret"} {
		if isOnCommandLine(cmd, name) && isOnCommandLine(cmd, name+"-file") {
			return nil, usageError{fmt.Errorf("--%s and --%s-file are two answers to one question", name, name)}
		}
	}
	for _, from := range []struct {
		name, file string
		to         *string
	}{{"password-file", c.passwordFile, &c.password}, {"signing-secret-file", c.secretFile, &c.secret}} {
		if from.file == "" {
			continue
		}
		content, err := os.ReadFile(from.file)
		if err != nil {
			return nil, flagError(cmd, c.prefix+from.name, errors.New("the file cannot be read"))
		}
		*from.to = strings.TrimRight(string(content), "\r\n")
	}
	for _, needed := range []struct{ name, value string }{{"username", c.username}, {"password", c.password},
		{"signing-secret", c.secret}} {
		if needed.value == "" {
			missing = append(missing, flagName(cmd, c.prefix+needed.name))
		}
	}
	return missing, nil
}

// isGiven reports whether anything is known of a caller.
func (c *contractCaller) isGiven() bool {
	return c.username != "" || c.password != "" || c.secret != ""
}

func (t *contractTarget) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&t.url, "url", "", "base `URL` of the server; left out, that of JIKO_BASE_URL")
	t.caller.flags(cmd, "", "")
	t.other.flags(cmd, "other-", " of a second partner")
	flags.BoolVar(&t.allowWrites, "allow-writes", false, "create, change and remove things as well")
	flags.BoolVar(&t.noControls, "no-controls", false, "leave the clock of a sandbox alone")
	flags.StringVar(&t.receiverAddress, "receiver-address", "",
		"`host:port` to take deliveries at; left out, one for a server here")
	flags.StringVar(&t.receiverURL, "receiver-url", "",
		"`URL` by which the server reaches that address, as of a tunnel")
	flags.StringVar(&t.authority, "tls-ca", "",
		"`file` with the certificate of an authority to trust, and of no other, as PEM")
	flags.DurationVar(&t.timeout, "timeout", 0, "longest `time` of a request with its answer; 0 is 10 seconds")
}

// into puts the target into a configuration, and warns of secrets on the command line.
func (t *contractTarget) into(cmd *cobra.Command, config *contracttest.Config) error {
	missing, err := t.caller.read(cmd)
	if err != nil {
		return err
	}
	more, err := t.other.read(cmd)
	if err != nil {
		return err
	}
	if t.other.isGiven() { // All of it, or nothing.
		missing = append(missing, more...)
		config.Other = contracttest.Credentials{Username: t.other.username,
			Password: signing.NewSecret(t.other.password), SigningSecret: signing.NewSecret(t.other.secret)}
	}
	if len(missing) > 0 {
		return usageError{fmt.Errorf("missing %s", strings.Join(missing, ", "))}
	}
	config.URL, config.Username = strings.TrimSuffix(t.url, "/"), t.caller.username
	config.Password, config.SigningSecret = signing.NewSecret(t.caller.password), signing.NewSecret(t.caller.secret)
	config.AllowWrites, config.NoControls, config.Timeout = t.allowWrites, t.noControls, t.timeout
	config.ReceiverAddress, config.ReceiverURL = t.receiverAddress, t.receiverURL
	if cmd.Flags().Changed("tls-ca") {
		if config.TLS, err = trusting(t.authority); err != nil {
			return flagError(cmd, "tls-ca", err)
		}
	}
	return nil
}

// trusting has an authority trusted whose certificate is in a file.
func trusting(name string) (*tls.Config, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, errors.New("the file cannot be read")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		return nil, errors.New("there is no certificate in the file, as PEM")
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

// contractFiles are where reports go to.
type contractFiles struct{ json, junit, html string }

// runContract tests a server, and tells what was found.
func runContract(cmd *cobra.Command, config contracttest.Config, out contractFiles) error {
	if isTerminal(cmd.ErrOrStderr()) {
		config.Progress = func(p contracttest.Progress) {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "\r\x1b[K%s: %d requests, %d findings", p.Phase, p.Requests,
				p.Findings)
		}
		defer func() { _, _ = fmt.Fprint(cmd.ErrOrStderr(), "\r\x1b[K") }()
	}
	start := time.Now()
	found, ended := contracttest.Run(cmd.Context(), config)
	if found == nil {
		return statusOf(cmd, ended)
	}
	// It is told before files are written: where one cannot be, the run was not for nothing.
	if err := report.WriteText(cmd.OutOrStdout(), found, isTerminal(cmd.OutOrStdout())); err != nil {
		return err
	}
	about := report.About{URL: config.URL, Version: version(), Started: start, Took: time.Since(start),
		Writes: config.AllowWrites, Operations: config.Operations, MaxRequests: config.MaxRequests,
		MaxTime: config.MaxTime}
	for _, file := range []struct {
		name  string
		write func(io.Writer, *contracttest.Report, report.About) error
	}{{out.json, report.WriteJSON}, {out.junit, report.WriteJUnit}, {out.html, report.WriteHTML}} {
		if file.name == "" {
			continue
		}
		if err := writeFile(file.name, func(w io.Writer) error { return file.write(w, found, about) }); err != nil {
			return statusOf(cmd, err)
		}
	}
	switch {
	case ended != nil: // What was found up to there is worth having.
		return statusOf(cmd, ended)
	case len(found.Findings) > 0:
		return statusError{exitFailure}
	}
	return nil
}

// statusOf is the error of a run that could not take place, or not to the end: its status is 2. Texts of the server may
// be in it, such as the names of its certificate.
func statusOf(cmd *cobra.Command, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "partner: %s\n", printable.Text(err.Error()))
	return statusError{exitUsage}
}

// writeFile writes a file as a whole, or not at all.
func writeFile(name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func knownIDs(texts []string) (map[string][]string, error) {
	known := map[string][]string{}
	for _, text := range texts {
		parameter, id, ok := strings.Cut(text, "=")
		if !ok || parameter == "" || id == "" {
			return nil, errors.New("want a parameter and an id, such as pocket_id=497f6eca-6276-4993-bfeb-53cbbbba6f08")
		}
		known[parameter] = append(known[parameter], id)
	}
	return known, nil
}

func exclusions(texts []string) ([]contracttest.Exclusion, error) {
	var all []contracttest.Exclusion
	for _, text := range texts {
		what, reason, ok := strings.Cut(text, "=")
		if !ok || what == "" || strings.TrimSpace(reason) == "" {
			return nil, errors.New("want a check and a reason, such as F922=the proxy strips the header")
		}
		check, operation, _ := strings.Cut(what, ":")
		all = append(all, contracttest.Exclusion{Check: check, Operation: operation, Reason: reason})
	}
	return all, nil
}

// withTags adds the operations of tags to others.
func withTags(operations, tags []string) ([]string, error) {
	byTag := contracttest.Tags()
	for _, tag := range tags {
		i := slices.IndexFunc(byTag, func(t contracttest.Tag) bool { return strings.EqualFold(t.Name, tag) })
		if i < 0 {
			return nil, errors.New("there is no such tag in the contract")
		}
		operations = append(operations, byTag[i].Operations...)
	}
	return operations, nil
}
