package recipe

import (
	"bytes"
	_ "embed" // for the files
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/pkg/ach"
)

var (
	//go:embed recipes.yaml
	recipesFile []byte
	//go:embed states.yaml
	statesFile []byte
	//go:embed things.yaml
	thingsFile []byte
)

// recipeSource is a recipe as it is written down. Its own call, of the operation that it is about, comes after its
// steps.
type recipeSource struct {
	Way string `yaml:"way"`
	// Needs are the things that it needs; those that they need are theirs to name.
	Needs []string `yaml:"needs"`
	// Each has a recipe of a state be one for each code of ACH: of its returns, or of its changes. In its texts, $CODE
	// is the code and $DIGITS are those in it.
	Each  string       `yaml:"each"`
	Steps []stepSource `yaml:"steps"`
	// stepSource is the last step.
	stepSource `yaml:",inline"`
}

// stepSource is a step as it is written down.
type stepSource struct {
	// Call is an operation. Its path has the variables that are called like the path's parameters, unless Path says
	// otherwise. Its body is the contract's example of that name, or the first one, with Set in the place of what is
	// there and without Drop; or JSON; or File.
	Call   string            `yaml:"call"`
	Path   map[string]string `yaml:"path"`
	Query  map[string]string `yaml:"query"`
	Header map[string]string `yaml:"header"`
	Body   string            `yaml:"body"`
	Set    map[string]any    `yaml:"set"`
	Drop   []string          `yaml:"drop"`
	JSON   any               `yaml:"json"`
	File   *File             `yaml:"file"`
	// Control is a control of the sandbox, below /__sandbox/, with the method POST, and JSON.
	Control string            `yaml:"control"`
	Status  int               `yaml:"status"`
	Want    map[string]any    `yaml:"want"`
	Keep    map[string]string `yaml:"keep"`
	Clock   *Clock            `yaml:"clock"`
	Make    map[string]Made   `yaml:"make"`
	// Undo takes the step back when the recipe is over. It is a request to a control.
	Undo *undoSource `yaml:"undo"`
}

// undoSource is what takes a step back.
type undoSource struct {
	Control string `yaml:"control"`
	Status  int    `yaml:"status"`
}

type thingSource struct {
	Is    string       `yaml:"is"`
	Needs []string     `yaml:"needs"`
	Steps []stepSource `yaml:"steps"`
}

func decode(name string, text []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// book is what is written down.
type book struct {
	things map[string]thingSource
	made   map[string]thing
}

// thing is one that is read, with the names of all that it needs, itself last.
type thing struct {
	Thing
	chain []string
}

func load() ([]Recipe, error) { return loadFiles(thingsFile, recipesFile, statesFile) }

// loadFiles reads the recipes, adds those that need not be written down, and checks all of them.
func loadFiles(thingsFile, recipesFile, statesFile []byte) ([]Recipe, error) {
	b := &book{made: map[string]thing{}}
	var pairs map[string]map[int]recipeSource
	var states map[string]map[string]recipeSource
	err := errors.Join(decode("things.yaml", thingsFile, &b.things), decode("recipes.yaml", recipesFile, &pairs),
		decode("states.yaml", statesFile, &states))
	if err != nil {
		return nil, err
	}
	var recipes []Recipe
	var errs []error
	add := func(r Recipe, source recipeSource) {
		if err := b.recipe(&r, source); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.Name(), err))
			return
		}
		recipes = append(recipes, r)
	}
	for _, p := range Pairs() {
		source, written := pairs[p.Operation][p.Status]
		delete(pairs[p.Operation], p.Status)
		if !written || source.Way == "" {
			if !source.isDefault(p) {
				continue // The tests say that it is missing.
			}
		}
		source.Call, source.Status = p.Operation, p.Status
		add(Recipe{Operation: p.Operation, Status: p.Status}, source)
	}
	for operation, left := range pairs {
		for status := range left {
			errs = append(errs, fmt.Errorf("recipes.yaml: the contract has no %s", Pair{operation, status}))
		}
	}
	known := States()
	for _, object := range slices.Sorted(maps.Keys(states)) {
		values := slices.Sorted(maps.Keys(states[object]))
		slices.SortStableFunc(values, func(a, b string) int { // In the contract's order, if it has them.
			return slices.Index(known, State{object, a}) - slices.Index(known, State{object, b})
		})
		for _, value := range values {
			source := states[object][value]
			names, err := source.names(value)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", State{object, value}, err))
			}
			for _, name := range names {
				add(Recipe{Object: object, State: name}, source)
			}
		}
	}
	return recipes, errors.Join(errs...)
}

