package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func newRecipesCommand() *cobra.Command {
	var asJSON, check bool
	var url, username, password, secret string
	cmd := &cobra.Command{
		Use:   "recipes [WORD]...",
		Short: "Say how to get to each answer and each state of the sandbox",
		Long: `Say how to get to each status that the contract names for an operation, and to each status that an
object can have. Each recipe is a line: the operation and the status, or the object and the state,
and the way. With words, which are names of operations, objects, statuses or states, only those that
have all of the words are told, and with every request: ${…} is what an answer before it had.

With --check, all of them are followed, against a sandbox of its own or the one at --url, whose
clock they move. Rules that they add are for their own requests alone, and are removed again. Every
answer is held against the contract. The status is 1 if a recipe leads elsewhere.`,
		Example: `  partner sandbox recipes
  partner sandbox recipes createWire 422
  partner sandbox recipes ACHStatus --json
  partner sandbox recipes --check`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return words(recipe.All()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			recipes := recipe.All()
			for _, word := range args {
				recipes = slices.DeleteFunc(recipes, func(r recipe.Recipe) bool {
					return !slices.ContainsFunc(strings.Fields(r.Name()),
						func(part string) bool { return strings.EqualFold(part, word) })
				})
			}
			switch {
			case len(recipes) == 0:
				return usageError{errors.New("no recipe has all of these words: look at the lines of all recipes")}
			case check:
				c := recipeCheck{recipes: recipes, isAll: len(args) == 0, url: strings.TrimSuffix(url, "/"),
					username: username, password: signing.NewSecret(password), secret: signing.NewSecret(secret)}
				return c.run(cmd.Context(), cmd.OutOrStdout())
			case asJSON:
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetEscapeHTML(false)
				encoder.SetIndent("", "  ")
				return encoder.Encode(recipes)
			case len(args) > 0:
				return recipe.Write(cmd.OutOrStdout(), recipes)
			}
			for _, r := range recipes {
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\n", r.Name(), r.Way); err != nil {
					return err
				}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "JSON instead of text, with every request")
	flags.BoolVar(&check, "check", false, "follow them and say which lead where they say")
	flags.StringVar(&url, "url", "", "base `URL` of a sandbox that runs; left out, --check starts one")
	flags.StringVar(&username, "username", sandbox.DefaultUsername, "`name` to log in with at --url")
	flags.StringVar(&password, "password", sandbox.DefaultPassword.Reveal(),
		"`password` to log in with at --url; prefer the variable, a flag shows up in process lists")
	flags.StringVar(&secret, "signing-secret", sandbox.DefaultSigningSecret.Reveal(),
		"`secret` to sign with at --url; prefer the variable, a flag shows up in process lists")
	return cmd
}

// words are those that the names of recipes consist of.
func words(recipes []recipe.Recipe) []string {
	var all []string
	for _, r := range recipes {
		all = append(all, strings.Fields(r.Name())...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// recipeCheck follows recipes against a sandbox.
type recipeCheck struct {
	recipes []recipe.Recipe
	// isAll says that these are all recipes, so that none may be missing.
	isAll            bool
	url, username    string
	password, secret signing.Secret
}

func (c recipeCheck) run(ctx context.Context, to io.Writer) (err error) {
	if c.url == "" {
		stop, err := c.start(ctx)
		if err != nil {
			return fmt.Errorf("start a sandbox: %w", err)
		}
		defer func() { err = errors.Join(err, stop()) }()
	} else if err := isSandbox(ctx, c.url); err != nil {
		return fmt.Errorf("%s: %w", c.url, err)
	}
	runner := &recipe.Runner{BaseURL: c.url, Username: c.username, Password: c.password, SigningSecret: c.secret}
	report := runner.Check(ctx, c.recipes)
	if c.isAll { // What there is no recipe for is among all that there must be.
		pairs, states := recipe.Missing()
		report.Pairs.All += len(pairs)
		report.States.All += len(states)
		for _, p := range pairs {
			report.Failures = append(report.Failures, fmt.Errorf("%s: there is no recipe", p))
		}
		for _, s := range states {
			report.Failures = append(report.Failures, fmt.Errorf("%s: there is no recipe", s))
		}
	}
	if _, err := fmt.Fprintf(to, "%s; %d requests\n", report, report.Requests); err != nil {
		return err
	}
	return errors.Join(report.Failures...)
}

// start starts a sandbox that nobody else uses.
func (c *recipeCheck) start(ctx context.Context) (stop func() error, err error) {
	config := sandbox.Config{CustomerUpdates: true, Clock: time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)}
	bank, err := sandbox.New(config)
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, bank.Close())
	}
	c.url, c.username = "http://"+listener.Addr().String(), sandbox.DefaultUsername
	c.password, c.secret = sandbox.DefaultPassword, sandbox.DefaultSigningSecret
	serving, end := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- server.Serve(serving, sandbox.NewHTTPServer(bank), listener, shutdownGrace) }()
	return func() error {
		end()
		_, wrong := bank.Balances()
		return errors.Join(<-served, wrong, bank.Close())
	}, nil
}

// isSandbox refuses a server that has no clock to move: recipes make customers and move money, and what is not a
// sandbox may be a bank.
func isSandbox(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+sandbox.ClockPath, nil)
	if err != nil {
		return usageError{errors.New("it is no URL")}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var clock struct {
		Time time.Time `json:"time"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 1<<10)).Decode(&clock)
	if response.StatusCode != http.StatusOK || err != nil || clock.Time.IsZero() {
		return errors.New("it is not a sandbox, or not on this machine: it does not show its clock")
	}
	return nil
}
