package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/internal/mistake"
)

// ruleReader makes rules of nodes, and notes where each member stands.
type ruleReader struct {
	problems ruleProblems
	at       map[string]*yaml.Node
	// bad are the members that could not be read.
	bad []string
}

func (d *ruleReader) add(node *yaml.Node, path, text string, values ...any) {
	d.problems.add(path, text, values...)
	one := d.problems.last()
	one.Line, one.Column = node.Line, node.Column
}

// place is where a member stands, or where it would.
func (d *ruleReader) place(path string) *yaml.Node {
	for path != "" {
		if node := d.at[path]; node != nil {
			return node
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return nil
}

// given reports whether a member stands there, whatever its value is.
func (d *ruleReader) given(path string) bool { return d.at[path] != nil }

// unread reports whether something within a member, or around it, could not be read.
func (d *ruleReader) unread(path string) bool {
	for _, bad := range d.bad {
		if strings.HasPrefix(bad, path) || strings.HasPrefix(path, bad) {
			return true
		}
	}
	return false
}

// plain looks for what makes a file more than what it shows: anchors, aliases, tags and endless depth.
func (d *ruleReader) plain(node *yaml.Node, depth int) bool {
	switch {
	case node.Kind == yaml.AliasNode || node.Anchor != "":
		d.add(node, "", "rules have no anchors and no aliases: write out what is meant")
		return false
	case depth > maxRuleDepth:
		d.add(node, "", "there are more than %d lists and objects in one another", maxRuleDepth)
		return false
	case node.Style&yaml.TaggedStyle != 0:
		d.add(node, "", "rules have no tags")
		return false
	}
	for _, child := range node.Content {
		if !d.plain(child, depth+1) {
			return false
		}
	}
	return true
}

// pairs walks an object. A key that stands twice is a mistake.
func (d *ruleReader) pairs(object *yaml.Node, path string) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		seen := map[string]bool{}
		for i := 0; i+1 < len(object.Content); i += 2 {
			key, value := object.Content[i], object.Content[i+1]
			switch {
			case key.Kind != yaml.ScalarNode || key.Tag == "!!merge":
				d.add(key, path, "a key is a text")
			case seen[key.Value]:
				d.add(key, member(path, key.Value), "the key %s stands twice", quoted(key.Value))
			default:
				seen[key.Value] = true
				if !yield(key, value) {
					return
				}
			}
		}
	}
}

// member is the path of a member.
func member(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// unknownKey notes a key that nobody reads. What it was meant to say is not missing besides.
func (d *ruleReader) unknownKey(key *yaml.Node, path string, known []string) {
	d.add(key, path, "there is no key %s", quoted(key.Value))
	if len(d.problems) > maxRuleProblems {
		return
	}
	one := d.problems.last()
	if one.Nearest = mistake.Nearest(key.Value, known); one.Nearest != "" {
		d.bad = append(d.bad, path[:len(path)-len(key.Value)]+one.Nearest)
	}
}

func (d *ruleReader) want(node *yaml.Node, path, text string, values ...any) {
	d.add(node, path, "want "+text, values...)
	d.bad = append(d.bad, path)
}

// decode reads a node into what a pointer points to. It asks no type to read itself from JSON: that would neither know
// where its members stand, nor refuse those that there are not.
func (d *ruleReader) decode(node *yaml.Node, path string, into any) {
	d.at[path] = node
	switch v := into.(type) {
	case *json.RawMessage:
		if text, ok := d.json(node, path); ok {
			*v = text
		}
		return
	case *time.Duration:
		text, ok := d.text(node, path, "a time with its unit, such as 90s or 2d")
		if !ok {
			return
		}
		duration, err := parseDuration(text)
		if err != nil {
			d.want(node, path, "a time with its unit, such as 90s or 2d")
			return
		}
		*v = duration
		return
	case *uuid.UUID:
		const form = "a UUID, such as 160c0c4b-9966-4dc1-a916-8407eb10d74e"
		if text, ok := d.text(node, path, form); ok && (len(text) != 36 || v.UnmarshalText([]byte(text)) != nil) {
			d.want(node, path, form)
		}
		return
	}
	d.value(node, path, reflect.ValueOf(into).Elem())
}

// value reads a node into a value of one of the kinds that rules and faults are made of.
func (d *ruleReader) value(node *yaml.Node, path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(node, path, v.Interface())
	case reflect.Struct:
		d.object(node, path, v)
	case reflect.Slice:
		d.list(node, path, v)
	case reflect.String:
		if text, ok := d.text(node, path, "a text"); ok {
			v.SetString(text)
		}
	case reflect.Bool:
		if node.Tag != "!!bool" || node.Value != "true" && node.Value != "false" {
			d.want(node, path, "true or false")
			return
		}
		v.SetBool(node.Value == "true")
	case reflect.Float64:
		number, err := strconv.ParseFloat(node.Value, 64)
		if node.Tag != "!!float" && node.Tag != "!!int" || err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			d.want(node, path, "a number")
			return
		}
		v.SetFloat(number)
	case reflect.Int, reflect.Int32, reflect.Int64:
		d.integer(node, path, v)
	default:
		panic(fmt.Sprintf("sandbox: rules cannot have a %s", v.Type()))
	}
}

