package partnergo_test

import (
	"bytes"
	"os"
	"testing"

	partnergo "github.com/jiko-partner/partner-go"
)

func TestWhatIsEmbeddedIsACopyOfTheFile(t *testing.T) {
	for name, embedded := range map[string]func() []byte{"openapi.yaml": partnergo.Spec,
		"oapi-codegen.yaml": partnergo.GeneratorConfig, "overlay.yaml": partnergo.Overlay,
		"gen/stock.overlay.yaml": partnergo.StockOverlay} {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		first := embedded()
		if !bytes.Equal(first, file) {
			t.Errorf("%s: it is not as it stands", name)
		}
		clear(first)
		if !bytes.Equal(embedded(), file) {
			t.Errorf("%s: who changes what was returned changes it for everyone", name)
		}
		if second := append(embedded(), 'x'); bytes.Equal(second, embedded()) {
			t.Errorf("%s: who appends to what was returned changes it for everyone", name)
		}
	}
}
