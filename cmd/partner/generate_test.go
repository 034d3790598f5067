//go:build !race

// The race detector makes these ten times slower, and nothing here runs at the same time.

package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/jiko-partner/partner-go/internal/project"
)

// A stranger's script goes from an empty folder to a repaired check, offline.
func TestAStrangerGetsFromNothingToARepairedCheck(t *testing.T) {
	t.Parallel() // Most of it is waiting for the compiler.
	if testing.Short() {
		t.Skip("it builds this program, and another")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the script is one of bash")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs(filepath.Join("testdata", "stranger.sh"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "bash", script, root)
	command.Dir = t.TempDir()
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off")
	command.WaitDelay = 10 * time.Second // Whatever it has left behind does not hold the test up.
	text, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{"\na strategy: ", "\nedited: bank/bank.gen.go\n",
		"\nrepair: go tool -modfile=tools.mod partner generate\n", "\nwrote bank/bank.gen.go\n", "\ndone\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

// A signal ends generate whatever it is doing, which asks no context.
func TestASignalEndsGenerateAtOnce(t *testing.T) {
	if os.Getenv("PARTNER_IS_TESTED") != "" {
		os.Args = []string{"partner", "generate", "--config", "/dev/stdin"}
		main()
		return
	}
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such signals")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$")
	command.Env = append(command.Environ(), "PARTNER_IS_TESTED=yes")
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	// More than a pipe holds: once all of it is taken, a configuration is being read that has no end.
	if _, err := io.WriteString(stdin, strings.Repeat("# bank\n", 1<<15)); err != nil {
		t.Fatal(err)
	}
	// An interrupt may be ignored where the tests run in the background.
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err = command.Wait()
	status, _ := command.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Error(err)
	}
}

// in runs the command in a folder. It is for tests that run alone.
func in(t *testing.T, folder string, args ...string) result {
	t.Helper()
	t.Chdir(folder)
	return execute(t, nil, "", append([]string{"generate"}, args...)...)
}

func TestGenerateSaysByItsStatusHowThingsAre(t *testing.T) {
	folder := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("go.mod", "module example.com/consumer\n")
	if r := in(t, folder, "--check"); r.status != exitUsage || !strings.Contains(r.stderr, "generate --init") {
		t.Errorf("without a configuration: %+v", r)
	}
	if r := in(t, folder, "--init"); r.status != exitOK || !strings.Contains(r.stdout, "partner.yaml") {
		t.Errorf("--init: %+v", r)
	}
	if r := in(t, folder, "--init"); r.status != exitUsage || !strings.Contains(r.stderr, "is there already") {
		t.Errorf("--init again: %+v", r)
	}
	if r := in(t, folder, "--check"); r.status != exitFailure || r.stderr != "" ||
		!strings.HasPrefix(r.stdout, "nothing was generated yet\nrepair: partner generate\n") {
		t.Errorf("--check before: %+v", r)
	}
	if r := in(t, folder); r.status != exitOK || r.stdout != "wrote bank/bank.gen.go\n" {
		t.Errorf("generate: %+v", r)
	}
	if r := in(t, folder); r.status != exitOK || r.stdout != "nothing to do, files that are as they should be: 1\n" {
		t.Errorf("generate again: %+v", r)
	}
	if r := in(t, folder, "--check"); r.status != exitOK {
		t.Errorf("--check: %+v", r)
	}
	if r := in(t, folder, "--diff"); r.status != exitOK || r.stdout != "" {
		t.Errorf("--diff: %+v", r)
	}
	// From a folder below, as go generate has it.
	below := filepath.Join(folder, "bank")
	if r := in(t, below, "--check"); r.status != exitOK {
		t.Errorf("--check from below: %+v", r)
	}
	put("bank/bank.gen.go", "package bank\n")
	if r := in(t, folder, "--diff"); r.status != exitFailure ||
		!strings.Contains(r.stdout, "+++ b/bank/bank.gen.go\n") {
		t.Errorf("--diff of an edited file: %d %.200s", r.status, r.stdout)
	}
	var report project.Report
	if r := in(t, folder, "--check", "--json"); r.status != exitFailure ||
		json.Unmarshal([]byte(r.stdout), &report) != nil || len(report.Findings) != 1 {
		t.Errorf("--check --json: %+v", r)
	}
	put("partner.lock.pending", "")
	if r := in(t, folder, "--check"); r.status != exitFailure || !strings.HasPrefix(r.stdout,
		"interrupted: a run was killed while it wrote\nedited: bank/bank.gen.go\nrepair: ") {
		t.Errorf("--check after a kill: %+v", r)
	}
	if r := in(t, folder); r.status != exitOK || r.stdout != "wrote bank/bank.gen.go\n" {
		t.Errorf("generate after a kill: %+v", r)
	}
	if r := in(t, folder, "--check"); r.status != exitOK {
		t.Errorf("--check after the repair: %+v", r)
	}
	put("partner.yaml", "pakage: bank\n")
	if r := in(t, folder, "--check"); r.status != exitUsage || r.stdout != "" ||
		!strings.Contains(r.stderr, "partner.yaml:1:1: there is no key pakage; did you mean package?\n") {
		t.Errorf("a mistake: %+v", r)
	}
	var failure project.Failure
	if r := in(t, folder, "--check", "--json"); r.status != exitUsage ||
		json.Unmarshal([]byte(r.stdout), &failure) != nil || len(failure.Problems) != 3 ||
		failure.Problems[0].File != "partner.yaml" || failure.Problems[0].Line != 1 {
		t.Errorf("a mistake for programs: %+v", r)
	}
}

func TestGenerateListsWhatThereIs(t *testing.T) {
	r := execute(t, nil, "", "generate", "--list")
	for _, want := range []string{"\nPockets\n", "  getHealth ", "v1.29"} {
		if r.status != exitOK || !strings.Contains(r.stdout, want) {
			t.Errorf("the list does not have %q: %d", want, r.status)
		}
	}
	var all []project.Listed
	r = execute(t, nil, "", "generate", "--list", "--json")
	if err := json.Unmarshal([]byte(r.stdout), &all); err != nil || len(all) < 90 || all[0].ID == "" ||
		all[0].Evidence == "" {
		t.Errorf("%v, %d operations", err, len(all))
	}
	r = execute(t, nil, "", "generate", "--schema")
	if r.status != exitOK || !json.Valid([]byte(r.stdout)) || !strings.Contains(r.stdout, `"createOnUsTransfer"`) {
		t.Errorf("the schema: %d", r.status)
	}
	for name, arguments := range map[string][]string{
		"two things at once": {"--check", "--list"}, "against nothing": {"--against", ""},
		"JSON of what has none": {"--json"}, "JSON of a configuration": {"--init", "--json"},
	} {
		if r := execute(t, nil, "", append([]string{"generate"}, arguments...)...); r.status != exitUsage {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// What the tool needs is in a module file of its own. Chi is what server stubs need: a client does without.
func TestAConsumersModuleNeedsFiveOthersBesideThisOne(t *testing.T) {
	t.Parallel()
	name := filepath.Join("..", "..", "examples", "consumer", "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := modfile.Parse(name, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{"github.com/jiko-partner/partner-go", "github.com/google/uuid",
		"github.com/oapi-codegen/nullable", "github.com/oapi-codegen/runtime", "github.com/apapsch/go-jsonmerge/v2",
		"github.com/go-chi/chi/v5"}
	for _, required := range parsed.Require {
		if !slices.Contains(allowed, required.Mod.Path) {
			t.Errorf("it needs %s", required.Mod.Path)
		}
	}
	if len(parsed.Require) != len(allowed) || len(parsed.Tool) != 0 {
		t.Errorf("it needs %d modules and has %d tools", len(parsed.Require), len(parsed.Tool))
	}
}
