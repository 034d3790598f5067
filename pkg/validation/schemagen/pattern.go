package schemagen

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// endless is a length without a bound, and many what is drawn at most beyond what a pattern asks for.
const (
	endless = 1 << 30
	many    = 24
)

// pattern makes texts that a regular expression matches. It never lists what there is: it walks through the expression
// once per text, and keeps as many characters for what is to come as that needs.
type pattern struct {
	source     string
	expression *regexp.Regexp
	tree       *syntax.Regexp
	// extents are how many characters each part matches, at least and at most.
	extents map[*syntax.Regexp]extent
	// edges are characters just beside the classes, which they do not match.
	edges []rune
}

type extent struct{ least, most int }

var codepoint = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

func newPattern(source string) (*pattern, error) {
	translated := codepoint.ReplaceAllString(source, `\x{$1}`)
	expression, err := regexp.Compile(translated)
	if err != nil {
		return nil, fmt.Errorf("a pattern: %w", err)
	}
	tree, err := syntax.Parse(translated, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("a pattern: %w", err)
	}
	p := &pattern{source, expression, tree, make(map[*syntax.Regexp]extent), nil}
	p.measure(tree)
	return p, nil
}

func (p *pattern) matches(text string) bool { return p.expression.MatchString(text) }

func (p *pattern) addEdges(ranges []rune) {
	for i, r := range ranges {
		if r += rune(2*(i%2) - 1); len(p.edges) < 24 && utf8.ValidRune(r) && !slices.Contains(p.edges, r) {
			p.edges = append(p.edges, r)
		}
	}
}

func sum(a, b int) int { return min(a+b, endless) }

func times(a, n int) int {
	if a == 0 || n == 0 {
		return 0
	}
	if n < 0 || a > endless/n {
		return endless
	}
	return a * n
}

// measure fills in the extents. The parser bounds how deep an expression nests, and how often it repeats.
func (p *pattern) measure(re *syntax.Regexp) extent {
	var e extent
	switch re.Op {
	case syntax.OpLiteral:
		e = extent{len(re.Rune), len(re.Rune)}
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		e = extent{1, 1}
		p.addEdges(re.Rune)
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			of := p.measure(sub)
			e = extent{sum(e.least, of.least), sum(e.most, of.most)}
		}
	case syntax.OpAlternate:
		e.least = endless
		for _, sub := range re.Sub {
			of := p.measure(sub)
			e = extent{min(e.least, of.least), max(e.most, of.most)}
		}
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		least, most := repeats(re)
		of := p.measure(re.Sub[0])
		e = extent{times(of.least, least), times(of.most, most)}
	default: // It matches no character.
	}
	p.extents[re] = e
	return e
}

// repeats returns how often a part may come, -1 for without end.
func repeats(re *syntax.Regexp) (least, most int) {
	switch re.Op {
	case syntax.OpStar:
		return 0, -1
	case syntax.OpPlus:
		return 1, -1
	case syntax.OpQuest:
		return 0, 1
	default:
		return re.Min, re.Max
	}
}

// text makes one whose length is between two bounds, as far as the expression's parts let it. Assertions are not
// looked at: the caller sees whether it matches.
func (p *pattern) text(src Source, least, most int) (string, bool) {
	e := p.extents[p.tree]
	if e.least > most || p.tree.Op == syntax.OpNoMatch {
		return "", false
	}
	w := patternWriter{pattern: p, src: src}
	w.write(p.tree, min(least, e.most), min(most, e.most))
	for w.count < least && !w.full() {
		w.put('a') // The expression may have no end that the text must have, too.
	}
	return string(w.text), !w.full()
}

type patternWriter struct {
	*pattern
	src   Source
	text  []byte
	count int
	steps int
}

// maxText bounds what is written, and how many steps it takes.
const maxText = 1 << 20

func (w *patternWriter) full() bool { return w.count > maxText || w.steps > 4*maxText }

func (w *patternWriter) put(r rune) {
	w.text = utf8.AppendRune(w.text, r)
	w.count++
}

