package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// policy has a browser load nothing, and run nothing but what we have written.
var policy = "default-src 'none'; style-src " + hashOf(pageCSS) + "; script-src " + hashOf(pageJS) +
	"; base-uri 'none'; form-action 'none'"

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// mostOfText bounds a script or a test on the page. What is longer is in the JSON.
const mostOfText = 100_000

type fact struct{ Name, Text string }

type findingHTML struct {
	contracttest.Finding
	ID     string
	Number int
	// First is what the list of findings says of the operations.
	First string
	Where string
	Facts []fact
	Texts []textHTML
}

type textHTML struct{ ID, Name, Text string }

type tagHTML struct {
	Name       string
	Operations []operationHTML
}

type operationHTML struct {
	ID       string
	Requests string
	Statuses []string
	// Never says that it never succeeded.
	Never string
}

// WriteHTML writes a report as one page that needs nothing else, and no network.
func WriteHTML(w io.Writer, r *contracttest.Report, a About) error {
	a = a.public()
	v, said := judge(r)
	short, _, _ := strings.Cut(said, ":")
	page := struct {
		Policy              string
		Style               template.CSS
		Script              template.JS
		Server, Short, Said string
		Verdict             verdict
		Ways                []fact
		Facts               []fact
		Command             string
		Warnings            []string
		Findings, Excluded  []findingHTML
		Tags                []tagHTML
		Footer              string
	}{
		Policy: policy, Style: template.CSS(pageCSS), Script: template.JS(pageJS), //nolint:gosec // They are ours.
		Server: a.URL, Short: short, Said: said, Verdict: v, Facts: facts(r, a),
		Command: a.command(r.Seed), Findings: findingsHTML("finding", r.Findings),
		Excluded: findingsHTML("excluded", r.Excluded), Tags: tagsHTML(r),
		Footer: "Written by partner contract, version " + a.Version + ". It has no secrets in it.",
	}
	page.Ways = []fact{{"findings", count(len(r.Findings), "finding")}}
	if n := len(warnings(r)); n > 0 {
		page.Ways = append(page.Ways, fact{"warnings", count(n, "warning")})
	}
	if n := len(r.Excluded); n > 0 {
		page.Ways = append(page.Ways, fact{"excluded", thousands(n) + " excluded"})
	}
	page.Ways = append(page.Ways, fact{"operations", count(len(r.Operations), "operation")},
		fact{"run", "how to repeat it"})
	for _, text := range warnings(r) {
		page.Warnings = append(page.Warnings, strings.TrimPrefix(text, "warning: "))
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, page); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// facts are those of the run.
func facts(r *contracttest.Report, a About) []fact {
	succeeded := 0
	for _, o := range r.Operations {
		if o.Succeeded() {
			succeeded++
		}
	}
	all := []fact{
		{"Requests", thousands(r.Requests)},
		{"Operations", fmt.Sprintf("%d of %d succeeded at least once", succeeded, len(r.Operations))},
		{"Findings", thousands(len(r.Findings))},
		{"Excluded", thousands(len(r.Excluded))},
		{"Seed", strconv.FormatUint(r.Seed, 10)},
	}
	if !a.Started.IsZero() {
		all = append(all, fact{"Started", a.Started.UTC().Format("2006-01-02 15:04:05 UTC")})
	}
	if a.Took > 0 {
		all = append(all, fact{"Took", a.Took.Round(100 * time.Millisecond).String()})
	}
	return all
}

func findingsHTML(prefix string, found []contracttest.Finding) []findingHTML {
	var all []findingHTML
	for i, f := range found {
		h := findingHTML{Finding: f, ID: prefix + "-" + strconv.Itoa(i+1), Number: i + 1, Where: where(f)}
		ids := about(f)
		switch len(ids) {
		case 0:
		case 1:
			h.First = ids[0]
		default:
			h.First = count(len(ids), "operation")
		}
		seen := count(f.Count, "time") + ", first by the phase " + f.Phase
		if !f.Confirmed {
			seen += "; its steps have not shown it again"
		}
		var where []string
		for _, id := range ids {
			where = append(where, id+" ("+strings.Replace(endpoint(id), ":", " ", 1)+")")
		}
		for _, line := range []fact{{"Reason", f.Reason}, {"Operations", strings.Join(where, ", ")}, {"Place", h.Where},
			{"Expected", f.Expected}, {"Got", f.Got}, {"Source", f.Source}, {"Evidence", f.Evidence}, {"Seen", seen}} {
			if line.Text != "" {
				h.Facts = append(h.Facts, line)
			}
		}
		if len(f.Steps) > 0 {
			h.Texts = []textHTML{{"script", "Script for bash, with curl and openssl", bounded(f.Script())},
				{"test", "Test in Go", bounded(f.GoTest())}}
		}
		all = append(all, h)
	}
	return all
}

// bounded is a text, or what to do where it is too long for a page.
func bounded(text string) string {
	if len(text) > mostOfText {
		return "It is too long for a page. partner contract replay takes it from the JSON.\n"
	}
	return text
}

func tagsHTML(r *contracttest.Report) []tagHTML {
	var all []tagHTML
	at := map[string]int{}
	for _, o := range r.Operations {
		i, ok := at[o.Tag]
		if !ok {
			i = len(all)
			at[o.Tag] = i
			all = append(all, tagHTML{Name: o.Tag})
		}
		h := operationHTML{ID: o.ID, Requests: thousands(o.Requests)}
		switch {
		case o.Requests == 0:
			h.Never = "never called"
		case !o.Succeeded():
			h.Never = "never succeeded"
		}
		for _, status := range slices.Sorted(maps.Keys(o.Statuses)) {
			text := strconv.Itoa(status)
			if status == 0 {
				text = "no answer"
			}
			h.Statuses = append(h.Statuses, text+" × "+thousands(o.Statuses[status]))
		}
		all[i].Operations = append(all[i].Operations, h)
	}
	return all
}
