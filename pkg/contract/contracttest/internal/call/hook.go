package call

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// beforeSend has the hook add headers to a request. What the request has is what is tested, so it stays as it is.
func (c *Caller) beforeSend(request *http.Request) error {
	if c.config.BeforeSend == nil {
		return nil
	}
	shown := request.Clone(request.Context())
	shown.Body, shown.GetBody = http.NoBody, nil
	if err := c.config.BeforeSend(shown); err != nil {
		return fmt.Errorf("BeforeSend failed: %w", err)
	}
	if shown.Header == nil {
		return errors.New("BeforeSend takes the headers away")
	}
	ours := []string{"Authorization", headerKey, headerSignature}
	for name := range request.Header {
		if name != "User-Agent" {
			ours = append(ours, name)
		}
	}
	slices.Sort(ours)
	for _, name := range ours {
		if !slices.Equal(shown.Header[name], request.Header[name]) {
			return fmt.Errorf("BeforeSend changes the header %s, which is one of those that are tested", name)
		}
	}
	request.Header, request.Host = shown.Header, shown.Host
	return nil
}
