package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/mod/semver"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/internal/generator"
	"github.com/jiko-partner/partner-go/internal/project"
)

// statusError ends the program with a status, when what there is to say has been said.
type statusError struct{ status int }

func (e statusError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

// generation are the flags of generate.
type generation struct {
	config, against                         string
	check, diff, asJSON, init, list, schema bool
}

func newGenerateCommand() *cobra.Command {
	var g generation
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Generate models, clients and servers of the contract in your own repository",
		Long: `Generate models, clients and servers of the contract, as partner.yaml says, which is looked for in
this folder and in those above it, up to the one of go.mod. The contract is the one that this
binary was built with. What was made of what stands in partner.lock, beside partner.yaml.

With --check nothing is written: the exit status is 0 if everything is as it would be generated, 1
if not, with the reason and the command that repairs it, and 2 if that cannot be told. It needs
neither git nor the network. --diff shows what would change, and ends with 1 if anything would;
--against shows which identifiers would, and ends with 1 if that may break what uses them.
Whatever fails ends with 2.`,
		Example: `  partner generate --init
  partner generate --list
  partner generate
  partner generate --check`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var asked []string
			for _, name := range []string{"against", "check", "diff", "init", "list", "schema"} {
				if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() != "false" {
					asked = append(asked, name)
				}
			}
			switch {
			case slices.Contains(asked, "against") && g.against == "":
				return flagError(cmd, "against", errors.New("want a version or a folder"))
			case g.asJSON && !slices.ContainsFunc(asked, func(name string) bool {
				return name == "against" || name == "check" || name == "list"
			}):
				return flagError(cmd, "json", errors.New("it goes with --check, --list or --against"))
			}
			if len(asked) > 1 {
				return flagError(cmd, asked[1], fmt.Errorf("it does not go with --%s", asked[0]))
			}
			// A signal ends it wherever it is: while code is made nobody asks the context, and nothing is left half.
			signal.Reset(os.Interrupt, syscall.SIGTERM)
			err := g.run(cmd.Context(), cmd.OutOrStdout())
			if err == nil || errors.As(err, new(statusError)) || errors.As(err, new(usageError)) {
				return err
			}
			// One line for each mistake, as compilers do.
			_, _ = fmt.Fprintln(cmd.ErrOrStderr(), err)
			if g.asJSON {
				_ = project.WriteJSON(cmd.OutOrStdout(), project.Failed(err))
			}
			return statusError{exitUsage}
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&g.config, "config", "", "`file` that says what to generate, instead of partner.yaml")
	flags.BoolVar(&g.check, "check", false, "say whether everything is as it would be generated, and why not")
	flags.BoolVar(&g.diff, "diff", false, "show what would change, as a unified diff")
	flags.StringVar(&g.against, "against", "",
		"say which identifiers would vanish or change, compared with what a `version` of the module, or a folder, has")
	flags.BoolVar(&g.asJSON, "json", false, "JSON, for --check, --list and --against")
	flags.BoolVar(&g.init, "init", false, "write a partner.yaml to begin with")
	flags.BoolVar(&g.list, "list", false, "list the tags and operations of the contract, with their evidence")
	flags.BoolVar(&g.schema, "schema", false, "print the JSON Schema of partner.yaml, for editors")
	return cmd
}

