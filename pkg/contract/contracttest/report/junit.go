package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// suites is a file that systems for continuous integration read as the result of tests.
type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Time     string   `xml:"time,attr"`
	Suites   []*suite `xml:"testsuite"`
}

type suite struct {
	Name       string      `xml:"name,attr"`
	Tests      int         `xml:"tests,attr"`
	Failures   int         `xml:"failures,attr"`
	Errors     int         `xml:"errors,attr"`
	Skipped    int         `xml:"skipped,attr"`
	Time       string      `xml:"time,attr"`
	Timestamp  string      `xml:"timestamp,attr"`
	Properties *properties `xml:"properties"`
	Cases      []caseXML   `xml:"testcase"`
}

type properties struct {
	All []property `xml:"property"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type caseXML struct {
	Name    string    `xml:"name,attr"`
	Class   string    `xml:"classname,attr"`
	Time    string    `xml:"time,attr"`
	Skipped *message  `xml:"skipped"`
	Failure *failure  `xml:"failure"`
	Error   *failure  `xml:"error"`
	Out     *chardata `xml:"system-out"`
}

type message struct {
	Message string `xml:"message,attr"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

type chardata struct {
	Text string `xml:",chardata"`
}

// nowhere is the suite of what is about no operation.
const nowhere = "contract"

// WriteJUnit writes a report as JUnit XML: a suite for each tag of the contract, and in it a case for each operation
// that was tested. An operation with findings has a case for each of them instead, as some readers show no more than
// one failure of a case, and as a finding that is gone is then a test that passes no more rather than one that changed.
// What is excluded is skipped, with the reason. An error that has ended the run is one of the case of the run, whose
// output are the warnings.
func WriteJUnit(w io.Writer, r *contracttest.Report, a About) error {
	a = a.public()
	begun := a.ended().Add(-a.Took).UTC().Format("2006-01-02T15:04:05")
	all := suites{Name: "partner contract", Time: seconds(a.Took)}
	byName := map[string]*suite{}
	in := func(name string) *suite {
		if byName[name] == nil {
			byName[name] = &suite{Name: name, Time: seconds(0), Timestamp: begun}
			all.Suites = append(all.Suites, byName[name])
		}
		return byName[name]
	}
	run := in(nowhere)
	run.Time = seconds(a.Took)
	run.Properties = &properties{[]property{{"seed", fmt.Sprint(r.Seed)}, {"requests", fmt.Sprint(r.Requests)},
		{"version", a.Version}}}
	if a.URL != "" {
		run.Properties.All = append(run.Properties.All, property{"url", a.URL})
	}
	_, said := judge(r)
	whole := caseXML{Name: "the run", Out: &chardata{strings.Join(append([]string{said}, warnings(r)...), "\n") + "\n"}}
	if r.Error != "" {
		whole.Error = &failure{Message: r.Error, Type: "error"}
	}
	run.add(whole)

	has := map[string]bool{}
	tags := map[string]string{}
	for _, o := range r.Operations {
		tags[o.ID] = o.Tag
	}
	each := func(found []contracttest.Finding, add func(s *suite, operation string, f contracttest.Finding)) {
		for _, f := range found {
			for _, id := range about(f) {
				tag := tags[id]
				if tag == "" {
					tag = nowhere
				}
				add(in(tag), id+": ", f)
			}
			if len(about(f)) == 0 {
				add(run, "", f)
			}
		}
	}
	for _, f := range r.Findings {
		for _, id := range about(f) {
			has[id] = true
		}
	}
	for _, o := range r.Operations {
		if has[o.ID] {
			continue
		}
		c := caseXML{Name: o.ID}
		if o.Requests == 0 {
			c.Skipped = &message{"it was not called"}
		}
		name := o.Tag
		if name == "" {
			name = nowhere
		}
		in(name).add(c)
	}
	each(r.Findings, func(s *suite, operation string, f contracttest.Finding) {
		s.add(caseXML{Name: operation + contextOf(f), Failure: &failure{
			Message: "expected " + f.Expected + ", got " + f.Got, Type: f.Check.Code, Text: f.String() + "\n"}})
	})
	each(r.Excluded, func(s *suite, operation string, f contracttest.Finding) {
		s.add(caseXML{Name: operation + contextOf(f), Skipped: &message{"expected: " + f.Reason}})
	})
	for _, s := range all.Suites {
		s.unique()
		all.Tests, all.Failures, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Skipped+s.Skipped
		all.Errors += s.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func (s *suite) add(c caseXML) {
	c.Class, c.Time = "partner."+strings.ReplaceAll(s.Name, " ", "_"), seconds(0)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Error != nil {
		s.Errors++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// unique gives each case a name that no other has: readers keep one of those that share it.
func (s *suite) unique() {
	seen := map[string]int{}
	for i := range s.Cases {
		c := &s.Cases[i]
		name := c.Name
		for n := 2; seen[c.Name] > 0; n++ {
			c.Name = fmt.Sprintf("%s #%d", name, n)
		}
		seen[c.Name]++
	}
}

// warnings are those of a report, with what is unfinished.
func warnings(r *contracttest.Report) []string {
	all := slices.Clone(r.Warnings)
	if text := unfinished(r.Unfinished); text != "" {
		all = append(all, text)
	}
	if r.Error != "" {
		all = append(all, "an error has ended the run: "+r.Error)
	}
	for i := range all {
		all[i] = "warning: " + all[i]
	}
	return all
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", max(d, 0).Seconds()) }
