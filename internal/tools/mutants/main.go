package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// errWrong reports that what the command found should not be.
var errWrong = errors.New("the tests let too much pass, or survivors.yaml does not fit")

type options struct {
	only, files, write, from, to string
}

func main() {
	var o options
	flag.StringVar(&o.only, "only", "", "parts, with commas between them; all by default")
	flag.StringVar(&o.files, "files", "", "files of the one part, with commas between them, to be tried anew")
	flag.StringVar(&o.write, "write", "", "the document that the report is put into")
	flag.StringVar(&o.from, "from", "", "a folder with the results of an earlier run")
	flag.StringVar(&o.to, "to", "", "a folder to keep the results in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.Stderr, flag.Args(), o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stdout, log io.Writer, arguments []string, o options) (err error) {
	if len(arguments) != 1 {
		return errors.New("usage: mutants [-only PART,… [-files FILE,…]] [-write FILE] [-from DIR | -to DIR] " +
			"REPOSITORY")
	}
	repository, err := filepath.Abs(arguments[0])
	if err != nil {
		return err
	}
	tools := filepath.Join(repository, "internal", "tools")
	known, err := reasons(filepath.Join(tools, "mutants", "survivors.yaml"))
	if err != nil {
		return err
	}
	chosen, err := choose(o.only)
	if err != nil {
		return err
	}
	if o.files != "" && (len(chosen) != 1 || o.to == "" || o.from != "") {
		return errors.New("-files wants -only with the one part, and -to with the folder of its earlier results")
	}
	for _, folder := range []*string{&o.from, &o.to} {
		if *folder != "" { // gremlins runs in another one.
			if *folder, err = filepath.Abs(*folder); err != nil {
				return err
			}
		}
	}
	if o.from == "" {
		if o.from = o.to; o.to == "" {
			if o.from, err = os.MkdirTemp("", "mutants-"); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, os.RemoveAll(o.from)) }()
		} else if err := os.MkdirAll(o.to, 0o755); err != nil { //nolint:gosec // reports, which everybody may read
			return err
		}
		if err := try(ctx, log, tools, repository, chosen, o); err != nil {
			return err
		}
	}
	var all []figures
	for _, p := range chosen {
		r, err := readResult(filepath.Join(o.from, p.name+".json"))
		if err != nil {
			return err
		}
		f, err := count(repository, p, r)
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	text, wrong := report(all, known)
	fmt.Fprint(stdout, text)
	if o.write != "" {
		if err := writeInto(o.write, text); err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%w:\n%s", errWrong, strings.Join(wrong, "\n"))
	}
	return nil
}

// try mutates the parts of a copy of the repository.
func try(ctx context.Context, log io.Writer, tools, repository string, chosen []part, o options) (err error) {
	for _, program := range []string{"redis-server", "postgres"} {
		if _, err := exec.LookPath(program); err != nil && !inDebian(program) {
			return fmt.Errorf("%w: without it, tests are skipped that kill mutants", err)
		}
	}
	work, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := clone(ctx, repository, work); err != nil {
		return err
	}
	for _, p := range chosen {
		fmt.Fprintln(log, "mutants:", p.name)
		results := filepath.Join(o.from, p.name+".json")
		if o.files != "" {
			err = again(ctx, log, tools, work, p, strings.Split(o.files, ","), results)
		} else {
			err = unleash(ctx, log, tools, work, p, results)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inDebian reports whether a program of PostgreSQL is where Debian has it, which is not in PATH.
func inDebian(program string) bool {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	return len(found) > 0
}

func choose(only string) ([]part, error) {
	if only == "" {
		return parts, nil
	}
	var chosen []part
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no part %q", name)
		}
		chosen = append(chosen, parts[i])
	}
	return chosen, nil
}
