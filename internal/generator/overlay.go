package generator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/speakeasy-api/openapi/overlay"
	"gopkg.in/yaml.v3"

	"github.com/jiko-partner/partner-go/internal/mistake"
)

// applyTo applies an overlay to a document. All actions that cannot be are named; with lenient, those that meet nothing
// are left out.
func (f File) applyTo(root *yaml.Node, lenient bool) error {
	size := nodes(root)
	if f.empty() {
		return mistake.Syntax(f.Name, f.Text, io.EOF)
	}
	var node, more yaml.Node
	all := new(overlay.Overlay)
	decoder := yaml.NewDecoder(bytes.NewReader(f.Text))
	if err := decoder.Decode(&node); err != nil {
		return mistake.Syntax(f.Name, f.Text, err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return &Problem{File: f.Name, Line: more.Line, Column: more.Column, Text: "there is more than one document"}
	}
	if at := endless(&node, map[*yaml.Node]bool{}); at != nil {
		return &Problem{File: f.Name, Line: at.Line, Column: at.Column,
			Text: "the anchor " + at.Value + " contains itself"}
	}
	if err := node.Decode(all); err != nil {
		return mistake.Syntax(f.Name, f.Text, err)
	}
	for i, action := range all.Actions {
		for _, path := range []string{action.Target, action.Copy} {
			if text := unbounded(path); text != "" {
				line, column := actionAt(&node, i)
				return &Problem{File: f.Name, Line: line, Column: column, Text: text}
			}
		}
	}
	if err := all.Validate(); err != nil {
		line, column := actionAt(&node, actionOf(err))
		text := "it is no valid overlay: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		return &Problem{File: f.Name, Line: line, Column: column, Text: text}
	}
	var wrong []error
	for i, action := range all.Actions {
		if f.only != nil && !f.only[i] {
			continue
		}
		one := *all
		one.Actions = []overlay.Action{action}
		if text := perform(root, one, unknown(&node, i), lenient, &size); text != "" {
			line, column := actionAt(&node, i)
			wrong = append(wrong, &Problem{File: f.Name, Line: line, Column: column, Text: text})
		}
	}
	return errors.Join(wrong...)
}

// unknown is a member of an action that actions do not have, or nothing.
func unknown(overlay *yaml.Node, i int) string {
	actions := member(overlay.Content[0], "actions")
	if actions == nil || i >= len(actions.Content) || actions.Content[i].Kind != yaml.MappingNode {
		return ""
	}
	action := actions.Content[i]
	for n := 0; n+1 < len(action.Content); n += 2 {
		name := action.Content[n].Value
		if !slices.Contains([]string{"target", "description", "update", "remove", "copy"}, name) &&
			!strings.HasPrefix(name, "x-") {
			return name
		}
	}
	return ""
}

// perform applies an overlay of one action, which may have another member besides, to a document that has size nodes at
// most, and says what is wrong with it.
func perform(root *yaml.Node, one overlay.Overlay, other string, lenient bool, size *int) string {
	action := one.Actions[0]
	if !action.Remove && action.Update.IsZero() && action.Copy == "" {
		text := "the action does nothing: want update, remove or copy"
		if meant := mistake.Nearest(other, []string{"update", "remove", "copy"}); other != "" && meant != "" {
			text += "; did you mean " + meant + "?"
		}
		return text
	}
	meant := meantBy(action.Target, root.Content[0])
	if path, err := one.NewPath(action.Target, nil); err == nil {
		targets := path.Query(root)
		for _, node := range targets {
			if action.Remove && (node == root || node == root.Content[0]) { // The library would say nothing.
				return "the document itself cannot be removed"
			}
		}
		if *size += len(targets) * growth(root, one); !action.Remove && *size > maxNodes {
			if *size = nodes(root) + len(targets)*growth(root, one); *size > maxNodes {
				return fmt.Sprintf("the document would have more than %d values", maxNodes)
			}
		}
	}
	_, err := one.ApplyToStrict(root)
	if err == nil || lenient && strings.Contains(err.Error(), metNothing) {
		return ""
	}
	text := strings.TrimPrefix(lined(err.Error()), "error applying overlay (strict): ")
	text = strings.ReplaceAll(text, "selector ", "the target ")
	text = strings.ReplaceAll(text, metNothing, "is not in the document")
	return strings.ReplaceAll(text, strconv.Quote(action.Target), strconv.Quote(shortened(action.Target))) + meant
}

// lined is a text of several lines as one, without those that only point at something.
func lined(text string) string {
	var all []string
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); strings.Trim(line, "^~ .") != "" {
			all = append(all, line)
		}
	}
	return strings.Join(all, "; ")
}

// step is one of a target that names members alone: .name or ['name'].
var step = regexp.MustCompile(`^(?:\.([\w-]+)|\['([^']+)'\]|\["([^"]+)"\])`)

// meantBy names the member that was probably meant by the first of a target that is not there, if there is one.
func meantBy(target string, node *yaml.Node) string {
	rest := strings.TrimPrefix(target, "$")
	for node != nil && node.Kind == yaml.MappingNode {
		found := step.FindStringSubmatch(rest)
		if found == nil {
			return ""
		}
		name := found[1] + found[2] + found[3]
		rest = rest[len(found[0]):]
		below := member(node, name)
		if below == nil {
			var known []string
			for i := 0; i+1 < len(node.Content); i += 2 {
				known = append(known, node.Content[i].Value)
			}
			if meant := mistake.Nearest(name, known); meant != "" {
				return "; did you mean " + meant + "?"
			}
		}
		node = below
	}
	return ""
}

// maxNodes is how many nodes a document may have: some thirty times as many as the contract has.
const maxNodes = 2_000_000

