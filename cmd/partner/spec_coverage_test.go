package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCoverageCountsEveryOperationOnce(t *testing.T) {
	t.Parallel()
	out := execute(t, nil, "", "spec", "coverage", "--format", "json")
	var got coverage
	if err := json.Unmarshal([]byte(out.stdout), &got); err != nil || out.status != exitOK || out.stderr != "" {
		t.Fatalf("status %d, stderr %q: %v", out.status, out.stderr, err)
	}
	sum, paths, deprecated := 0, 0, 0
	var order []string
	for _, e := range got.Summary {
		sum += e.Operations
		paths += e.Paths
		deprecated += e.Deprecated
		order = append(order, e.Evidence)
	}
	if got.Total != 99 || sum != 99 || paths != 99 || len(got.Operations) != 99 {
		t.Errorf("total %d, sum %d, of paths %d, listed %d; want 99", got.Total, sum, paths, len(got.Operations))
	}
	if !slices.Equal(order, evidences) {
		t.Errorf("the summary goes %v", order)
	}
	ids := map[string]bool{}
	for _, op := range got.Operations {
		ids[op.OperationID] = true
		if op.Deprecated {
			deprecated--
		}
	}
	if len(ids) != 99 || ids[""] || deprecated != 0 {
		t.Errorf("%d operation ids, %d more deprecated operations counted than listed", len(ids), deprecated)
	}
	for _, want := range []operation{
		{Evidence: "guide", PathEvidence: "guide", Method: "POST", Path: "/api/v1/login/", OperationID: "login"},
		{Evidence: "reference", PathEvidence: "inferred", Method: "GET", Path: "/api/v2/transactions/{transaction_id}/",
			OperationID: "getTransaction"},
	} {
		if !slices.Contains(got.Operations, want) {
			t.Errorf("%+v is missing", want)
		}
	}
}

func TestCoverageTableIsAlignedAndGrouped(t *testing.T) {
	t.Parallel()
	out := execute(t, nil, "", "spec", "coverage")
	summary, list, found := strings.Cut(out.stdout, "\n\n")
	if !found || out.status != exitOK || out.stderr != "" {
		t.Fatalf("%+v; want two tables", out)
	}
	for _, table := range []string{summary, list} {
		lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
		column := len(lines[0]) - len("DEPRECATED")
		last := 0
		for _, line := range lines[1:] {
			if len(line) <= column || line[column-1] != ' ' || line[column] == ' ' {
				t.Errorf("not aligned: %q", line)
			}
			if name := strings.Fields(line)[0]; name != "total" {
				if i := slices.Index(evidences, name); i < last {
					t.Errorf("out of its group: %q", line)
				} else {
					last = i
				}
			}
		}
	}
	if n := strings.Count(list, "\n"); n != 100 {
		t.Errorf("%d lines; want a heading and 99 operations", n)
	}
	if !strings.Contains(summary, "\ntotal ") {
		t.Errorf("no total:\n%s", summary)
	}
}

func TestCoverageTableFitsTheScreen(t *testing.T) {
	t.Parallel()
	narrow, wide := execute(t, nil, "", "spec", "coverage"), execute(t, nil, "", "spec", "coverage", "--wide")
	for line := range strings.Lines(narrow.stdout) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if strings.Contains(narrow.stdout, "…") {
		t.Errorf("a path of the contract is cut off:\n%s", narrow.stdout)
	}
	if strings.Count(narrow.stdout, "\n") != strings.Count(wide.stdout, "\n") {
		t.Errorf("the tables have other lines:\n%s\n%s", narrow.stdout, wide.stdout)
	}
	for _, want := range []string{"/api/v1/customers/{customer_id}/", "listCustomerPockets", "OPERATION"} {
		if strings.Contains(narrow.stdout, want+" ") || !strings.Contains(wide.stdout, want) {
			t.Errorf("%s is not in the wide table alone", want)
		}
	}
}

func TestShortenPath(t *testing.T) {
	t.Parallel()
	long := "/" + strings.Repeat("a", 200) + "/{id}/"
	for path, want := range map[string]string{
		"/a/{b}/c/{d_e}/": "/a/{}/c/{}/", "/a/": "/a/", long: "/" + strings.Repeat("a", 30) + "…" +
			strings.Repeat("a", 27) + "/{}/",
	} {
		if got := shortenPath(path, " *"); got != want+" *" {
			t.Errorf("shortenPath(%s) = %s; want %s", path, got, want)
		}
	}
}

func TestCoverageSpellsJSONInTwoWays(t *testing.T) {
	t.Parallel()
	want := execute(t, nil, "", "spec", "coverage", "--format", "json")
	if got := execute(t, nil, "", "spec", "coverage", "--json"); got != want || got.status != exitOK {
		t.Errorf("%+v", got)
	}
}

func TestCoverageRefusesAnOperationWithoutEvidence(t *testing.T) {
	t.Parallel()
	const head = "openapi: 3.0.3\ninfo: {title: t, version: v}\npaths:\n  /a/:\n    get:\n      responses: " +
		"{default: {description: d}}\n"
	for name, text := range map[string]string{
		"none":                    head,
		"one that is not known":   head + "      x-evidence: hearsay\n      x-evidence-path: guide\n",
		"one that is not a text":  head + "      x-evidence: [guide]\n      x-evidence-path: guide\n",
		"none of the path":        head + "      x-evidence: guide\n",
		"one of the path unknown": head + "      x-evidence: guide\n      x-evidence-path: hearsay\n",
		"no document":             "\t",
	} {
		if _, err := readCoverage([]byte(text)); err == nil || !strings.Contains(err.Error(), "read the contract") {
			t.Errorf("%s: %v", name, err)
		}
	}
	known := head + "      x-evidence: guide\n      x-evidence-path: inferred\n"
	if c, err := readCoverage([]byte(known)); err != nil || c.Total != 1 {
		t.Errorf("a known one: %+v, %v", c, err)
	}
}
