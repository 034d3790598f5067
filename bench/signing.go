package bench

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// SigningTask signs or verifies a body in two ways.
type SigningTask struct {
	Name  string
	Bytes int
	Ways  []SigningWay
}

// SigningWay is one way to do it.
type SigningWay struct {
	Name string
	Do   func() error
}

// SigningTasks returns what is measured: bodies of 1 KiB and 1 MiB, with pkg/signing and with crypto/hmac alone.
func SigningTasks() []SigningTask {
	const (
		key  = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
		path = "/api/v1/transfers/on-us/"
	)
	// Made once, as in a program: a Secret caches its keyed state.
	shared := signing.NewSecret(secret)
	var tasks []SigningTask
	for _, size := range []struct {
		name  string
		bytes int
	}{{"1 KiB", 1 << 10}, {"1 MiB", 1 << 20}} {
		body := bytes.Repeat([]byte("x"), size.bytes)
		sum := func() []byte {
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write([]byte(key))
			mac.Write([]byte(path))
			mac.Write(body)
			return mac.Sum(nil)
		}
		signature := base64.StdEncoding.EncodeToString(sum())
		mismatch := errors.New("the signature does not match")
		tasks = append(tasks,
			SigningTask{"sign " + size.name, size.bytes, []SigningWay{
				{"pkg/signing", func() error {
					got, err := signing.Sign(shared, key, path, body)
					if err == nil && got != signature {
						err = mismatch
					}
					return err
				}},
				{"crypto/hmac", func() error {
					if base64.StdEncoding.EncodeToString(sum()) != signature {
						return mismatch
					}
					return nil
				}},
			}},
			SigningTask{"verify " + size.name, size.bytes, []SigningWay{
				{"pkg/signing", func() error { return signing.Verify(shared, key, path, body, signature) }},
				{"crypto/hmac", func() error {
					got, err := base64.StdEncoding.DecodeString(signature)
					if err == nil && !hmac.Equal(got, sum()) {
						err = mismatch
					}
					return err
				}},
			}})
	}
	return tasks
}
