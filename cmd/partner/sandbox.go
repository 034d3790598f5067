package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// shutdownGrace is how long calls under way may take once the sandbox is told to stop.
const shutdownGrace = 5 * time.Second

func newSandboxCommand() *cobra.Command {
	var f sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run a local Partner API",
		Long: `Run a local Partner API until it is interrupted. It keeps everything in memory, and each start is
an empty bank, unless --data names a file: then the next start goes on where this one ended, however
it ended. With the same seed and clock, the same requests get the same answers.

Its clock is that of this machine. With --clock it begins at that time, or at that of the --data
file if that is later, and stands still but for its moves: a program on this machine moves it on, by
a call like the one that is printed. In a --data file it stands still at the next start, too. What
becomes due on the way is done: reviews end, transfers are settled, T-bills mature.

With --rules, what a file says happens to the requests that it names: a refusal, a payment that
comes back, a line that breaks. With --deliveries, webhooks get lost, come twice, late or in
another order.

The first line on standard output is its base URL. The lines after it set the variables that the Go
client reads (partner.FromEnvironment), ready to paste into another shell; credentials other than
the defaults are not printed. It speaks plain http, which is fine on the loopback interface alone,
or https and HTTP/2 with --tls.`,
		Example: `  partner sandbox
  partner sandbox --addr 127.0.0.1:0 --log-level debug
  partner sandbox --seed 7 --clock 2026-01-05T15:00:00Z
  partner sandbox --rules rules.yaml
  partner sandbox --deliveries lose=0.3,double=0.1,shuffle=1h
  JIKO_PASSWORD=… JIKO_SIGNING_SECRET=… partner sandbox --username acme`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkAddr(f.addr); err != nil {
				return flagError(cmd, "addr", err)
			}
			if err := f.secure.check(cmd); err != nil {
				return err
			}
			config, err := f.read(cmd)
			if err != nil {
				return err
			}
			return serveSandbox(cmd.Context(), f.addr, config, f.secure, shutdownGrace, cmd.OutOrStdout(),
				cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 takes a free one")
	flags.BoolVar(&f.secure.on, "tls", false, "speak https, and HTTP/2, with a certificate that is made now")
	flags.StringVar(&f.secure.file, "tls-ca", "",
		"`file` to write the certificate to that clients are to trust; left out, it is a temporary one")
	flags.StringVar(&f.data, "data", "",
		"`file` to keep everything in from one start to the next; it is made if it is not there")
	flags.StringVar(&f.config.Username, "username", sandbox.DefaultUsername, "`name` that login takes")
	flags.StringVar(&f.password, "password", sandbox.DefaultPassword.Reveal(),
		"`password` that login takes; prefer the variable, a flag shows up in process lists")
	flags.StringVar(&f.secret, "signing-secret", sandbox.DefaultSigningSecret.Reveal(),
		"`secret` that requests are signed with; prefer the variable, a flag shows up in process lists")
	flags.StringVar(&f.token, "control-token", "",
		"`token` with which the controls may be called from elsewhere; prefer the variable, as for the secret")
	flags.BoolVar(&f.config.RecordBodies, "record-bodies", false,
		"show the bodies of requests among the controls, too")
	flags.StringSliceVar(&f.config.Hosts, "allow-host", nil,
		"`name` besides localhost by which it may be called; repeat it for more, * allows all")
	flags.Uint64Var(&f.config.Seed, "seed", 0, "`number` that ids, account numbers and prices come from")
	flags.StringVar(&f.clock, "clock", "",
		"`time` at which the clock stands still, such as 2026-01-05T15:00:00Z; left out, it is this machine's")
	flags.BoolVar(&f.config.CustomerUpdates, "customer-updates", false,
		"switch updateCustomer on, as the provider does for partners that ask for it")
	flags.StringVar(&f.rules, "rules", "",
		"`file` of rules in YAML or JSON: what is to happen to which requests, see docs/rules.md")
	flags.StringArrayVar(&f.deliveries, "deliveries", nil,
		"`switches` of what goes wrong with webhooks, such as lose=0.3, double=0.1, shuffle=1h, delay=1m, "+
			"wrong_signature=0.2, down=0.5; put commas between several")
	flags.BoolVar(&f.config.NoMagic, "no-magic", false,
		"switch off the names, numbers and amounts at which something goes wrong, see docs/sandbox.md")
	flags.StringVar(&f.logLevel, "log-level", "warn",
		"least `level` to log to standard error: debug, info, warn or error")
	cmd.AddCommand(newVerifyCommand(), newDifferencesCommand(), newRecipesCommand(), newSandboxTortureCommand())
	return cmd
}

// sandboxFlags are the flags of partner sandbox, as they were given.
type sandboxFlags struct {
	// config has what needs no reading.
	config sandbox.Config
	secure tlsFlags

	addr, clock, data, logLevel, password, rules, secret, token string
	deliveries                                                  []string
}

// read makes a configuration of the flags. The data is opened last, so that nothing has to be closed before.
func (f *sandboxFlags) read(cmd *cobra.Command) (config sandbox.Config, err error) {
	config = f.config
	if err := f.readCredentials(cmd, &config); err != nil {
		return config, err
	}
	var level slog.Level
	if level.UnmarshalText([]byte(f.logLevel)) != nil {
		return config, flagError(cmd, "log-level", errors.New("want debug, info, warn or error"))
	}
	config.Logger = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
	for _, flag := range []struct {
		name string
		read func() error
	}{
		{"clock", func() (err error) { config.Clock, err = parseClock(f.clock); return err }},
		{"deliveries", func() (err error) {
			config.DeliveryFaults, err = sandbox.ParseDeliveryFaults(strings.Join(f.deliveries, ","))
			return err
		}},
	} {
		if !cmd.Flags().Changed(flag.name) {
			continue
		}
		if err := flag.read(); err != nil {
			return config, flagError(cmd, flag.name, err)
		}
	}
	if cmd.Flags().Changed("rules") {
		if config.Rules, err = sandbox.LoadRules(f.rules); err != nil {
			return config, err
		}
	}
	if cmd.Flags().Changed("data") {
		config.Store, err = openData(cmd, f.data)
	}
	return config, err
}

// readCredentials reads what calls prove themselves with.
func (f *sandboxFlags) readCredentials(cmd *cobra.Command, config *sandbox.Config) error {
	config.Password, config.SigningSecret = signing.NewSecret(f.password), signing.NewSecret(f.secret)
	for _, given := range []struct {
		flag string
		text signing.Secret
	}{
		{"username", signing.NewSecret(config.Username)}, {"password", config.Password},
		{"signing-secret", config.SigningSecret},
	} {
		if given.text.IsZero() { // The sandbox would take its default, which everybody knows.
			return flagError(cmd, given.flag, errors.New("it is empty; leave it out for the default"))
		}
		if err := given.text.Check(); err != nil && given.flag != "username" {
			return flagError(cmd, given.flag, err)
		}
	}
	if !cmd.Flags().Changed("control-token") {
		return nil
	}
	config.ControlToken = signing.NewSecret(f.token)
	if err := sandbox.CheckControlToken(config.ControlToken); err != nil {
		return flagError(cmd, "control-token", err)
	}
	return nil
}

// checkAddr refuses what nothing can listen on. Other addresses may still turn out to be unusable.
func checkAddr(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return errors.New("want host:port")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("the port is not a number from 0 to 65535")
	}
	return nil
}

