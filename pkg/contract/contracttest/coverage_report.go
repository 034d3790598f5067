package contracttest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/internal/printable"
)

// DirectoryVariable is the environment variable that names the folder in which each test process writes what it saw of
// the contract, for "partner contract report". The folder is made if there is none. It must be an absolute path: "go
// test" runs each package in a folder of its own.
const DirectoryVariable = "PARTNER_CONTRACT_DIR"

// reportFormat is the version of the files.
const reportFormat = 1

// maxReportBytes is longer than any report is.
const maxReportBytes = 16 << 20

// seenFile is what a file has: what one process saw.
type seenFile struct {
	Format int `json:"format"`
	// Version and Digest are the contract's.
	Version    string                 `json:"version"`
	Digest     string                 `json:"digest"`
	Operations map[string]seenInATest `json:"operations"`
}

type seenInATest struct {
	Statuses   []string `json:"statuses,omitempty"`
	Others     []int    `json:"otherStatuses,omitempty"`
	Parameters []string `json:"parameters,omitempty"`
	Members    []string `json:"members,omitempty"`
	Values     []string `json:"values,omitempty"`
}

func (s *seenInATest) lists() [kinds]*[]string {
	return [kinds]*[]string{kindStatus: &s.Statuses, kindParameter: &s.Parameters, kindMember: &s.Members,
		kindValue: &s.Values}
}

// reportFile is the file of this process.
type reportFile struct {
	// stale says that something was seen since it was written. Few tests see something new, so that it is written often
	// enough for a process that is killed, and yet seldom.
	stale bool
	// path is where it is, in the folder that the variable named.
	folder, path string
}

// write writes what was seen, if a folder is named and something is new.
func (c *collector) write() error {
	folder := os.Getenv(DirectoryVariable)
	if folder == "" {
		return nil
	}
	if !filepath.IsAbs(folder) {
		return fmt.Errorf("%s is not an absolute path: go test runs each package in a folder of its own",
			DirectoryVariable)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.index == nil || !c.file.stale && c.file.folder == folder {
		return nil
	}
	if c.file.folder != folder {
		c.file.folder, c.file.path = folder, filepath.Join(folder, reportName())
	}
	if err := c.save(); err != nil {
		return fmt.Errorf("write what was seen of the contract: %w", err)
	}
	c.file.stale = false
	return nil
}

// save replaces the file, so that whoever reads it finds all of it, or all of the one before.
func (c *collector) save() error {
	r := seenFile{Format: reportFormat, Version: c.index.version, Digest: c.index.digest,
		Operations: map[string]seenInATest{}}
	for _, op := range c.index.operations {
		s := seenInATest{Others: c.others[op.id]}
		some := len(s.Others) > 0
		for n := op.from; n < op.to; n++ {
			if f := c.index.facts[n]; c.seen[n] {
				list := s.lists()[f.kind]
				*list, some = append(*list, f.name), true
			}
		}
		if some {
			r.Operations[op.id] = s
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.file.folder, 0o755); err != nil { //nolint:gosec // it has nothing that others must not see
		return err
	}
	temporary, err := os.CreateTemp(c.file.folder, ".contract-*.tmp")
	if err != nil {
		return err
	}
	_, err = temporary.Write(append(text, '\n'))
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), c.file.path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// reportName is a name that no other process has.
func reportName() string {
	var unique [8]byte
	_, _ = rand.Read(unique[:]) // Never fails.
	program := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"), ".test")
	return fmt.Sprintf("contract-%s-%d-%s.json", notInNames.ReplaceAllString(program, "_"), os.Getpid(),
		hex.EncodeToString(unique[:]))
}

// Join adds up what test processes have written into a folder (see [DirectoryVariable]), and says how many there were.
// It fails if there are none, if one of the files is damaged, or was written with another contract than this program is
// built with.
func Join(folder string) (c Coverage, processes int, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return Coverage{}, 0, fmt.Errorf("read what tests have written: %w", err)
	}
	x := theIndex()
	seen, others := make([]bool, len(x.facts)), map[string][]int{}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasPrefix(name, "contract-") || !strings.HasSuffix(name, ".json") {
			continue
		}
		r, err := readReport(filepath.Join(folder, name))
		if err == nil {
			err = x.join(r, seen, others)
		}
		if err != nil {
			return Coverage{}, 0, fmt.Errorf("%s: %w", filepath.Join(folder, name), err)
		}
		processes++
	}
	if processes == 0 {
		return Coverage{}, 0, fmt.Errorf("%s: no test has written what it saw there: run them with %s set to it, and "+
			"with -count=1, as go test does not run again what has not changed", folder, DirectoryVariable)
	}
	return x.coverage(seen, others), processes, nil
}

func readReport(path string) (seenFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return seenFile{}, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxReportBytes+1))
	if err != nil {
		return seenFile{}, err
	}
	var r seenFile
	decoder := json.NewDecoder(bytes.NewReader(text))
	if len(text) > maxReportBytes || decoder.Decode(&r) != nil {
		return seenFile{}, errors.New("it is no report of what a test has seen, or is damaged")
	}
	return r, nil
}

// join adds what a process saw.
func (x *coverageIndex) join(r seenFile, seen []bool, others map[string][]int) error {
	switch {
	case r.Format != reportFormat:
		return fmt.Errorf("its format is %d, and this program knows %d: use the same version of both", r.Format,
			reportFormat)
	case r.Digest != x.digest:
		return fmt.Errorf("it was written with another contract, version %s, digest %.12s; this program has version "+
			"%s, digest %.12s: use the partner of the version that the tests are built with, and a folder for each",
			printable.Text(r.Version), printable.Text(r.Digest), x.version, x.digest)
	}
	for id, s := range r.Operations {
		op := x.byID[id]
		if op == nil {
			return fmt.Errorf("it has an operation that the contract does not have: %s", printable.Text(id))
		}
		for k, list := range s.lists() {
			for _, name := range *list {
				n, ok := op.numbers[fact{factKind(k), name}]
				if !ok {
					return fmt.Errorf("it has something of %s that the contract does not have", id)
				}
				seen[n] = true
			}
		}
		for _, status := range s.Others {
			if !slices.Contains(others[id], status) && len(others[id]) < maxOthers {
				others[id] = append(others[id], status)
				slices.Sort(others[id])
			}
		}
	}
	return nil
}

func statusText(status int) string { return strconv.Itoa(status) }
