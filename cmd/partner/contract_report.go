package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

func newReportCommand(lookup func(string) (string, bool)) *cobra.Command {
	var asJSON bool
	var minimum, operations, tags string
	cmd := &cobra.Command{
		Use:   "report [DIR]",
		Short: "Join what test processes have seen of the contract",
		Long: `Join what test processes have seen of the contract: each one whose calls go through
contracttest.Transport writes that into the folder which PARTNER_CONTRACT_DIR names, an absolute
path. Without DIR, it is the folder that PARTNER_CONTRACT_DIR names. Begin with an empty folder, and
run the tests with -count=1: go test does not run again what has not changed.

An operation counts when it was answered with 2xx, or else it is "refused". In the table, statuses
in parentheses are in the contract and were not seen; the other columns say how many were, of the
parameters, the members of the request's body, and the enum values in requests and in answers.

The status is 1 if less was seen than --minimum demands, and 2 if the reports cannot be read, such
as those of tests that were built with another contract.`,
		Example: `  partner contract report coverage
  partner contract report coverage --tags "Wires,On-Us Transfers" --minimum operations=100
  partner contract report coverage --json | jq -r '.operations[] | select(.called | not).path'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("%s takes one folder, got %d", cmd.Name(), len(args))}
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion,
			cobra.ShellCompDirective,
		) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			demanded, err := parseMinimum(minimum)
			if err != nil {
				return flagError(cmd, "minimum", err)
			}
			folder, ok := lookup(contracttest.DirectoryVariable)
			if len(args) > 0 {
				folder = args[0]
			} else if !ok || folder == "" {
				return usageError{fmt.Errorf("missing the folder of the reports, or %s",
					contracttest.DirectoryVariable)}
			}
			all, processes, err := contracttest.Join(folder)
			if err != nil {
				_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "partner: %v\n", err)
				return statusError{exitUsage}
			}
			demanded.Only, demanded.Tags = names(operations), names(tags)
			only, err := all.Only(demanded.Only, demanded.Tags)
			if err != nil {
				return usageError{err}
			}
			write := writeSeen
			if asJSON {
				write = writeSeenJSON
			}
			if err := write(cmd.OutOrStdout(), only, processes); err != nil {
				return err
			}
			return all.Check(demanded)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "JSON instead of the table, with the names of what was seen and what was not")
	flags.StringVar(&minimum, "minimum", "",
		"`shares` that must have been seen, in percent, with commas between them: "+
			"operations=100, statuses=50, parameters=50, members=50, values=20")
	flags.StringVar(&operations, "operations", "",
		"`names` of the operations that it is about, with commas between them")
	flags.StringVar(&tags, "tags", "", "`names` of tags whose operations it is about, with commas between them")
	known := func(of func(contracttest.OperationCoverage) string) cobra.CompletionFunc {
		return func(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
			before := begun[:strings.LastIndexByte(begun, ',')+1]
			var all []string
			for _, o := range contracttest.Covered().Operations {
				if name := before + of(o); strings.HasPrefix(name, begun) {
					all = append(all, name)
				}
			}
			slices.Sort(all)
			return slices.Compact(all), cobra.ShellCompDirectiveNoFileComp
		}
	}
	for flag, of := range map[string]func(contracttest.OperationCoverage) string{
		"operations": func(o contracttest.OperationCoverage) string { return o.ID },
		"tags":       func(o contracttest.OperationCoverage) string { return o.Tag },
	} {
		if err := cmd.RegisterFlagCompletionFunc(flag, known(of)); err != nil {
			panic(err) // A mistake of ours.
		}
	}
	return cmd
}

// names takes a list apart.
func names(list string) []string {
	var all []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// parseMinimum reads shares in percent, such as operations=100,statuses=50.
func parseMinimum(text string) (contracttest.Minimum, error) {
	var m contracttest.Minimum
	shares := map[string]*float64{"operations": &m.Operations, "statuses": &m.Statuses, "parameters": &m.Parameters,
		"members": &m.Members, "values": &m.Values}
	for _, part := range names(text) {
		name, value, _ := strings.Cut(part, "=")
		share := shares[strings.TrimSpace(name)]
		percent, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), "%"), 64)
		if share == nil || err != nil || math.IsNaN(percent) || percent < 0 || percent > 100 {
			return m,
				errors.New("want operations, statuses, parameters, members or values, each with a number from 0 to " +
					"100, such as operations=100,statuses=50")
		}
		*share = percent / 100
	}
	return m, nil
}

func writeSeenJSON(w io.Writer, c contracttest.Coverage, processes int) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Processes int                 `json:"processes"`
		Totals    contracttest.Totals `json:"totals"`
		contracttest.Coverage
	}{processes, c.Totals(), c})
}

// writeSeen writes a table, by tag.
func writeSeen(w io.Writer, c contracttest.Coverage, processes int) error {
	byTag := slices.Clone(c.Operations)
	slices.SortStableFunc(byTag, func(a, b contracttest.OperationCoverage) int { return strings.Compare(a.Tag, b.Tag) })
	// What is written into memory does not fail.
	var text bytes.Buffer
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "OPERATION\tSEEN\tSTATUSES\tPARAMETERS\tMEMBERS\tVALUES")
	tag := ""
	for _, o := range byTag {
		if o.Tag != tag {
			tag = o.Tag
			_, _ = fmt.Fprintf(t, "%s\t\t\t\t\t\n", tag)
		}
		seen := "never"
		switch {
		case o.Exercised:
			seen = "yes"
		case o.Called:
			seen = "refused"
		}
		_, _ = fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", o.ID, seen, statuses(o), share(o.Parameters),
			share(o.Members),
			share(o.Values))
	}
	_ = t.Flush()
	totals := strings.Replace(c.Totals().String(), "statuses, ", "statuses,\n  ", 1)
	_, _ = fmt.Fprintf(&text, "\nseen by test processes: %d\n  %s\n", processes, totals)
	for line := range strings.Lines(text.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil { // Tags have empty columns.
			return err
		}
	}
	return nil
}

// statuses are those that came, and in parentheses those that did not.
func statuses(o contracttest.OperationCoverage) string {
	came := slices.Clone(o.Statuses.Seen)
	for _, status := range o.OtherStatuses {
		came = append(came, strconv.Itoa(status))
	}
	slices.Sort(came)
	const most = 5 // Others are many when a server is in trouble.
	if len(came) > most {
		came = append(came[:most], "…")
	}
	if len(o.Statuses.Missing) > 0 {
		came = append(came, "("+strings.Join(o.Statuses.Missing, " ")+")")
	}
	return strings.Join(came, " ")
}

// share is how much of something was seen, or a hyphen where there is nothing to see.
func share(s contracttest.Seen) string {
	all := len(s.Seen) + len(s.Missing)
	if all == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", len(s.Seen), all)
}