func (g generation) run(ctx context.Context, w io.Writer) error {
	tool := thisTool()
	switch {
	case g.schema:
		schema, err := project.SchemaOf(tool)
		if err == nil {
			_, err = w.Write(schema)
		}
		return err
	case g.list:
		all, err := project.List(tool)
		if err != nil {
			return err
		}
		if g.asJSON {
			return project.WriteJSON(w, all)
		}
		return project.WriteList(w, all)
	case g.init:
		name := g.config
		if name == "" {
			name = project.FileName
		}
		if err := project.Init(name); err != nil {
			return err
		}
		configuration, err := project.Read(name, tool)
		if err == nil {
			_, err = fmt.Fprintf(w, "wrote %s: say in it what you need, then: %s\n", name, configuration.Command())
		}
		return err
	}
	name := g.config
	if name == "" {
		var err error
		if name, err = project.Find(); err != nil {
			return err
		}
	}
	configuration, err := project.Read(name, tool)
	if err != nil {
		return err
	}
	switch {
	case g.check:
		return g.runCheck(w, configuration, tool)
	case g.diff:
		differs, err := project.WriteDiff(w, configuration, tool)
		if err == nil && differs {
			err = statusError{exitFailure}
		}
		return err
	}
	if g.against != "" {
		return g.runAgainst(ctx, w, configuration, tool)
	}
	result, err := project.Generate(configuration, tool)
	if err != nil {
		return err
	}
	for _, name := range result.Written {
		fmt.Fprintln(w, "wrote", name)
	}
	for _, name := range result.Removed {
		fmt.Fprintln(w, "removed", name)
	}
	for _, name := range result.Left {
		fmt.Fprintf(w, "left %s: it was generated once; remove it if nobody needs it\n", name)
	}
	if len(result.Written)+len(result.Removed) == 0 {
		fmt.Fprintf(w, "nothing to do, files that are as they should be: %d\n", len(result.Unchanged))
	}
	return nil
}

func (g generation) runCheck(w io.Writer, configuration *project.Configuration, tool project.Tool) error {
	report, err := project.Check(configuration, tool)
	if err != nil {
		return err
	}
	if g.asJSON {
		err = project.WriteJSON(w, report)
	} else {
		for _, line := range report.Lines() {
			if _, err = fmt.Fprintln(w, line); err != nil {
				break
			}
		}
	}
	if err == nil && !report.Fresh {
		err = statusError{exitFailure}
	}
	return err
}

func (g generation) runAgainst(ctx context.Context, w io.Writer, configuration *project.Configuration,
	tool project.Tool) error {
	all, err := project.Against(ctx, configuration, tool, g.against)
	if err != nil {
		return err
	}
	breaking := 0
	for _, one := range all {
		if one.Breaking {
			breaking++
		}
	}
	if g.asJSON {
		err = project.WriteJSON(w, append([]project.Change{}, all...))
	} else {
		for i, one := range all {
			if i == 0 && breaking > 0 {
				_, _ = fmt.Fprintln(w, "code that uses these may not compile any more:")
			}
			if i == breaking {
				_, _ = fmt.Fprintln(w, "what else is new:")
			}
			if _, err = fmt.Fprintf(w, "  %s: %s\n", one.Package, one.Text); err != nil {
				return err
			}
		}
		if len(all) == 0 {
			_, err = fmt.Fprintln(w, "no identifier would change")
		}
	}
	if err == nil && breaking > 0 {
		err = statusError{exitFailure}
	}
	return err
}

// thisTool is what generates: this binary, with what is embedded in it.
func thisTool() project.Tool {
	version, libraries := "(devel)", map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		// What was built of a work tree has a version too, which says when.
		if info.Main.Sum != "" {
			version = info.Main.Version
		}
		// A repository that pins the tool may pin other versions of what it is made of.
		for _, m := range info.Deps {
			if slices.Contains(generator.Libraries, m.Path) {
				if m.Replace != nil {
					m = m.Replace
				}
				libraries[m.Path] = m.Version
			}
		}
	}
	return project.Tool{
		Version:      version,
		Program:      program(version),
		Libraries:    libraries,
		Contract:     generator.File{Name: "openapi.yaml", Text: partnergo.Spec()},
		Base:         generator.File{Name: "oapi-codegen.yaml", Text: partnergo.GeneratorConfig()},
		Overlay:      generator.File{Name: "overlay.yaml", Text: partnergo.Overlay()},
		StockOverlay: generator.File{Name: "stock.overlay.yaml", Text: partnergo.StockOverlay()},
	}
}

// program is how this binary is called: by its name where it is installed, or else by go run.
func program(version string) string {
	const name = "partner"
	if semver.Canonical(version) != version || version == "" {
		return name
	}
	if installed, err := exec.LookPath(name); err == nil {
		if own, err := os.Executable(); err == nil && isSame(installed, own) {
			return name
		}
	}
	return "go run " + project.ModulePath + "/cmd/" + name + "@" + version
}

func isSame(one, other string) bool {
	a, err := os.Stat(one)
	if err != nil {
		return false
	}
	b, err := os.Stat(other)
	return err == nil && os.SameFile(a, b)
}