// isDefault makes the recipe of a pair that has an obvious one: of 404, ids that nothing has; of 422, an id that is
// none, an empty body, or a page of no items.
func (s *recipeSource) isDefault(p Pair) bool {
	o, _ := operationByID(p.Operation)
	var ids []string
	for _, parameter := range o.parameters("path") {
		if isID(parameter) {
			ids = append(ids, parameter.Name)
		}
	}
	isPaged := slices.ContainsFunc(o.parameters("query"), func(p *parameter) bool { return p.Name == "limit" })
	body, _ := o.body("")
	switch {
	case p.Status == 404 && len(ids) > 0:
		s.Way = "Name " + strings.Join(ids, " and ") + " that nothing has."
		s.Path = map[string]string{}
		for _, id := range ids {
			s.Path[id] = "${nobody}"
		}
	case p.Status == 422 && len(ids) > 0:
		s.Way = "Name " + ids[0] + " that is no UUID."
		s.Path = map[string]string{ids[0]: "no-uuid"}
		for _, id := range ids[1:] {
			s.Path[id] = "${nobody}"
		}
	case p.Status == 422 && body != nil:
		s.Way, s.JSON = "Send a body that lacks what is required.", map[string]any{}
	case p.Status == 422 && isPaged:
		s.Way, s.Query = "Ask for a page of no items.", map[string]string{"limit": "0"}
	default:
		return false
	}
	return true
}

// recipe reads a recipe.
func (b *book) recipe(r *Recipe, source recipeSource) error {
	r.Way = strings.TrimSpace(source.Way)
	if r.Way == "" {
		return errors.New("it does not say the way")
	}
	chain, scope, err := b.need(source.Needs, nil)
	if err != nil {
		return err
	}
	for _, name := range chain {
		r.Things = append(r.Things, b.made[name].Thing)
	}
	if !source.isEmpty() {
		source.Steps = append(slices.Clip(source.Steps), source.stepSource)
	}
	if len(source.Steps) == 0 {
		return errors.New("it has no steps")
	}
	if err := read(source.Steps, scope, &r.Steps); err != nil {
		return err
	}
	if source.Each == "" {
		return nil
	}
	return r.replace(strings.NewReplacer("$CODE", r.State, "$DIGITS", r.State[1:]))
}

// names are the states that a recipe is for: the one that it stands below, or the codes of Each.
func (s recipeSource) names(value string) (all []string, err error) {
	switch s.Each {
	case "":
		all = []string{value}
	case "return":
		for _, code := range ach.Returns() {
			all = append(all, code.Code)
		}
	case "change":
		for _, code := range ach.Changes() {
			all = append(all, code.Code)
		}
	default:
		err = fmt.Errorf("there is one for each return or each change, and not for each %s", s.Each)
	}
	return all, err
}

// replace replaces what is in any text of a recipe.
func (r *Recipe) replace(texts *strings.Replacer) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	replaced := Recipe{}
	if err := json.Unmarshal([]byte(texts.Replace(string(text))), &replaced); err != nil {
		return err
	}
	*r = replaced
	return nil
}

