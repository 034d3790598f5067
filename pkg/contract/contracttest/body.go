package contracttest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// body is what a request carries: text, which need not be JSON, or anything else.
type body []byte

func text(s string) *body { b := body(s); return &b }

// bodyFile is a body that is no text, as it is written down.
type bodyFile struct {
	Base64 string `json:"base64"`
}

// MarshalJSON writes a text as it is, for people to read, and what is none in Base64.
func (b body) MarshalJSON() ([]byte, error) {
	if utf8.Valid(b) {
		return json.Marshal(string(b))
	}
	return json.Marshal(bodyFile{base64.StdEncoding.EncodeToString(b)})
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
	content, err := base64.StdEncoding.DecodeString(file.Base64)
	*b = content
	return err
}
