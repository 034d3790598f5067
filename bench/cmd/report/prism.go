package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// errNoPrism says why there is no Prism to compare with. No target depends on it.
var errNoPrism = errors.New("left out")

// maxInstall is how long npm may try to install Prism: without a network it would try for long.
const maxInstall = 3 * time.Minute

// newPrism returns Prism with the repository's contract. npm installs the version of prism/package-lock.json first, if
// it is not there yet.
func newPrism(ctx context.Context, module string) (service, error) {
	root, err := filepath.Abs(filepath.Join(module, ".."))
	if err != nil {
		return service{}, err
	}
	folder := filepath.Join(root, "bench", "prism")
	if err := installPrism(ctx, folder); err != nil {
		return service{}, err
	}
	// The script would take its time at each start, so it tells once which Node.js it chose.
	find := exec.CommandContext(ctx, filepath.Join(root, "scripts", "node.sh"), "node", "-p", "process.execPath")
	node, err := find.Output()
	if err != nil {
		return service{}, fmt.Errorf("%w, as there is no Node.js for it: %w", errNoPrism, err)
	}
	return service{name: "Prism", probe: "/", command: func(host, port string) []string {
		// It logs nothing, which is its fastest.
		return []string{strings.TrimSpace(string(node)),
			filepath.Join(folder, "node_modules", "@stoplight", "prism-cli", "dist", "index.js"), "mock",
			"--host", host, "--port", port, "--verboseLevel", "silent", filepath.Join(root, "openapi.yaml")}
	}}, nil
}

// installPrism has npm install what the lock says, unless it has done so since the lock was changed.
func installPrism(ctx context.Context, folder string) error {
	lock, err := os.Stat(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		return err
	}
	// npm writes this one last.
	installed, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json"))
	if err == nil && !installed.ModTime().Before(lock.ModTime()) {
		return nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("%w, as there is no npm to install it with", errNoPrism)
	}
	ctx, cancel := context.WithTimeout(ctx, maxInstall)
	defer cancel()
	command := exec.CommandContext(ctx, npm, "ci", "--loglevel=error")
	command.Dir, command.WaitDelay = folder, stopGrace
	if text, err := command.CombinedOutput(); err != nil {
		// A table has a line for it.
		return fmt.Errorf("%w, as npm ci fails: %w: %s", errNoPrism, err,
			strings.Join(strings.Fields(string(text)), " "))
	}
	return nil
}
