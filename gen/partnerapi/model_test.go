package partnerapi_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// models are the generated types of the contract's schemas, by their names: what the client's methods take and return,
// and all that is a part of it.
func models() map[string]reflect.Type {
	found := map[string]reflect.Type{}
	var add func(reflect.Type)
	add = func(goType reflect.Type) {
		if slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, goType.Kind()) {
			add(goType.Elem())
		}
		if found[goType.Name()] != nil || goType.PkgPath() != reflect.TypeFor[partnerapi.Money]().PkgPath() {
			return
		}
		found[goType.Name()] = goType
		if goType.Kind() == reflect.Struct {
			for i := range goType.NumField() {
				add(goType.Field(i).Type)
			}
		}
		for i := range goType.NumMethod() { // The variants of a union.
			if method := goType.Method(i); strings.HasPrefix(method.Name, "As") {
				add(method.Type.Out(0))
			}
		}
	}
	client := reflect.TypeFor[*partnerapi.Client]()
	for i := range client.NumMethod() {
		method := client.Method(i).Type
		for k := 2; k < method.NumIn()-1; k++ {
			add(method.In(k))
		}
		add(method.Out(0))
	}
	for _, rest := range []any{
		partnerapi.Event{}, partnerapi.Error{}, partnerapi.HTTPValidationError{}, partnerapi.Problem{},
		// Nothing but a part of others.
		partnerapi.BankAccountDetails{}, partnerapi.CounterpartyCommon{}, partnerapi.CreateOnUsTransferCommon{},
		partnerapi.CursorPage{}, partnerapi.CustomerBase{}, partnerapi.EventEnvelope{},
		partnerapi.InternationalBankAccountDetails{}, partnerapi.InvestmentProfileBase{}, partnerapi.NetworkAddress{},
		partnerapi.OffsetPage{}, partnerapi.OnUsTransferCommon{}, partnerapi.OnUsTransferDetailsCommon{},
		partnerapi.TradeBase{}, partnerapi.TransactionBase{}, partnerapi.WireDetails{},
	} {
		add(reflect.TypeOf(rest))
	}
	return found
}

// objects are the models that are structs with a field per property.
func objects() map[string]reflect.Type {
	all := models()
	maps.DeleteFunc(all, func(name string, goType reflect.Type) bool {
		s := schemas()[name]
		return goType.Kind() != reflect.Struct || s == nil || len(s.Value.OneOf)+len(s.Value.AnyOf) > 0
	})
	return all
}

func TestTheModelsThatAreTestedAreAllThatThereAre(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "models.gen.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	known := models()
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && !spec.Assign.IsValid() && schemas()[spec.Name.Name] != nil &&
			known[spec.Name.Name] == nil {
			t.Errorf("no operation mentions %s: add it to models", spec.Name.Name)
		}
		return true
	})
}

// What the contract requires is there by value; what it does not can be left out, and sent empty all the same.
func TestTheFieldsOfAModelAreWhatTheContractSays(t *testing.T) {
	checked := 0
	for name, goType := range objects() {
		properties, required := membersOf(schemas()[name].Value)
		if len(properties) != goType.NumField() {
			t.Errorf("%s has %d fields, want %d", name, goType.NumField(), len(properties))
		}
		for i := range goType.NumField() {
			field := goType.Field(i)
			member, option, _ := strings.Cut(field.Tag.Get("json"), ",")
			property := properties[member]
			if property == nil {
				t.Errorf("%s.%s is not in the contract", name, field.Name)
				continue
			}
			checked++
			goType := field.Type
			isNullable := strings.HasPrefix(goType.Name(), "Nullable[")
			container := !isNullable && (goType.Kind() == reflect.Slice || goType.Kind() == reflect.Map)
			encodesItself := goType.Implements(reflect.TypeFor[json.Marshaler]())
			var want bool
			switch s := property.Value; {
			case slices.Contains(required, member) && s.Nullable:
				want = option == "" && (goType.Kind() == reflect.Pointer || container && !encodesItself)
			case slices.Contains(required, member):
				want = option == "" && goType.Kind() != reflect.Pointer && !isNullable &&
					goType.Kind() != reflect.Interface && (!container || encodesItself)
			case s.Nullable:
				want = option == "omitempty" && isNullable
			case container:
				want = option == "omitzero"
			default:
				want = option == "omitempty" && (goType.Kind() == reflect.Pointer || goType.Kind() == reflect.Interface)
			}
			if !want {
				t.Errorf("%s.%s is a %s with the tag %q", name, field.Name, goType, field.Tag)
			}
		}
	}
	if checked < 1000 {
		t.Errorf("%d fields only", checked)
	}
}

// Whatever fits the contract decodes, and is encoded as it came: no empty list vanishes, nothing becomes null. A list
// that must be there and came as null, or not at all, is empty.
func TestWhatFitsTheContractSurvivesAModel(t *testing.T) {
	known := models()
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if schemas()[name] == nil || name == "PortalPage" { // It reads two envelopes, and writes one.
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				s := *schemas()[name].Value
				s.Nullable = false // The field that has the model says that it may be null.
				want := value(t, &s)
				roundTrip(t, known[name], want, want)
				if damaged, n := withoutLists(t, &s, want); n > 0 {
					roundTrip(t, known[name], damaged, want)
				}
			})
		})
	}
}

