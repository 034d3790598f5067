package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	for shell, want := range map[string]string{
		"bash": "complete -o default -F __start_partner partner", "zsh": "#compdef partner",
		"fish": "complete -c partner", "powershell": "Register-ArgumentCompleter -CommandName 'partner'",
	} {
		got := execute(t, nil, "", "completion", shell)
		if got.status != exitOK || got.stderr != "" || !strings.Contains(got.stdout, want) {
			t.Errorf("%s: status %d, stderr %q, %d bytes", shell, got.status, got.stderr, len(got.stdout))
		}
	}
}

func TestShellsTakeTheirScripts(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				if shell == "bash" && os.Getenv("CI") != "" {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			check := exec.CommandContext(t.Context(), shell, "-n")
			check.Stdin = strings.NewReader(execute(t, nil, "", "completion", shell).stdout)
			if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func TestWhatIsCompleted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		want string
	}{
		{"sand", "sandbox"},
		{"spec c", "coverage"},
		{"help sp", "spec"},
		{"help spec c", "coverage"},
		{"help nothing ", ""},
		{"completion ", "bash zsh fish powershell"},
		{"completion bash ", ""},
		{"sandbox ", "differences recipes torture verify"},
		{"sandbox --log-level ", "debug info warn error"},
		{"sandbox --password ", ""},
		{"sandbox --deliveries ", "lose=0.3 double=0.1 shuffle=1h delay=1m wrong_signature=0.2 down=0.5"},
		{"spec coverage --format ", "table json"},
		{"spec coverage --w", "--wide"},
		{"contract ", "replay report"},
		{"contract --other-signing", "--other-signing-secret --other-signing-secret-file"},
		{"contract replay --other-u", "--other-username"},
		{"contract --other-password ", ""},
		{"contract replay --receiver-", "--receiver-address --receiver-url"},
		{"contract --receiver-address ", ""},
		{"contract report --minimum ", "operations=100 statuses=50 parameters=50 members=50 values=20"},
		{"contract report --operations createW", "createWire"},
		{"contract report --operations getWire,createW", "getWire,createWire"},
		{"contract report --json x ", ""},
		{"idempotency torture --store ", "all redis postgres transactional"},
	} {
		words := strings.Fields(c.line)
		if strings.HasSuffix(c.line, " ") {
			words = append(words, "")
		}
		got := execute(t, nil, "", append([]string{"__complete"}, words...)...)
		var names []string
		for line := range strings.Lines(got.stdout) {
			if name, _, _ := strings.Cut(strings.TrimSpace(line), "\t"); !strings.HasPrefix(name, ":") {
				names = append(names, name)
			}
		}
		if strings.Join(names, " ") != c.want || !strings.Contains(got.stdout, ":4\n") || got.status != exitOK {
			t.Errorf("%s: %q; want %q and no files", c.line, got.stdout, c.want)
		}
	}
	for _, words := range [][]string{
		{"sign", "--body-file", ""}, {"sandbox", "--data", ""}, {"sandbox", "verify", ""},
	} {
		got := execute(t, nil, "", append([]string{"__complete"}, words...)...)
		if !strings.HasSuffix(got.stdout, ":0\n") {
			t.Errorf("the names of files are not completed after %q: %q", words, got.stdout)
		}
	}
}

// Each switch is offered, with a value that it takes.
func TestSwitchesOfDeliveriesAreCompleted(t *testing.T) {
	t.Parallel()
	faults, err := sandbox.ParseDeliveryFaults(strings.Join(completions["deliveries"], ","))
	if err != nil || faults == (sandbox.DeliveryFaults{}) {
		t.Errorf("%+v, %v", faults, err)
	}
	var names []string
	for _, value := range completions["deliveries"] {
		name, _, _ := strings.Cut(value, "=")
		names = append(names, name)
	}
	if want := sandbox.DeliverySwitches(); !slices.Equal(names, want) {
		t.Errorf("%q; want %q", names, want)
	}
}

// What is offered for a flag is what it takes.
func TestCompletionsAreForFlagsThatExist(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			seen[f.Name] = true
			for _, value := range completions[f.Name] {
				if !strings.Contains(f.Usage, value) {
					t.Errorf("%s --%s: the help does not name %s", cmd.CommandPath(), f.Name, value)
				}
			}
		})
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRootCommand(environment{}.lookup))
	for name := range completions {
		if !seen[name] {
			t.Errorf("no command has --%s", name)
		}
	}
}
