package contracttest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// body is what a request carries: text, which need not be JSON, or anything else.
type body []byte

func text(s string) *body { b := body(s); return &b }

// bodyFile is a body that is no text, or a large one, as it is written down.
type bodyFile struct {
	Base64 string `json:"base64,omitempty"`
	// Runs are those of a large text: what comes so many times, or once.
	Runs []bodyRun `json:"runs,omitempty"`
}

type bodyRun struct {
	Text  string `json:"text"`
	Times int    `json:"times,omitempty"`
}

const (
	// largeText is what is not written down as it is, if it is mostly the same byte again and again.
	largeText = 256 << 10
	// largestBody bounds what is made of runs.
	largestBody = 64 << 20
)

// MarshalJSON writes a text as it is, for people to read, and what is none in Base64. Of a large one it writes what
// comes again and again once.
func (b body) MarshalJSON() ([]byte, error) {
	if len(b) > largeText && utf8.Valid(b) {
		var f bodyFile
		for _, part := range runs(string(b)) {
			f.Runs = append(f.Runs, bodyRun{part.text, part.times})
		}
		return json.Marshal(f)
	}
	if utf8.Valid(b) {
		return json.Marshal(string(b))
	}
	return json.Marshal(bodyFile{Base64: base64.StdEncoding.EncodeToString(b)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (b *body) UnmarshalJSON(data []byte) error {
	var asText string
	if json.Unmarshal(data, &asText) == nil {
		*b = body(asText)
		return nil
	}
	var file bodyFile
	if err := json.Unmarshal(data, &file); err != nil {
		return errors.New("a body is neither a text nor one in Base64")
	}
	if len(file.Runs) > 0 {
		return b.repeat(file.Runs)
	}
	content, err := base64.StdEncoding.DecodeString(file.Base64)
	*b = content
	return err
}

// repeat makes a body of its runs.
func (b *body) repeat(all []bodyRun) error {
	var content []byte
	for _, run := range all {
		times := max(run.Times, 1)
		if len(run.Text) > 0 && times > (largestBody-len(content))/len(run.Text) {
			return errors.New("a body is larger than any that is sent")
		}
		content = append(content, strings.Repeat(run.Text, times)...)
	}
	*b = content
	return nil
}
