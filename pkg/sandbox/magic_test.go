package sandbox_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// The magic values are rules that would be taken from anybody.
func TestTheMagicValuesAreRules(t *testing.T) {
	text, err := json.Marshal(sandbox.MagicRules())
	if err != nil {
		t.Fatal(err)
	}
	rules, err := sandbox.ReadRules("magic", bytes.NewReader(text))
	if err != nil || len(rules) != len(sandbox.MagicRules()) {
		t.Errorf("%d rules: %v", len(rules), err)
	}
}
