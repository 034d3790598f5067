package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"
)

// chart collects the main figures of a report and draws them. A nil one collects nothing.
type chart struct {
	// title says what the figures are of: the machine, the commit, the date.
	title  string
	panels []panel
}

// panel is a group of bars on one scale.
type panel struct {
	name string
	// scale says what the bars measure.
	scale string
	// target is what ours are held to, and bound how, such as "at most 1.15".
	target float64
	bound  string
	// reference says what has the value 1, if anything has.
	reference string
	bars      []bar
}

// bar is one figure.
type bar struct {
	name string
	// ours is whether it is this module's, which the target is for.
	ours bool
	// value is the median, between the quartiles low and high.
	value, low, high float64
	text             string
}

func (c *chart) add(p panel) {
	if c != nil && len(p.bars) > 0 {
		c.panels = append(c.panels, p)
	}
}

// The measures of the drawing, in pixels.
const (
	chartWidth  = 860
	margin      = 24
	plotLeft    = 330
	plotWidth   = 330
	barHeight   = 12
	barPitch    = 20
	panelHeader = 46
	panelFooter = 26
	titleHeight = 66
)

// chartStyle has the colors, which follow the reader's. The background is drawn too, as a page may be in other colors
// than its reader's system.
const chartStyle = `
    text { font: 12px -apple-system, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif; fill: #1f2328; }
    .middle { text-anchor: middle; }
    .end { text-anchor: end; }
    .title { font-size: 15px; font-weight: 600; }
    .name { font-weight: 600; }
    .muted { fill: #59636e; }
    .background { fill: #ffffff; }
    .bar { fill: #a8b1bb; }
    .ours { fill: #0969da; }
    .spread { stroke: #1f2328; stroke-width: 1.5; }
    .axis { stroke: #d1d9e0; }
    .reference { stroke: #59636e; }
    .target { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 4 3; }
    .bound { fill: #cf222e; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .muted { fill: #9198a1; }
      .background { fill: #0d1117; }
      .bar { fill: #59636e; }
      .ours { fill: #4493f8; }
      .spread { stroke: #e6edf3; }
      .axis { stroke: #3d444d; }
      .reference { stroke: #9198a1; }
      .target { stroke: #f85149; }
      .bound { fill: #f85149; }
    }
  `

// write draws the chart as SVG.
func (c *chart) write(w io.Writer) error {
	height := titleHeight
	for _, p := range c.panels {
		height += p.height()
	}
	d := &drawing{w: w}
	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="title desc">`,
		chartWidth, height)
	d.printf(`  <title id="title">Performance: the main figures of the report</title>`)
	d.printf(`  <desc id="desc">%s</desc>`, escape(c.title))
	d.printf(`  <style>%s</style>`, chartStyle)
	d.printf(`  <rect class="background" width="%d" height="%d"/>`, chartWidth, height)
	d.text("title", margin, 28, "start", "Main figures: medians, with their quartiles")
	d.text("muted", margin, 48, "start", c.title)
	top := titleHeight
	for _, p := range c.panels {
		p.draw(d, top)
		top += p.height()
	}
	d.printf(`</svg>`)
	return d.err
}

// save writes the chart to a file.
func (c *chart) save(path string) error {
	var picture bytes.Buffer
	if err := c.write(&picture); err != nil {
		return err
	}
	return os.WriteFile(path, picture.Bytes(), 0o644) //nolint:gosec // it is to be published
}

func (p panel) height() int { return panelHeader + barPitch*len(p.bars) + panelFooter }

func (p panel) draw(d *drawing, top int) {
	d.text("name", margin, top+14, "start", p.name)
	d.text("muted", margin, top+30, "start", p.scale)
	highest := p.target
	for _, b := range p.bars {
		highest = max(highest, b.value, b.high)
	}
	if p.reference != "" {
		highest = max(highest, 1)
	}
	x := func(value float64) float64 { return plotLeft + plotWidth*value/(highest*1.02) }
	first, last := top+panelHeader, top+panelHeader+barPitch*len(p.bars)
	d.line("axis", plotLeft, first, plotLeft, last)
	for i, b := range p.bars {
		middle := first + barPitch*i + barPitch/2
		class := "bar"
		if b.ours {
			class = "bar ours"
		}
		d.text("", plotLeft-8, middle+4, "end", b.name)
		d.printf(`  <rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/>`, class, plotLeft, middle-barHeight/2,
			x(b.value)-plotLeft, barHeight)
		if b.high > b.low {
			d.line("spread", x(b.low), middle, x(b.high), middle)
		}
		d.text("value", plotLeft+plotWidth+12, middle+4, "start", b.text)
	}
	// Their texts stand at opposite ends, as the lines may be close to each other.
	if p.reference != "" {
		d.line("reference", x(1), first, x(1), last)
		d.text("muted", x(1), last+15, "middle", p.reference)
	}
	if p.target > 0 {
		d.line("target", x(p.target), first-4, x(p.target), last)
		d.text("bound", x(p.target), first-9, "middle", p.bound)
	}
}

// drawing writes elements, one a line, until writing fails.
type drawing struct {
	w   io.Writer
	err error
}

func (d *drawing) printf(format string, arguments ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintf(d.w, format+"\n", arguments...)
	}
}

func (d *drawing) text(class string, x, y any, anchor, text string) {
	if anchor != "start" {
		class = strings.TrimSpace(class + " " + anchor)
	}
	d.printf(`  <text class="%s" x="%s" y="%s">%s</text>`, class, number(x), number(y), escape(text))
}

func (d *drawing) line(class string, x1, y1, x2, y2 any) {
	d.printf(`  <line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, number(x1), number(y1), number(x2),
		number(y2))
}

// number is a coordinate with as much precision as an eye has.
func number(value any) string {
	if f, ok := value.(float64); ok {
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprint(value)
}

func escape(text string) string {
	var b strings.Builder
	// It fails only when the writer does.
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

// ratioBar is the time of one way by that of its peer.
func ratioBar(name string, f figures, ours bool) bar {
	return bar{name: name, ours: ours, value: f.timeRatio, low: f.low, high: f.high,
		text: fmt.Sprintf("%.2f · %s", f.timeRatio, microseconds(f.time))}
}