// parseClock reads the time at which a clock stands still.
func parseClock(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, errors.New("want a time with its zone, such as 2026-01-05T15:00:00Z")
	}
	if at = at.UTC(); at.Year() < 1990 || at.Year() > 2100 {
		return at, errors.New("want a time from 1990 to 2100: other years have no holidays here")
	}
	return at, nil
}

// serveSandbox serves until ctx ends, which is the only way to stop it without an error. Calls under way may then take
// as long as grace.
func serveSandbox(ctx context.Context, addr string, config sandbox.Config, secure tlsFlags, grace time.Duration, stdout,
	stderr io.Writer) (err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil && config.Store != nil {
		defer func() { err = errors.Join(err, config.Store.Close()) }()
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use: choose another with --addr, or any free one with --addr 127.0.0.1:0", addr)
	case err != nil:
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	defer func() { _ = listener.Close() }()
	bank, err := sandbox.New(config)
	if err != nil {
		return fmt.Errorf("open the sandbox: %w", err)
	}
	defer func() { err = errors.Join(err, bank.Close()) }()
	// The address that it listens on counts, not the one that was asked for: a name may stand for any address.
	at, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return fmt.Errorf("listen on %s: not TCP", addr)
	}
	if !at.IP.IsLoopback() {
		if err := warnExposed(stderr, at, config, secure); err != nil {
			return err
		}
	}
	secured, remove, err := secure.listener(listener, at, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if err := greet(stdout, secure.baseURL(at), config, secure, bank); err != nil {
		return fmt.Errorf("print the base URL: %w", err)
	}
	httpServer := sandbox.NewHTTPServer(bank)
	httpServer.ErrorLog = slog.NewLogLogger(config.Logger.Handler(), slog.LevelWarn)
	err = server.Serve(ctx, httpServer, secured, grace)
	if errors.Is(err, server.ErrCutOff) {
		config.Logger.Warn("calls under way were cut off")
		return nil
	}
	return err
}

func warnExposed(w io.Writer, at *net.TCPAddr, config sandbox.Config, secure tlsFlags) error {
	text := "partner: WARNING: other machines can reach " + at.String()
	if secure.on {
		text += ".\n"
	} else {
		text += ", and it speaks plain http: whoever is on the way can read and\n" +
			"change passwords, tokens and data. Use made-up data alone, or --tls, or listen on 127.0.0.1 and put a " +
			"proxy with TLS in front.\n"
	}
	if config.Password.Reveal() == sandbox.DefaultPassword.Reveal() ||
		config.SigningSecret.Reveal() == sandbox.DefaultSigningSecret.Reveal() {
		text += "partner: WARNING: it uses default credentials, which everybody knows: set " + variablePassword +
			" and " + variableSigningSecret + ".\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// greet says where the sandbox is and how to log in. The base URL comes first, alone on its line, for scripts. Then
// come the variables that partner.FromEnvironment reads, what else a client may want to know, and a call to try.
func greet(w io.Writer, base string, config sandbox.Config, secure tlsFlags, bank *sandbox.Sandbox) error {
	username := credential{variableUsername, signing.NewSecret(config.Username),
		signing.NewSecret(sandbox.DefaultUsername)}
	password := credential{variablePassword, config.Password, sandbox.DefaultPassword}
	secret := credential{variableSigningSecret, config.SigningSecret, sandbox.DefaultSigningSecret}
	// In memory first: whoever reads along gets all of it or nothing.
	var text bytes.Buffer
	_, _ = fmt.Fprintf(&text, "%s\n# For another shell, where a client is to run; an interrupt ends the sandbox.\n"+
		"unset %s %s\nexport %s='%[1]s'\n", base, variablePartner, variableEnvironment, variableBaseURL)
	for _, c := range []credential{username, password, secret} {
		_, _ = fmt.Fprintln(&text, c.export())
	}
	curl := secure.curl()
	_, _ = text.WriteString(secure.exports())
	_, _ = fmt.Fprintf(&text, "# The partner's own account, which fundings come from and defundings go to:\n# %s\n",
		bank.PartnerAccount())
	if bank.Frozen() {
		_, _ = fmt.Fprintf(&text, "# The clock stands still at %s. To move it by a day:\n"+
			`# %s -H 'Content-Type: application/json' -d '{"by":"1d"}' '%s'`+"\n",
			bank.Time().Format(time.RFC3339Nano), curl, base+sandbox.ClockPath)
	}
	_, _ = fmt.Fprintf(&text, "# What a test asks of the sandbox itself, such as a snapshot: %s\n",
		base+sandbox.ControlPath)
	_, _ = fmt.Fprintln(&text, "# To see that it answers:")
	login := base + "/api/v1/login/"
	if username.wellKnown() && password.wellKnown() {
		_, _ = fmt.Fprintf(&text, `%s -H 'Content-Type: application/json' `+
			`-d '{"username":"%s","password":"%s"}' '%s'`+"\n", curl, username.inShell(), password.inShell(), login)
	} else {
		// printf is built into the shell: unlike an argument of curl's, the password stays out of the list of
		// processes.
		_, _ = fmt.Fprintf(&text, `printf '{"username":"%%s","password":"%%s"}' "%s" "%s" | `+
			`%s -H 'Content-Type: application/json' -d @- '%s'`+"\n", username.inShell(), password.inShell(),
			curl, login)
	}
	_, err := w.Write(text.Bytes())
	return err
}

// credential is printed only if it is the default, which is no secret.
type credential struct {
	variable        string
	value, standard signing.Secret
}

func (c credential) wellKnown() bool { return c.value.Reveal() == c.standard.Reveal() }

// export returns the line of a shell that sets the variable, or says that its value is known already.
func (c credential) export() string {
	if c.wellKnown() {
		return "export " + c.variable + "='" + c.standard.Reveal() + "'"
	}
	return "# " + c.variable + " is as you gave it"
}

// inShell returns the value for between quotes; the shell complains if its variable is not set there.
func (c credential) inShell() string {
	if c.wellKnown() {
		return c.standard.Reveal()
	}
	return "${" + c.variable + ":?}"
}
