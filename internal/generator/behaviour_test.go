package generator_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/internal/generator/testdata/golden/api"
)

// What goes both ways has what belongs to one way as an option; what goes one way alone has it by value.
func TestWhatGoesOneWayIsRequiredThere(t *testing.T) {
	for _, c := range []struct {
		field string
		model any
		want  string
	}{
		{"Secret", api.CreateKeeper{}, "string"}, {"Pin", api.CreateKeeper{}, "*string"},
		{"Key", api.Stay{}, "*string"}, {"Door", api.Stay{}, "*int"},
	} {
		field, _ := reflect.TypeOf(c.model).FieldByName(c.field)
		if got := field.Type.String(); got != c.want {
			t.Errorf("%T.%s is a %s, want %s", c.model, c.field, got, c.want)
		}
	}
	if text, err := json.Marshal(api.CreateKeeper{}); err != nil || string(text) != `{"name":"","secret":""}` {
		t.Errorf("%s, %v", text, err)
	}
}

func TestNoContainerThatMustBeThereIsNull(t *testing.T) {
	for _, c := range []struct {
		name string
		stay api.Stay
		want string
	}{
		{"nothing is set", api.Stay{},
			`{"days":[],"kind":"STAY","left":null,"meals":[],"notes":{},"owner":null,"rooms":{},"tags":[]}`},
		{"something is in them", api.Stay{
			Meals: api.List[api.List[string]]{nil, {"fish"}}, Rooms: map[string]api.List[int]{"a": nil, "b": {1}},
			Habits: map[string]api.List[string]{"noon": nil}, Toys: []string{}, Left: []string{},
		}, `{"days":[],"habits":{"noon":[]},"kind":"STAY","left":[],"meals":[[],["fish"]],"notes":{},"owner":null,` +
			`"rooms":{"a":[],"b":[1]},"tags":[],"toys":[]}`},
		{"an empty map that is optional", api.Stay{Habits: map[string]api.List[string]{}},
			`{"days":[],"habits":{},"kind":"STAY","left":null,"meals":[],"notes":{},"owner":null,"rooms":{},` +
				`"tags":[]}`},
	} {
		text, err := json.Marshal(c.stay)
		if err != nil || string(text) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, text, err, c.want)
		}
	}
	request, err := api.BuildSetStayDays(nil)
	if err != nil || string(request.Body.Bytes) != `[]` {
		t.Errorf("a list by itself: %s, %v", request.Body.Bytes, err)
	}
	var null api.Stay
	if err := json.Unmarshal([]byte(`{"days":null,"notes":null,"tags":null,"rooms":{"a":null}}`), &null); err != nil ||
		len(null.Days)+len(null.Notes)+len(null.Tags) != 0 {
		t.Errorf("%+v, %v", null, err)
	}
}

func TestTheOnlyValueIsMadeUpWhereItIsRequired(t *testing.T) {
	end := api.StayEnd("")
	text, err := json.Marshal(api.Stay{End: &end})
	if err != nil || !strings.Contains(string(text), `"end":""`) || !strings.Contains(string(text), `"kind":"STAY"`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestUnionsShareAndPrintInEveryPackage(t *testing.T) {
	var pet api.Pet
	if err := json.Unmarshal([]byte(`{"kind":"CAT","id":"497f6eca-6276-4993-bfeb-53cbbbba6f08"}`), &pet); err != nil {
		t.Fatal(err)
	}
	shared, err := pet.Shared()
	if got := fmt.Sprint(pet); err != nil || got != "Pet(Cat id="+shared.ID.String()+")" {
		t.Errorf("%s, %v", got, err)
	}
	keeper := fmt.Sprintf("%+v", api.CreateKeeper{Name: "Ada", Secret: "hidden"})
	if keeper != "{Name:Ada Pin:<nil> Secret:[redacted]}" {
		t.Error(keeper)
	}
}