// decimals are the whole numbers that mean the same to everybody: YAML has octal ones as well, which begin with 0.
var decimals = regexp.MustCompile(`^-?(0|[1-9][0-9]*(_[0-9]+)*)$`)

func (d *ruleReader) integer(node *yaml.Node, path string, v reflect.Value) {
	text := strings.ReplaceAll(node.Value, "_", "")
	number, err := strconv.ParseInt(text, 10, v.Type().Bits())
	if node.Tag != "!!int" || err != nil || !decimals.MatchString(node.Value) {
		d.want(node, path, "a whole number")
		return
	}
	v.SetInt(number)
}

// text reads a text that is not empty. A number is one, as account numbers mostly are: it stays as it is written.
func (d *ruleReader) text(node *yaml.Node, path, form string) (string, bool) {
	switch {
	case node.Kind != yaml.ScalarNode, node.Tag == "!!null", node.Tag == "!!bool":
		d.want(node, path, "%s", form)
	case strings.TrimSpace(node.Value) == "":
		d.want(node, path, "%s; leave the key out if there is none", form)
	default:
		return node.Value, true
	}
	return "", false
}

// list reads a list. One element may stand there without it.
func (d *ruleReader) list(node *yaml.Node, path string, v reflect.Value) {
	elements := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		elements = node.Content
	}
	if len(elements) == 0 {
		d.want(node, path, "an element at least, or leave the key out")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(elements), len(elements))
	for i, element := range elements {
		d.decode(element, path+"["+strconv.Itoa(i)+"]", list.Index(i).Addr().Interface())
	}
	v.Set(list)
}

// object reads the members of a struct, by the names that they have in JSON.
func (d *ruleReader) object(node *yaml.Node, path string, v reflect.Value) {
	var known []string
	fields := map[string]int{}
	for i := range v.NumField() {
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			known = append(known, name)
			fields[name] = i
		}
	}
	if node.Kind != yaml.MappingNode {
		d.want(node, path, "keys and values, of: %s", strings.Join(known, ", "))
		return
	}
	for key, value := range d.pairs(node, path) {
		at := member(path, key.Value)
		i, ok := fields[key.Value]
		if !ok {
			d.unknownKey(key, at, known)
			continue
		}
		d.decode(value, at, v.Field(i).Addr().Interface())
	}
}

// json makes JSON of a node.
func (d *ruleReader) json(node *yaml.Node, path string) (json.RawMessage, bool) {
	value, ok := d.any(node, path)
	if !ok {
		return nil, false
	}
	text, err := json.Marshal(value)
	if err != nil {
		d.want(node, path, "what can be JSON")
		return nil, false
	}
	return text, true
}

func (d *ruleReader) any(node *yaml.Node, path string) (value any, ok bool) {
	switch node.Kind {
	case yaml.MappingNode:
		object, before := map[string]any{}, len(d.problems)
		for key, child := range d.pairs(node, path) {
			if object[key.Value], ok = d.any(child, member(path, key.Value)); !ok {
				return nil, false
			}
		}
		return object, len(d.problems) == before
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, child := range node.Content {
			if list[i], ok = d.any(child, path+"["+strconv.Itoa(i)+"]"); !ok {
				return nil, false
			}
		}
		return list, true
	case yaml.DocumentNode, yaml.ScalarNode, yaml.AliasNode: // plain has refused aliases.
	}
	switch node.Tag {
	case "!!null":
		return nil, true
	case "!!bool":
		return strings.EqualFold(node.Value, "true"), true
	case "!!int", "!!float":
		if number := json.Number(node.Value); json.Valid([]byte(number)) {
			return number, true
		}
		d.want(node, path, "a number as JSON has it")
		return nil, false
	}
	return node.Value, true
}
