package generator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/speakeasy-api/openapi/overlay"
	"gopkg.in/yaml.v3"
)

// applyTo applies an overlay to a document. All actions that cannot be are named; with lenient, those that meet nothing
// are left out.
func (f File) applyTo(root *yaml.Node, lenient bool) error {
	if f.empty() {
		return Syntax(f, io.EOF)
	}
	var node, more yaml.Node
	all := new(overlay.Overlay)
	decoder := yaml.NewDecoder(bytes.NewReader(f.Text))
	if err := decoder.Decode(&node); err != nil {
		return Syntax(f, err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return &Problem{f.Name, more.Line, more.Column, "there is more than one document"}
	}
	if at := endless(&node, map[*yaml.Node]bool{}); at != nil {
		return &Problem{f.Name, at.Line, at.Column, "the anchor " + at.Value + " contains itself"}
	}
	if err := node.Decode(all); err != nil {
		return Syntax(f, err)
	}
	for i, action := range all.Actions {
		for _, path := range []string{action.Target, action.Copy} {
			if text := unbounded(path); text != "" {
				line, column := actionAt(&node, i)
				return &Problem{f.Name, line, column, text}
			}
		}
	}
	if err := all.Validate(); err != nil {
		line, column := actionAt(&node, actionOf(err))
		text := "it is no valid overlay: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		return &Problem{f.Name, line, column, text}
	}
	var wrong []error
	for i, action := range all.Actions {
		one := *all
		one.Actions = []overlay.Action{action}
		if text := perform(root, one, unknown(&node, i), lenient); text != "" {
			line, column := actionAt(&node, i)
			wrong = append(wrong, &Problem{f.Name, line, column, text})
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

// perform applies an overlay of one action, which may have another member besides, and says what is wrong with it.
func perform(root *yaml.Node, one overlay.Overlay, other string, lenient bool) string {
	action := one.Actions[0]
	if !action.Remove && action.Update.IsZero() && action.Copy == "" {
		text := "the action does nothing: want update, remove or copy"
		if meant := Nearest(other, []string{"update", "remove", "copy"}); other != "" && meant != "" {
			text += "; did you mean " + meant + "?"
		}
		return text
	}
	meant := meantBy(action.Target, root.Content[0])
	if path, err := one.NewPath(action.Target, nil); err == nil && action.Remove {
		for _, node := range path.Query(root) {
			if node == root || node == root.Content[0] { // The library would leave it there, and say nothing.
				return "the document itself cannot be removed"
			}
		}
	}
	_, err := one.ApplyToStrict(root)
	if err == nil || lenient && strings.Contains(err.Error(), metNothing) {
		return ""
	}
	text := strings.TrimPrefix(err.Error(), "error applying overlay (strict): ")
	text = strings.ReplaceAll(text, "selector ", "the target ")
	text = strings.ReplaceAll(text, metNothing, "is not in the document")
	return strings.ReplaceAll(text, strconv.Quote(action.Target), strconv.Quote(shortened(action.Target))) + meant
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
			if meant := Nearest(name, known); meant != "" {
				return "; did you mean " + meant + "?"
			}
		}
		node = below
	}
	return ""
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
			return object.Content[i+1]
		}
	}
	return nil
}

// Blame finds the action of some overlays, which are applied after those given, without which something is not wrong
// with a contract; nil, if it is even without any. The contract that it asks about is nil where there is an error.
func Blame(document, base File, given, overlays []File, wrong func(*Contract, error) bool) *Problem {
	type place struct {
		overlay, action, line, column int
	}
	var places []place
	nodes := make([]yaml.Node, len(overlays))
	for i, o := range overlays {
		_ = yaml.Unmarshal(o.Text, &nodes[i]) // What is no YAML has no actions, and a place of its own.
		if len(nodes[i].Content) == 0 {
			return nil
		}
		if actions := member(nodes[i].Content[0], "actions"); actions != nil {
			for n := range actions.Content {
				line, column := actionAt(&nodes[i], n)
				places = append(places, place{i, n, line, column})
			}
		}
	}
	with := func(most int) []File { // the first actions alone
		if most == 0 {
			return given
		}
		last := places[most-1]
		some := append(slices.Clone(given), overlays[:last.overlay]...)
		root := *nodes[last.overlay].Content[0]
		root.Content = slices.Clone(root.Content)
		for i := 0; i+1 < len(root.Content); i += 2 {
			if root.Content[i].Value == "actions" {
				actions := *root.Content[i+1]
				actions.Content = actions.Content[:last.action+1]
				root.Content[i+1] = &actions
			}
		}
		text, _ := yaml.Marshal(&root) // It was parsed just now.
		return append(some, File{overlays[last.overlay].Name, text})
	}
	first := sort.Search(len(places)+1, func(most int) bool { return wrong(Open(document, base, with(most)...)) })
	if first == 0 || first > len(places) {
		return nil
	}
	at := places[first-1]
	return &Problem{File: overlays[at.overlay].Name, Line: at.line, Column: at.column}
}
