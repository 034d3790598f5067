package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/spf13/cobra"

	partnergo "github.com/jiko-partner/partner-go"
)

// evidences lists the values of x-evidence and x-evidence-path from the most certain to the least.
var evidences = []string{"reference", "guide", "sample-client", "changelog", "v1.29", "inferred"}

func newCoverageCommand() *cobra.Command {
	var format string
	var wide, asJSON bool
	cmd := &cobra.Command{
		Use:   "coverage",
		Short: "Say how certain each operation of the contract is",
		Long: `Say how certain each operation of the contract is: the operations by evidence, first counted, then
listed.

The evidence, from the most certain to the least, is reference (a page of the current reference),
guide, sample-client, changelog, v1.29 (only in the document of March 2024) and inferred. There
are two: that the operation exists, and where its path and its shape come from.

The table has up to 100 columns, {} for the parameters of a path, and * where the evidence of the
path is another one. With --wide it has all names, and both kinds of evidence. JSON has everything.`,
		Example: `  partner spec coverage
  partner spec coverage --wide | grep Pocket
  partner spec coverage --json | jq '.operations[] | select(.evidence == "v1.29") | .path'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON {
				if cmd.Flags().Changed("format") && format != "json" {
					return flagError(cmd, "json", errors.New("it contradicts --format"))
				}
				format = "json"
			}
			write := map[string]func(io.Writer, coverage) error{"table": writeTable, "json": writeJSON}[format]
			switch {
			case write == nil:
				return flagError(cmd, "format", errors.New("want table or json"))
			case wide && format == "json":
				return flagError(cmd, "wide", errors.New("it is for the table; JSON has everything"))
			case wide:
				write = writeWideTable
			}
			c, err := readCoverage(partnergo.Spec())
			if err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), c)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&format, "format", "table", "`format` of the output, table or json")
	flags.BoolVar(&asJSON, "json", false, "the same as --format json")
	flags.BoolVar(&wide, "wide", false, "the table with all names; it is wider than most terminals")
	rival(cmd, "json", "format")
	rival(cmd, "json", "wide")
	return cmd
}

// coverage is what the contract's operations rest on.
type coverage struct {
	Operations []operation `json:"operations"`
	Summary    []evidence  `json:"summary"`
	Total      int         `json:"total"`
	Deprecated int         `json:"deprecated"`
}

// evidence counts the operations that rest on one kind of evidence, and the paths that do.
type evidence struct {
	Evidence   string `json:"evidence"`
	Operations int    `json:"operations"`
	Paths      int    `json:"paths"`
	Deprecated int    `json:"deprecated"`
}

type operation struct {
	// Evidence is what the operation's existence rests on, PathEvidence what its path and its shape do.
	Evidence     string `json:"evidence"`
	PathEvidence string `json:"pathEvidence"`
	Method       string `json:"method"`
	Path         string `json:"path"`
	OperationID  string `json:"operationId"`
	Deprecated   bool   `json:"deprecated"`
}

// readCoverage sorts by evidence, then by path and method, so that two contracts can be compared line by line.
// Callbacks are not operations of the API: the partner serves them.
func readCoverage(spec []byte) (coverage, error) {
	document, err := openapi3.NewLoader().LoadFromData(spec)
	if err != nil {
		return coverage{}, fmt.Errorf("read the contract: %w", err)
	}
	var c coverage
	for path, item := range document.Paths.Map() {
		for method, op := range item.Operations() {
			rests := map[string]string{}
			for _, name := range []string{"x-evidence", "x-evidence-path"} {
				rests[name], _ = op.Extensions[name].(string)
				if !slices.Contains(evidences, rests[name]) {
					return coverage{}, fmt.Errorf("read the contract: %s %s has no %s that is known", method, path,
						name)
				}
			}
			c.Operations = append(c.Operations, operation{rests["x-evidence"], rests["x-evidence-path"], method, path,
				op.OperationID, op.Deprecated})
		}
	}
	slices.SortFunc(c.Operations, func(a, b operation) int {
		if n := slices.Index(evidences, a.Evidence) - slices.Index(evidences, b.Evidence); n != 0 {
			return n
		}
		if n := strings.Compare(a.Path, b.Path); n != 0 {
			return n
		}
		return strings.Compare(a.Method, b.Method)
	})
	for _, name := range evidences {
		e := evidence{Evidence: name}
		for _, op := range c.Operations {
			if op.PathEvidence == name {
				e.Paths++
			}
			if op.Evidence != name {
				continue
			}
			e.Operations++
			if op.Deprecated {
				e.Deprecated++
			}
		}
		c.Summary = append(c.Summary, e)
		c.Total += e.Operations
		c.Deprecated += e.Deprecated
	}
	return c, nil
}

func writeJSON(w io.Writer, c coverage) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(c)
}

// pathColumns is how wide a path is in the table: with the longest evidence, method and "deprecated" it makes 100.
const pathColumns = 65

var parameterName = regexp.MustCompile(`\{[^}]*\}`)

// shortenPath leaves out the names of parameters, and what does not fit even so. A mark goes to its end.
func shortenPath(path, mark string) string {
	path = parameterName.ReplaceAllString(path, "{}")
	room := pathColumns - len(mark)
	if runes := []rune(path); len(runes) > room {
		half := (room - 1) / 2
		path = string(runes[:half]) + "…" + string(runes[len(runes)-half:])
	}
	return path + mark
}

func writeTable(w io.Writer, c coverage) error {
	heading := []string{"EVIDENCE", "METHOD", "PATH (* has other evidence, see --wide)", "DEPRECATED"}
	return writeColumns(w, c, heading, func(op operation) []string {
		mark := ""
		if op.PathEvidence != op.Evidence {
			mark = " *"
		}
		return []string{op.Evidence, op.Method, shortenPath(op.Path, mark), deprecated(op)}
	})
}

func writeWideTable(w io.Writer, c coverage) error {
	heading := []string{"EVIDENCE", "OF PATH", "METHOD", "PATH", "OPERATION", "DEPRECATED"}
	return writeColumns(w, c, heading, func(op operation) []string {
		return []string{op.Evidence, op.PathEvidence, op.Method, op.Path, op.OperationID, deprecated(op)}
	})
}

func deprecated(op operation) string {
	if op.Deprecated {
		return "deprecated"
	}
	return "-"
}

// writeColumns writes the summary and the list, with the columns given.
func writeColumns(w io.Writer, c coverage, heading []string, columns func(operation) []string) error {
	// A tabwriter writes into memory until Flush, which reports the errors of all writes.
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "EVIDENCE\tOPERATIONS\tPATHS\tDEPRECATED")
	for _, e := range c.Summary {
		_, _ = fmt.Fprintf(t, "%s\t%d\t%d\t%d\n", e.Evidence, e.Operations, e.Paths, e.Deprecated)
	}
	_, _ = fmt.Fprintf(t, "total\t%d\t%d\t%d\n", c.Total, c.Total, c.Deprecated)
	// An empty line ends the columns of the first table.
	_, _ = fmt.Fprintln(t, "\n"+strings.Join(heading, "\t"))
	for _, op := range c.Operations {
		_, _ = fmt.Fprintln(t, strings.Join(columns(op), "\t"))
	}
	return t.Flush()
}
