package sandbox_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// The guide shows rules that are right, and has every member.
func TestTheGuideOfRulesIsRight(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(shown) < 3 {
		t.Errorf("it shows %d examples", len(shown))
	}
	for _, example := range shown {
		rules, err := sandbox.ReadRules("docs/rules.md", strings.NewReader(example[1]))
		if err != nil || len(rules) == 0 {
			t.Errorf("%s\n%v", example[1], err)
		}
	}
	for _, of := range []any{sandbox.Match{}, sandbox.Do{}} {
		for i := range reflect.TypeOf(of).NumField() {
			name, _, _ := strings.Cut(reflect.TypeOf(of).Field(i).Tag.Get("json"), ",")
			if !strings.Contains(string(text), "`"+name) {
				t.Errorf("it does not say what %s is", name)
			}
		}
	}
}