// need reads things and what they need, and returns their names in the order in which they are made, and the variables
// that are there then.
func (b *book) need(names, wanted []string) (chain []string, scope map[string]bool, err error) {
	scope = map[string]bool{}
	for _, name := range given {
		scope[name] = true
	}
	for _, name := range names {
		t, err := b.thing(name, wanted)
		if err != nil {
			return nil, nil, err
		}
		for _, link := range t.chain {
			if slices.Contains(chain, link) {
				continue
			}
			chain = append(chain, link)
			for _, s := range b.made[link].Steps {
				for _, variable := range s.gives() {
					scope[variable] = true
				}
			}
		}
	}
	return chain, scope, nil
}

// thing reads one and what it needs. wanted are the things that are being read, which it must not need.
func (b *book) thing(name string, wanted []string) (thing, error) {
	if t, ok := b.made[name]; ok {
		return t, nil
	}
	source, ok := b.things[name]
	switch {
	case !ok:
		return thing{}, fmt.Errorf("there is no thing %q", name)
	case slices.Contains(wanted, name):
		return thing{}, fmt.Errorf("the thing %q needs itself", name)
	case source.Is == "":
		return thing{}, fmt.Errorf("the thing %q does not say what it is", name)
	}
	chain, scope, err := b.need(source.Needs, append(slices.Clip(wanted), name))
	if err != nil {
		return thing{}, err
	}
	t := thing{Thing{Name: name, Is: strings.TrimSpace(source.Is)}, append(chain, name)}
	if err := read(source.Steps, scope, &t.Steps); err != nil {
		return thing{}, fmt.Errorf("the thing %q: %w", name, err)
	}
	if slices.ContainsFunc(t.Steps, func(s Step) bool { return s.Undo != nil }) {
		return thing{}, fmt.Errorf("the thing %q has something to undo, which a recipe alone may have", name)
	}
	b.made[name] = t
	return t, nil
}

// read reads steps. scope has the variables that are there, and gets those that the steps add.
func read(sources []stepSource, scope map[string]bool, into *[]Step) error {
	for i, source := range sources {
		s, err := source.read(scope)
		if err == nil {
			err = s.check(scope)
		}
		if err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, s.title(), err)
		}
		for _, name := range s.gives() {
			scope[name] = true
		}
		*into = append(*into, s)
	}
	return nil
}

func (s stepSource) isEmpty() bool {
	return s.Call == "" && s.Control == "" && s.Clock == nil && len(s.Make) == 0
}

func (s stepSource) read(scope map[string]bool) (Step, error) {
	step := Step{Operation: s.Call, Query: s.Query, Header: s.Header, File: s.File, Status: s.Status, Want: s.Want,
		Keep: s.Keep, Clock: s.Clock, Make: s.Make}
	if s.Call != "" && s.Undo != nil {
		return step, errors.New("it has what a control alone has")
	}
	if s.Call != "" {
		return step, s.call(&step, scope)
	}
	if len(s.Path)+len(s.Set)+len(s.Drop)+len(s.Body) > 0 || s.File != nil {
		return step, errors.New("it has what an operation alone has")
	}
	if s.Control != "" {
		step.Method, step.Path, step.Body = "POST", controls+s.Control, s.JSON
		if method, path, ok := strings.Cut(s.Control, " "); ok {
			step.Method, step.Path = method, controls+path
		}
		if step.Status == 0 {
			step.Status = 200
		}
	}
	if s.Undo == nil {
		return step, nil
	}
	undo, err := stepSource{Control: s.Undo.Control, Status: s.Undo.Status}.read(scope)
	if err == nil && (step.Path == "" || undo.Path == "") {
		err = errors.New("a request to a control alone can be undone, and by another one")
	}
	step.Undo = &undo
	return step, err
}

// controls is the path below which they are.
const controls = "/__sandbox/"

