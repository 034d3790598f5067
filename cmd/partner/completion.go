package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// shells are those that cobra writes completions for, and how.
var shells = []struct {
	name  string
	write func(*cobra.Command, io.Writer) error
}{
	{"bash", func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
	{"zsh", (*cobra.Command).GenZshCompletion},
	{"fish", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
	{"powershell", (*cobra.Command).GenPowerShellCompletionWithDesc},
}

// newCompletionCommand stands in for cobra's, whose errors and help are not like those of the other commands.
func newCompletionCommand() *cobra.Command {
	var names []string
	for _, shell := range shells {
		names = append(names, shell.name)
	}
	return &cobra.Command{
		Use:   "completion " + strings.Join(names, "|"),
		Short: "Print what completes commands and flags in a shell",
		Long: `Print a script that completes the commands and flags of this program in a shell. The shell loads it
from a file at each start, or once from a pipe.`,
		Example: `  bash:        source <(partner completion bash)
               partner completion bash > ~/.local/share/bash-completion/completions/partner
  zsh:         partner completion zsh > "${fpath[1]}/_partner"
  fish:        partner completion fish > ~/.config/fish/completions/partner.fish
  powershell:  partner completion powershell | Out-String | Invoke-Expression`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion,
			cobra.ShellCompDirective,
		) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(names, args[0]) {
				return usageError{fmt.Errorf("completion takes the name of one shell: %s", strings.Join(names, ", "))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			i := slices.Index(names, args[0])
			return shells[i].write(cmd.Root(), cmd.OutOrStdout())
		},
	}
}

// fileFlags take the names of files.
var fileFlags = []string{"body-file", "data", "rules", "tls-ca"}

// completions has the values of flags that take few. Any other value that is not a file is the user's own.
var completions = map[string][]cobra.Completion{
	"deliveries": {"lose=0.3", "double=0.1", "shuffle=1h", "delay=1m", "wrong_signature=0.2", "down=0.5"},
	"format":     {"table", "json"},
	"minimum":    {"operations=100", "statuses=50", "parameters=50", "members=50", "values=20"},
	"log-level":  {"debug", "info", "warn", "error"},
	"protocol":   {"all", "HTTP/1.1", "HTTP/2"},
	"store":      {"all", "redis", "postgres", "transactional"},
}

// completeFlags sets what follows the flags of cmd and of all commands below it, where the names of files would be
// offered otherwise. What a flag has already, it keeps.
func completeFlags(cmd *cobra.Command) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if _, has := cmd.GetFlagCompletionFunc(f.Name); has || slices.Contains(fileFlags, f.Name) {
			return
		}
		if err := cmd.RegisterFlagCompletionFunc(f.Name,
			cobra.FixedCompletions(completions[f.Name], cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err)
		}
	})
	if cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, c := range cmd.Commands() {
		completeFlags(c)
	}
}