// write appends what a part matches, with between least and most characters if it can.
func (w *patternWriter) write(re *syntax.Regexp, least, most int) {
	if w.steps++; w.full() {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			w.put(r)
		}
	case syntax.OpCharClass:
		w.put(w.ofClass(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		w.put(w.ofClass([]rune{'a', 'z', '0', '9', ' ', '~', 'à', 'ö'}))
	case syntax.OpCapture:
		w.write(re.Sub[0], least, most)
	case syntax.OpConcat:
		w.writeAll(re.Sub, least, most)
	case syntax.OpAlternate:
		var fitting []*syntax.Regexp
		for _, sub := range re.Sub {
			if e := w.extents[sub]; e.least <= most && e.most >= least && sub.Op != syntax.OpNoMatch {
				fitting = append(fitting, sub)
			}
		}
		if len(fitting) == 0 {
			fitting = re.Sub
		}
		w.write(pick(w.src, fitting), least, most)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		w.repeat(re, least, most)
	default: // It matches no character.
	}
}

func (w *patternWriter) repeat(re *syntax.Regexp, least, most int) {
	fewest, most2 := repeats(re)
	if most2 < 0 {
		most2 = endless
	}
	e := w.extents[re.Sub[0]]
	if e.least > 0 {
		most2 = min(most2, max(most/e.least, fewest))
	}
	from := fewest
	if e.most > 0 && e.most < endless {
		from = max(from, (least+e.most-1)/e.most)
	} else if least > 0 {
		from = max(from, 1)
	}
	from = min(from, most2)
	count := from + w.src.Intn(min(most2-from, many)+1)
	for i := range count {
		left := count - i - 1
		w.bounded(re.Sub[0], times(e.least, left), times(e.most, left), &least, &most)
	}
}

// writeAll shares the characters among parts that follow each other.
func (w *patternWriter) writeAll(subs []*syntax.Regexp, least, most int) {
	after := make([]extent, len(subs)+1)
	for i := len(subs) - 1; i >= 0; i-- {
		e := w.extents[subs[i]]
		after[i] = extent{sum(after[i+1].least, e.least), sum(after[i+1].most, e.most)}
	}
	for i, sub := range subs {
		w.bounded(sub, after[i+1].least, after[i+1].most, &least, &most)
	}
}

// bounded writes a part when what follows has between restLeast and restMost characters.
func (w *patternWriter) bounded(re *syntax.Regexp, restLeast, restMost int, least, most *int) {
	e := w.extents[re]
	low := min(max(e.least, *least-restMost), e.most)
	high := max(min(e.most, *most-restLeast), low)
	before := w.count
	w.write(re, low, high)
	*least, *most = *least-(w.count-before), *most-(w.count-before)
}

// ofClass chooses a character of ranges, one that is printed if the class has some.
func (w *patternWriter) ofClass(ranges []rune) rune {
	if len(ranges) == 0 {
		return 'a'
	}
	if w.src.Intn(4) == 0 {
		// The simplest one is a letter or a digit, if there is one.
		for _, r := range []rune{'a', 'A', '0'} {
			for i := 0; i+1 < len(ranges); i += 2 {
				if ranges[i] <= r && r <= ranges[i+1] {
					return r + rune(w.src.Intn(int(min(ranges[i+1]-r, 9))+1)) //nolint:gosec // it is below ten
				}
			}
		}
	}
	first := 2 * w.src.Intn(len(ranges)/2)
	low, high := ranges[first], ranges[first+1]
	if low < ' ' && high > ' ' {
		low = ' '
	}
	if low <= '~' && high > '~' {
		high = '~' // A class that excludes something has nearly all characters.
	}
	r := low + rune(w.src.Intn(min(int(high-low), 1<<16)+1)) //nolint:gosec // it is no more than 65,536
	if !utf8.ValidRune(r) || !unicode.IsPrint(r) && low != high {
		return low
	}
	return r
}