func roundTrip(t *rapid.T, goType reflect.Type, in, want any) {
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	decoded := reflect.New(goType)
	if err := json.Unmarshal(text, decoded.Interface()); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	again, err := json.Marshal(decoded.Elem().Interface())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var got any
	if err := json.Unmarshal(again, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s is encoded as %s", text, again)
	}
	// A union decodes once more, by its variant.
	if value := decoded.MethodByName("Value"); value.IsValid() {
		results := value.Call(nil)
		if err, _ := results[1].Interface().(error); err != nil {
			t.Fatal(err)
		}
		if _, unknown := results[0].Interface().(partnerapi.UnknownVariant); unknown {
			t.Fatalf("%s is unknown", text)
		}
		if again, err := json.Marshal(results[0].Interface()); err != nil {
			t.Fatal(err)
		} else if err := json.Unmarshal(again, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s is encoded as %s", text, again)
		}
	}
}

// membersOf returns the properties of an object and the names of the required ones, its parts included.
func membersOf(s *openapi3.Schema) (map[string]*openapi3.SchemaRef, []string) {
	properties, required := maps.Clone(s.Properties), slices.Clone(s.Required)
	if properties == nil {
		properties = map[string]*openapi3.SchemaRef{}
	}
	for _, part := range s.AllOf {
		more, moreRequired := membersOf(part.Value)
		maps.Copy(properties, more)
		required = append(required, moreRequired...)
	}
	return properties, required
}

// value draws a JSON value that fits a schema.
func value(t *rapid.T, s *openapi3.Schema) any {
	if s.Nullable && rapid.Bool().Draw(t, "null") {
		return nil
	}
	if len(s.Enum) > 0 {
		values := slices.DeleteFunc(slices.Clone(s.Enum), func(v any) bool { return v == nil })
		return rapid.SampledFrom(values).Draw(t, "enum")
	}
	if variants := slices.Concat(s.OneOf, s.AnyOf); len(variants) > 0 {
		variant := rapid.SampledFrom(variants).Draw(t, "variant")
		return value(t, variant.Value)
	}
	switch {
	case s.Type.Is("string"):
		if text := map[string]string{"uuid": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "date": "2023-01-31",
			"date-time": "2023-01-01T12:00:00Z"}[s.Format]; text != "" {
			return text
		}
		return rapid.SampledFrom([]string{"", "text", "null", "<é>"}).Draw(t, "text")
	case s.Type.Is("integer"):
		return float64(rapid.IntRange(-3, 3).Draw(t, "number"))
	case s.Type.Is("boolean"):
		return rapid.Bool().Draw(t, "boolean")
	case s.Type.Is("array"):
		items := make([]any, rapid.IntRange(0, 2).Draw(t, "items"))
		for i := range items {
			items[i] = value(t, s.Items.Value)
		}
		return items
	case s.Type == nil && len(s.AllOf) == 0:
		return rapid.SampledFrom([]any{"", 0.0, false, []any{}, map[string]any{}}).Draw(t, "anything")
	}
	object := map[string]any{}
	properties, required := membersOf(s)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if slices.Contains(required, name) || rapid.Bool().Draw(t, name) {
			object[name] = value(t, properties[name].Value)
		}
	}
	if s.AdditionalProperties.Schema != nil && rapid.Bool().Draw(t, "more") {
		object["more"] = value(t, s.AdditionalProperties.Schema.Value)
	}
	return object
}

// withoutLists returns a copy of a value in which every empty list that must be there is null or missing, and how many
// there were. A union keeps what it decodes as it came, so there they stay.
func withoutLists(t *rapid.T, s *openapi3.Schema, v any) (any, int) {
	if len(s.OneOf) > 0 {
		return v, 0
	}
	switch v := v.(type) {
	case []any:
		damaged, n := slices.Clone(v), 0
		for i := range damaged {
			var more int
			damaged[i], more = withoutLists(t, s.Items.Value, damaged[i])
			n += more
		}
		return damaged, n
	case map[string]any:
		damaged, n := maps.Clone(v), 0
		properties, required := membersOf(s)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			property := properties[name]
			if property == nil || property.Value.Type == nil {
				continue
			}
			list, isList := v[name].([]any)
			if isList && len(list) == 0 && slices.Contains(required, name) && !property.Value.Nullable {
				n++
				if damaged[name] = nil; rapid.Bool().Draw(t, "missing") {
					delete(damaged, name)
				}
				continue
			}
			var more int
			damaged[name], more = withoutLists(t, property.Value, v[name])
			n += more
		}
		return damaged, n
	}
	return v, 0
}

// An enum with one value needs no help, wherever the contract requires it. Where it is optional, it is not made up.
func TestTheOnlyValueOfAnEnumSetsItself(t *testing.T) {
	required, optional := 0, 0
	for name, goType := range objects() {
		properties, names := membersOf(schemas()[name].Value)
		for i := range goType.NumField() {
			field := goType.Field(i)
			member, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			s := properties[member].Value
			if len(s.Enum) != 1 {
				continue
			}
			want := fmt.Sprintf("%q", s.Enum[0])
			if !slices.Contains(names, member) {
				optional++
				want = `""`
			} else {
				required++
			}
			fieldType := field.Type
			if fieldType.Kind() == reflect.Pointer {
				fieldType = fieldType.Elem()
			}
			one := reflect.New(fieldType)
			if text, err := json.Marshal(one.Interface()); err != nil || string(text) != want {
				t.Errorf("%s.%s: %s, %v; want %s", name, field.Name, text, err, want)
			}
			// A value that the contract does not know yet is not changed: what was decoded goes out as it came.
			one.Elem().SetString("OTHER")
			if text, err := json.Marshal(one.Interface()); err != nil || string(text) != `"OTHER"` {
				t.Errorf("%s.%s: %s, %v", name, field.Name, text, err)
			}
		}
	}
	if required < 60 || optional < 2 {
		t.Errorf("%d required, %d optional ones", required, optional)
	}
	text, err := json.Marshal(partnerapi.JikoAccountReference{ID: anID})
	if want := `{"id":"` + anID.String() + `","type":"JIKO_ACCOUNT"}`; err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
}
