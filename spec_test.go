package partnergo_test

import (
	"bytes"
	"os"
	"testing"

	partnergo "github.com/jiko-partner/partner-go"
)

func TestSpecIsACopyOfTheFile(t *testing.T) {
	file, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	first := partnergo.Spec()
	if !bytes.Equal(first, file) {
		t.Error("Spec is not openapi.yaml as it stands")
	}
	clear(first)
	if !bytes.Equal(partnergo.Spec(), file) {
		t.Error("who changes what Spec returned changes it for everyone")
	}
	if second := append(partnergo.Spec(), 'x'); bytes.Equal(second, partnergo.Spec()) {
		t.Error("who appends to what Spec returned changes it for everyone")
	}
}
