package project

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/jiko-partner/partner-go/internal/generator"
)

// Listed is an operation that a configuration can choose.
type Listed struct {
	// ID is what a configuration calls it.
	ID         string   `json:"id"`
	Tags       []string `json:"tags"`
	Method     string   `json:"method"`
	Path       string   `json:"path"`
	Evidence   string   `json:"evidence"`
	Deprecated bool     `json:"deprecated"`
	Summary    string   `json:"summary"`
}

// List returns the operations of the contract, by tag.
func List(tool Tool) ([]Listed, error) {
	contract, err := generator.Open(tool.Contract, tool.Base)
	if err != nil {
		return nil, err
	}
	var all []Listed
	for _, o := range contract.Operations() {
		all = append(all, Listed{o.ID, o.Tags, o.Method, o.Path, o.Evidence, o.Deprecated, o.Summary})
	}
	slices.SortStableFunc(all, func(a, b Listed) int { return slices.Compare(a.Tags, b.Tags) })
	return all, nil
}

// WriteList writes a list as a table for each tag.
func WriteList(w io.Writer, all []Listed) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	tag := ""
	for i, o := range all {
		if now := strings.Join(o.Tags, ", "); i == 0 || now != tag {
			if i > 0 {
				fmt.Fprintln(table)
			}
			tag = now
			fmt.Fprintln(table, tag)
		}
		note := o.Evidence
		if o.Deprecated {
			note += ", deprecated"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", o.ID, note, o.Summary)
	}
	return table.Flush()
}

// WriteJSON writes a value as JSON that people can read.
func WriteJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