// nodes counts what a node consists of, with what aliases stand for, up to somewhat more than maxNodes.
func nodes(node *yaml.Node) int {
	left := maxNodes + 1
	var count func(*yaml.Node)
	count = func(node *yaml.Node) {
		if left--; left <= 0 {
			return
		}
		for _, below := range aliased(node).Content {
			count(below)
		}
	}
	count(node)
	return maxNodes + 1 - left
}

// growth is how many nodes the action of an overlay puts where its target is.
func growth(root *yaml.Node, one overlay.Overlay) int {
	action := one.Actions[0]
	switch {
	case action.Remove:
	case !action.Update.IsZero():
		return nodes(&action.Update)
	default:
		if path, err := one.NewPath(action.Copy, nil); err == nil {
			for _, source := range path.Query(root) {
				return nodes(source)
			}
		}
	}
	return 0
}

// What a target may have: the library takes twice as long for each parenthesis within another.
const (
	maxTarget  = 1000
	maxNesting = 8
)

// unbounded says why a target, or what is copied, is not looked at.
func unbounded(target string) string {
	if len(target) > maxTarget {
		return fmt.Sprintf("the target is longer than %d letters", maxTarget)
	}
	depth := 0
	quote := byte(0)
	for i := 0; i < len(target); i++ {
		switch b := target[i]; {
		case b == '\\':
			i++
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '\'' || b == '"':
			quote = b
		case b == '(' || b == '[':
			if depth++; depth > maxNesting {
				return fmt.Sprintf("the target has more than %d parentheses within each other", maxNesting)
			}
		case b == ')' || b == ']':
			depth--
		}
	}
	return ""
}

// shortened is a text of a length that people read.
func shortened(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// endless finds an alias within what it stands for, or nil. Each node is looked at once: whether it is being looked at,
// or was, is in seen.
func endless(node *yaml.Node, seen map[*yaml.Node]bool) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		if seen[node.Alias] {
			return node
		}
		return endless(node.Alias, seen)
	}
	if _, done := seen[node]; done {
		return nil
	}
	seen[node] = true
	for _, below := range node.Content {
		if at := endless(below, seen); at != nil {
			return at
		}
	}
	seen[node] = false
	return nil
}

// metNothing is how the library says that there is nothing where an action should be applied.
const metNothing = "did not match any targets"

// actionIndex is how the library names an action.
var actionIndex = regexp.MustCompile(`action at index (\d+)`)

// actionOf is the index of the action that an error of the library is about, or -1.
func actionOf(err error) int {
	if found := actionIndex.FindStringSubmatch(err.Error()); found != nil {
		if i, err := strconv.Atoi(found[1]); err == nil {
			return i
		}
	}
	return -1
}

// actionAt is where the target of an action stands in the text of an overlay.
func actionAt(overlay *yaml.Node, i int) (line, column int) {
	actions := member(overlay.Content[0], "actions")
	if actions == nil || i < 0 || i >= len(actions.Content) {
		return 1, 1
	}
	action := actions.Content[i]
	if target := member(action, "target"); target != nil {
		action = target
	}
	return action.Line, action.Column
}

// member returns a member of an object, or nil.
func member(object *yaml.Node, name string) *yaml.Node {
	if object.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(object.Content); i += 2 {
		if object.Content[i].Value == name {
			return aliased(object.Content[i+1])
		}
	}
	return nil
}

// aliased is what an alias stands for, or the node itself.
func aliased(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// Blame finds the action of some overlays, which are applied after those given, because of which something is wrong
// with a contract; nil, if it is even without any. The contract that it asks about is nil where there is an error.
func Blame(document, base File, given, overlays []File, wrong func(*Contract, error) bool) *Problem {
	type place struct{ overlay, action int }
	var places []place
	nodes := make([]yaml.Node, len(overlays))
	for i, o := range overlays {
		_ = yaml.Unmarshal(o.Text, &nodes[i]) // What is no YAML has no actions, and a place of its own.
		if len(nodes[i].Content) == 0 {
			return nil
		}
		if actions := member(nodes[i].Content[0], "actions"); actions != nil {
			for n := range actions.Content {
				places = append(places, place{i, n})
			}
		}
	}
	guilty := Guilty(len(places), func(some []int) bool {
		applied := slices.Clone(given)
		for i, o := range overlays {
			o.only = map[int]bool{}
			for _, n := range some {
				if places[n].overlay == i {
					o.only[places[n].action] = true
				}
			}
			applied = append(applied, o)
		}
		return wrong(Open(document, base, applied...))
	})
	if guilty == nil {
		return nil
	}
	at := places[guilty[len(guilty)-1]]
	line, column := actionAt(&nodes[at.overlay], at.action)
	return &Problem{File: overlays[at.overlay].Name, Line: line, Column: column}
}

// Guilty finds a small part of some things, by their numbers and in their order, with which something is still wrong:
// none can be left out of it. It is nil where something is wrong without any. It does not ask for ever, and what it has
// then may be more than it takes.
func Guilty(number int, wrong func(some []int) bool) []int {
	if number == 0 || wrong(nil) {
		return nil
	}
	some := make([]int, number)
	for i := range some {
		some[i] = i
	}
	asks := 40
	for size := number; len(some) > 1; {
		size = min(size, (len(some)+1)/2)
		smaller := false
		for at := 0; at < len(some) && !smaller; at += size {
			part := some[at:min(at+size, len(some))]
			for _, try := range [][]int{part, slices.Concat(some[:at], some[at+len(part):])} {
				if asks--; asks < 0 {
					return some
				}
				if smaller = wrong(try); smaller {
					some = try
					break
				}
			}
		}
		if smaller {
			continue
		}
		if size == 1 {
			break
		}
		size = (size + 1) / 2
	}
	return some
}
