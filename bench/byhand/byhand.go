// Package byhand is what a careful engineer writes to call the API without a library: a cached token, a fresh key, a
// signature, a timeout, a status check, a bounded read. It has no retries, no typed errors and no outcome.
package byhand

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	timeout  = 60 * time.Second
	maxBytes = 32 << 20
)

// Client calls the API. It is safe for concurrent use.
type Client struct {
	// HTTP sends the requests.
	HTTP *http.Client
	// BaseURL has no trailing slash.
	BaseURL            string
	Username, Password string
	Secret             []byte

	mu      sync.Mutex
	token   string
	expires time.Time
}

// Call sends a signed request, with body as JSON unless it is nil, and decodes the answer into result.
func (c *Client) Call(ctx context.Context, method, path string, body, result any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	token, err := c.bearer(ctx)
	if err != nil {
		return err
	}
	var content []byte
	var reader io.Reader
	if body != nil {
		if content, err = json.Marshal(body); err != nil {
			return err
		}
		reader = bytes.NewReader(content)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.BaseURL+path, reader)
	if err != nil {
		return err
	}
	key := uuid.NewString()
	mac := hmac.New(sha256.New, c.Secret)
	mac.Write([]byte(key))
	mac.Write([]byte(request.URL.EscapedPath()))
	mac.Write(content)
	request.Header.Set("x-jiko-idempotency", key)
	request.Header.Set("x-jiko-signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return c.send(request, result)
}

func (c *Client) send(request *http.Request, result any) error {
	response, err := c.HTTP.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxBytes))
	if err != nil {
		return err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("%s %s: %s", request.Method, request.URL.Path, response.Status)
	}
	return json.Unmarshal(answer, result)
}

// bearer returns the token, logging in first if there is none or it is about to expire.
func (c *Client) bearer(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Until(c.expires) > time.Minute {
		return c.token, nil
	}
	content, err := json.Marshal(map[string]string{"username": c.Username, "password": c.Password})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.BaseURL+"/api/v1/login/",
		bytes.NewReader(content))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	var login struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires"`
	}
	if err := c.send(request, &login); err != nil {
		return "", err
	}
	c.token, c.expires = login.Token, login.Expires
	return c.token, nil
}
