package contracttest

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestALargeBodyIsWrittenDownInShort(t *testing.T) {
	large := *pdf(fileAbovePicture)
	encoded, err := json.Marshal(large)
	if err != nil || len(encoded) > 200 {
		t.Fatalf("%d bytes, %v", len(encoded), err)
	}
	var read body
	if err := json.Unmarshal(encoded, &read); err != nil || !bytes.Equal(read, large) {
		t.Errorf("%d bytes are read, and not %d: %v", len(read), len(large), err)
	}
}

func TestNobodyMakesABodyOfAnySize(t *testing.T) {
	for _, text := range []string{`{"runs":[{"text":"a","times":1000000000000}]}`,
		`{"runs":[{"text":"a","times":60000000},{"text":"b","times":60000000}]}`} {
		var read body
		if err := json.Unmarshal([]byte(text), &read); err == nil {
			t.Errorf("%s is a body of %d bytes", text, len(read))
		}
	}
}
