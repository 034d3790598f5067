package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	// maxGeneration is how long the code of three tags may take, and maxCheck a check.
	maxGeneration, maxCheck = time.Second, 500 * time.Millisecond
	// maxGenerationRatio is how much longer everything may take than oapi-codegen with the same parts.
	maxGenerationRatio = 1.5
	// generationRounds is how often each way has its turn, at most.
	generationRounds = 10
)

// reportGeneration runs the programs as a user does, in a process each.
func reportGeneration(ctx context.Context, w io.Writer, o options) error {
	folder, err := os.MkdirTemp("", "bench-generation-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	ways, err := generations(ctx, folder, o)
	if err != nil {
		return err
	}
	rounds := min(o.rounds, generationRounds)
	s, err := measure(ctx, rounds, 1, ways)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Generating models, client, chi server and strict server, a process each: medians of %d rounds\n\n",
		rounds)
	fmt.Fprintln(w, "way\ttime (quartiles)\tratio (quartiles)\tlimit")
	missed := false
	for i, way := range ways {
		milliseconds := func(q float64) float64 { return quantile(s.times[i], q) / float64(time.Millisecond) }
		f := s.figures(0)[i]
		limit, ok := "", true
		switch i {
		case 1:
			ok = f.timeRatio <= maxGenerationRatio
			limit = fmt.Sprintf("≤ %.1f %s", maxGenerationRatio, met(ok))
		case 2:
			ok = f.time <= maxGeneration
			limit = fmt.Sprintf("≤ %d ms %s", maxGeneration.Milliseconds(), met(ok))
		case 3, 4:
			ok = f.time <= maxCheck
			limit = fmt.Sprintf("≤ %d ms %s", maxCheck.Milliseconds(), met(ok))
		}
		missed = missed || !ok
		fmt.Fprintf(w, "%s\t%.0f ms (%.0f–%.0f)\t%.2f (%.2f–%.2f)\t%s\n", way.name, milliseconds(0.5),
			milliseconds(0.25), milliseconds(0.75), f.timeRatio, f.low, f.high, limit)
	}
	if missed {
		return errTarget
	}
	return nil
}

// generations builds the programs, and returns the ways to run them in a folder: first oapi-codegen.
func generations(ctx context.Context, folder string, o options) ([]way, error) {
	root, err := filepath.Abs(filepath.Join(o.module, ".."))
	if err != nil {
		return nil, err
	}
	partner, err := o.buildPartner(ctx, folder)
	if err != nil {
		return nil, err
	}
	stock := filepath.Join(folder, "oapi-codegen")
	if err := compile(ctx, root, stock, "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"); err != nil {
		return nil, err
	}
	const parts = "package: bank\noutput: bank\ngenerate: [models, client, server, strict-server]\n"
	for name, text := range map[string]string{
		"go.mod":             "module example.com/bench\n",
		"three/partner.yaml": parts + "tags: [Pockets, On-Us Transfers, Customers]\n",
		"all/partner.yaml":   parts,
		"stock/config.yaml": "package: bank\noutput: bank.gen.go\ngenerate: {models: true, client: true, " +
			"chi-server: true, strict-server: true}\noutput-options: {overlay: {path: '" +
			filepath.Join(root, "gen", "stock.overlay.yaml") + "'}}\n",
	} {
		name = filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	run := func(below string, made []string, program string, arguments ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			for _, name := range made { // What is there already would not be written again.
				if err := os.RemoveAll(filepath.Join(folder, below, name)); err != nil {
					return err
				}
			}
			command := exec.CommandContext(ctx, program, arguments...)
			command.Dir = filepath.Join(folder, below)
			if text, err := command.CombinedOutput(); err != nil {
				return fmt.Errorf("%w\n%s", err, text)
			}
			return nil
		}
	}
	made := []string{"bank", "partner.lock"}
	ways := []way{
		{name: "oapi-codegen, everything",
			do: run("stock", []string{"bank.gen.go"}, stock, "-config", "config.yaml",
				filepath.Join(root, "openapi.yaml"))},
		{name: "partner generate, everything", do: run("all", made, partner, "generate")},
		{name: "partner generate, three tags", do: run("three", made, partner, "generate")},
		// They find what an earlier way has left.
		{name: "partner generate --check, everything", do: run("all", nil, partner, "generate", "--check")},
		{name: "partner generate --check, three tags", do: run("three", nil, partner, "generate", "--check")},
	}
	for i := range ways {
		ways[i].cold = o.short
	}
	return ways, nil
}
