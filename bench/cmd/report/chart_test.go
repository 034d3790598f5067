package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jiko-partner/partner-go/bench"
)

// element is one of a drawing.
type element struct {
	XMLName  xml.Name
	Class    string    `xml:"class,attr"`
	X        string    `xml:"x,attr"`
	X1       string    `xml:"x1,attr"`
	X2       string    `xml:"x2,attr"`
	Width    string    `xml:"width,attr"`
	Text     string    `xml:",chardata"`
	ViewBox  string    `xml:"viewBox,attr"`
	Elements []element `xml:",any"`
}

// drawn writes a chart and reads it again.
func drawn(t *testing.T, c *chart) (picture element, text string) {
	t.Helper()
	var b strings.Builder
	if err := c.write(&b); err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(strings.NewReader(b.String()))
	if err := decoder.Decode(&picture); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) && err != nil {
		t.Errorf("behind the drawing: %v", err)
	}
	return picture, b.String()
}

// of returns the elements with a class.
func (e element) of(class string) []element {
	return slices.DeleteFunc(slices.Clone(e.Elements), func(e element) bool { return e.Class != class })
}

func pixels(t *testing.T, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestAChartShowsTheFigures(t *testing.T) {
	c := &chart{title: `go1.26 <"&'>`}
	c.add(panel{name: "A call", scale: "time by that by hand", target: 1.5, bound: "at most 1.50",
		reference: "by hand", bars: []bar{
			{name: "GET: pkg/partner", ours: true, value: 0.5, low: 0.4, high: 0.75, text: "0.50 · 10.00 µs"},
			{name: "GET: another", value: 2, low: 2, high: 2, text: "2.00 · 40.00 µs"},
		}})
	c.add(panel{name: "A section without figures"})
	picture, text := drawn(t, c)
	if picture.XMLName.Local != "svg" || picture.XMLName.Space != "http://www.w3.org/2000/svg" {
		t.Errorf("it is a %v", picture.XMLName)
	}
	var texts []string
	for _, e := range picture.Elements {
		texts = append(texts, e.Text)
	}
	for _, want := range []string{`go1.26 <"&'>`, "A call", "time by that by hand", "at most 1.50", "by hand",
		"GET: pkg/partner", "0.50 · 10.00 µs", "GET: another", "2.00 · 40.00 µs"} {
		if !slices.Contains(texts, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if strings.Contains(text, "A section without figures") {
		t.Error("a panel without bars is drawn")
	}
	if !strings.Contains(text, "@media (prefers-color-scheme: dark)") {
		t.Error("it is the same in light and dark")
	}
	ours, others := picture.of("bar ours"), picture.of("bar")
	if len(ours) != 1 || len(others) != 1 {
		t.Fatalf("%d bars are ours, %d are not", len(ours), len(others))
	}
	one := pixels(t, picture.of("reference")[0].X1) - plotLeft
	for what, c := range map[string]struct{ got, want float64 }{
		"our bar":          {pixels(t, ours[0].Width), 0.5 * one},
		"the other bar":    {pixels(t, others[0].Width), 2 * one},
		"the target":       {pixels(t, picture.of("target")[0].X1) - plotLeft, 1.5 * one},
		"the low quartile": {pixels(t, picture.of("spread")[0].X1) - plotLeft, 0.4 * one},
		"the high":         {pixels(t, picture.of("spread")[0].X2) - plotLeft, 0.75 * one},
	} {
		if diff := c.got - c.want; diff > 0.3 || diff < -0.3 {
			t.Errorf("%s is %.1f pixels wide, want %.1f", what, c.got, c.want)
		}
	}
	if n := len(picture.of("spread")); n != 1 {
		t.Errorf("%d spreads are drawn, one of them of a figure that has none", n)
	}
	if right := pixels(t, others[0].X) + pixels(t, others[0].Width); right > plotLeft+plotWidth {
		t.Errorf("a bar ends at %.1f, where its text begins", right)
	}
}

func TestARatioIsDrawnWithItsTime(t *testing.T) {
	f := figures{time: 54690 * time.Nanosecond, timeRatio: 1.553, low: 1.45, high: 1.72}
	got := ratioBar("Redis: replay", f, true)
	want := bar{name: "Redis: replay", ours: true, value: 1.553, low: 1.45, high: 1.72, text: "1.55 · 54.69 µs"}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Builds and load are left out.
func TestAReportHasAChartAndShortLines(t *testing.T) {
	t.Parallel() // Nobody looks at the times.
	var b strings.Builder
	c := &chart{}
	// The peer takes seconds to load, far more under the race detector, and the tests of package bench cover it.
	o := options{rounds: 1, calls: 1, module: "../..", chart: c, short: true, without: bench.LibOpenAPI}
	// One of it is enough for all sections.
	partner, err := o.buildPartner(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o.partner = partner
	if err := report(t.Context(), &b, o); err != nil && !errors.Is(err, errTarget) {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 120 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	var names []string
	for _, p := range c.panels {
		names = append(names, p.name)
		ours := 0
		for _, b := range p.bars {
			if b.ours {
				ours++
			}
			if b.name == "" || b.text == "" {
				t.Errorf("%s: a figure has the name %q and the text %q", p.name, b.name, b.text)
			}
		}
		if ours == 0 {
			t.Errorf("%s: no figure is ours", p.name)
		}
	}
	want := []string{"A call to a loopback server", "Validating a request", "Loading the contract at start"}
	if len(names) < len(want) || !slices.Equal(names[:len(want)], want) {
		t.Errorf("the panels are %q", names)
	}
	picture, _ := drawn(t, c)
	first, _, _ := strings.Cut(b.String(), "\n")
	if !strings.Contains(first, "CPUs") || c.title != first || picture.ViewBox == "" {
		t.Errorf("the chart is of %q, the report of %q", c.title, first)
	}
	path := filepath.Join(t.TempDir(), "chart.svg")
	if err := c.save(path); err != nil {
		t.Fatal(err)
	}
	if saved, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(saved), "<svg ") {
		t.Errorf("%v, %.20s", err, saved)
	}
}