// call makes a step a request to an operation.
func (s stepSource) call(step *Step, scope map[string]bool) (err error) {
	o, ok := operationByID(s.Call)
	if !ok {
		return errors.New("the contract has no such operation")
	}
	step.Method, step.Path = o.Method, o.Path
	named := 0
	for _, p := range o.parameters("path") {
		value, isNamed := s.Path[p.Name]
		switch {
		case isNamed:
			named++
		case scope[p.Name]:
			value = "${" + p.Name + "}"
		case !isID(p):
			value = exampleOf(p)
		default:
			return fmt.Errorf("nothing has been kept as %s", p.Name)
		}
		step.Path = strings.ReplaceAll(step.Path, "{"+p.Name+"}", value)
	}
	if named < len(s.Path) {
		return errors.New("it names a parameter that the path does not have")
	}
	for name := range s.Query {
		if !slices.ContainsFunc(o.parameters("query"), func(p *parameter) bool { return p.Name == name }) {
			return fmt.Errorf("it has no parameter %s", name)
		}
	}
	for _, p := range o.parameters("header") {
		_, isNamed := s.Header[p.Name]
		if p.Required && !isNamed && !strings.HasPrefix(p.Name, "x-jiko-") && p.Name != "content-length" {
			step.Header = maps.Clone(step.Header)
			if step.Header == nil {
				step.Header = map[string]string{}
			}
			step.Header[p.Name] = exampleOf(p)
		}
	}
	if step.Status == 0 {
		if step.Status, err = success(o); err != nil {
			return err
		}
	}
	return s.body(step, o)
}

// success is the only status of an operation that says that it has worked.
func success(o operation) (int, error) {
	var all []int
	for _, p := range Pairs() {
		if p.Operation == o.ID && p.Status < 300 {
			all = append(all, p.Status)
		}
	}
	if len(all) == 0 {
		return 0, errors.New("it has no status of success")
	}
	return all[0], nil
}

func (s stepSource) body(step *Step, o operation) (err error) {
	switch {
	case s.JSON != nil:
		step.Body, err = plain(s.JSON)
	case s.File == nil:
		step.Body, err = o.body(s.Body)
		if err == nil && step.Body == nil && o.declared.RequestBody != nil {
			step.File = fileOf(o)
		}
	}
	for _, pointer := range slices.Sorted(maps.Keys(s.Set)) {
		if err == nil {
			step.Body, err = put(step.Body, pointer, s.Set[pointer])
		}
	}
	for _, pointer := range s.Drop {
		if err == nil {
			step.Body, err = remove(step.Body, pointer)
		}
	}
	return err
}

// fileOf is the example of a body that is a file: of the first media type.
func fileOf(o operation) *File {
	content := o.declared.RequestBody.Value.Content
	for _, media := range slices.Sorted(maps.Keys(content)) {
		return &File{Media: media, Text: fmt.Sprint(content[media].Example)}
	}
	return nil
}

// check says what is wrong with a step. What it is undone by knows no more than the step itself, whose answer may be
// lost.
func (s Step) check(scope map[string]bool) error {
	for _, name := range s.uses() {
		if !scope[name] {
			return fmt.Errorf("nothing has been kept as %s", name)
		}
	}
	for _, made := range s.Make {
		if !slices.Contains([]Made{MadeUUID, MadePublicKey, MadeEncryptedPIN}, made) {
			return fmt.Errorf("nobody can make a %q", made)
		}
	}
	for pointer := range s.Want {
		if _, err := steps(pointer); err != nil {
			return err
		}
	}
	for _, pointer := range s.Keep {
		if _, err := steps(pointer); err != nil {
			return err
		}
	}
	if c := s.Clock; c != nil && *c != (Clock{By: c.By}) && *c != (Clock{Run: c.Run}) &&
		*c != (Clock{BusinessDay: c.BusinessDay}) || c != nil && *c == (Clock{}) {
		return errors.New("a move of the clock is of one kind")
	}
	return nil
}
