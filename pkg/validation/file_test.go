package validation_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

// uploads has bodies that are optional, required, of certain lengths, and none.
const uploads = `{
	"/optional/": {"post": {"operationId": "optional", "requestBody": {"content": {
		"application/json": {"schema": {"type": "object"}}}}, "responses": {"200": {"description": "ok"}}}},
	"/required/": {"post": {"operationId": "required", "requestBody": {"required": true, "content": {
		"application/json": {"schema": {"type": "object"}}}}, "responses": {"200": {"description": "ok"}}}},
	"/file/": {"post": {"operationId": "file", "requestBody": {"required": true, "content": {
		"image/png": {"schema": {"type": "string", "format": "binary", "minLength": 4, "maxLength": 10}},
		"image/*": {"schema": {"type": "string", "format": "binary"}}}}, "responses": {"200": {"description": "ok"}}}},
	"/none/": {"post": {"operationId": "none", "responses": {"200": {"description": "ok"}}}}}`

// Whether there is a body does not depend on how the connection says so.
func TestAnEmptyBodyIsNone(t *testing.T) {
	v := load(t, uploads, validation.Config{})
	var length atomic.Int64
	server := httptest.NewUnstartedServer(v.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		length.Store(int64(len(body)))
	})))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	first := server.Client().Transport.(*http.Transport).Clone()
	first.ForceAttemptHTTP2 = false
	first.Protocols = new(http.Protocols)
	first.Protocols.SetHTTP1(true)
	first.TLSClientConfig.NextProtos = nil
	clients := map[string]*http.Client{"HTTP/2.0": server.Client(), "HTTP/1.1": {Transport: first}}
	defer first.CloseIdleConnections()
	for protocol, client := range clients {
		for name, body := range map[string]io.Reader{
			"nothing": nil, "no body": http.NoBody, "nothing of unknown length": io.MultiReader(strings.NewReader("")),
		} {
			for _, contentType := range []string{"", "application/json", "text/html"} {
				for path, want := range map[string]int{"/optional/": 200, "/required/": 422, "/file/": 422,
					"/none/": 200} {
					r, err := http.NewRequest("POST", server.URL+path, body)
					if err != nil {
						t.Fatal(err)
					}
					if contentType != "" {
						r.Header.Set("Content-Type", contentType)
					}
					length.Store(0)
					res, err := client.Do(r)
					if err != nil {
						t.Fatal(err)
					}
					_ = res.Body.Close()
					if res.StatusCode != want || res.Proto != protocol || length.Load() != 0 {
						t.Errorf("%s, %s as %q to %s: %d by %s, of %d bytes; want %d", protocol, name, contentType,
							path, res.StatusCode,
							res.Proto, length.Load(), want)
					}
				}
			}
		}
		// What is not empty is what it was, whatever its type.
		for contentType, want := range map[string]int{"application/json": 200, "": 415} {
			r, err := http.NewRequest("POST", server.URL+"/optional/", io.MultiReader(strings.NewReader("{}")))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", contentType)
			res, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if _ = res.Body.Close(); res.StatusCode != want {
				t.Errorf("%s: a body of type %q: %d; want %d", protocol, contentType, res.StatusCode, want)
			}
		}
	}
}

func TestSpellingsOfMediaTypesAndCodings(t *testing.T) {
	v := load(t, uploads, validation.Config{})
	for contentType, want := range map[string]int{
		"application/json": 0, "APPLICATION/JSON": 0, "application/json;charset=utf-8": 0,
		"application/json; charset=UTF-8": 0,
		"application/json; charset=utf8":  0, "application/json; charset=UTF8": 0,
		`application/json; charset="utf-8"`: 0,
		"application/json; charset=Utf_8":   0, "application/json; Charset=utf-8": 0, "application/json;": 0,
		"application/json ; charset=utf-8": 0, "application/json; charset=utf-8; q=1": 0,
		"application/json; version=2":      0,
		"application/json; charset=latin1": 415, "application/json; charset=utf-16": 415,
		"application/json; charset=utf-88": 415,
		"application/jsonx":                415, "text/json": 415, "application/json, text/html": 415, "": 415,
	} {
		r := request("POST", "/optional/", "{}")
		r.Header.Set("Content-Type", contentType)
		e := refusal(t, v.CheckRequest(r))
		if e == nil && want != 0 || e != nil && e.Status != want {
			t.Errorf("%s: %v; want %d", contentType, e, want)
		}
	}
	for _, c := range []struct {
		codings []string
		want    int
	}{
		{nil, 0}, {[]string{""}, 0}, {[]string{"identity"}, 0}, {[]string{"Identity"}, 0}, {[]string{"identity",
			"identity"}, 0},
		{[]string{"identity, identity"}, 0}, {[]string{" identity ,\tidentity"}, 0}, {[]string{"gzip"}, 415},
		{[]string{"identity", "gzip"}, 415}, {[]string{"identity, gzip"}, 415}, {[]string{"identity", "identity",
			"br"}, 415},
		{[]string{"gzip", "identity"}, 415}, {[]string{"", "deflate"}, 415}, {[]string{"identity;q=1"}, 415},
	} {
		r := request("POST", "/optional/", "{}")
		r.Header["Content-Encoding"] = c.codings
		e := refusal(t, v.CheckRequest(r))
		if e == nil && c.want != 0 || e != nil && e.Status != c.want {
			t.Errorf("%q: %v; want %d", c.codings, e, c.want)
		}
	}
}

// A file is as long as the contract and the options have it, whether its length is announced or not.
func TestTheLengthOfFiles(t *testing.T) {
	v := load(t, uploads, validation.Config{MaxFileBytes: 20})
	for _, c := range []struct {
		name, mediaType string
		length          int
		status          int
		want            []string
	}{
		{"of the right length", "image/png", 7, 0, nil},
		{"as short as may be", "image/png", 4, 0, nil},
		{"as long as may be", "image/png", 10, 0, nil},
		{"too short", "image/png", 3, 422, []string{"body min_length"}},
		{"too long", "image/png", 11, 422, []string{"body max_length"}},
		{"much too long", "image/png", 19, 422, []string{"body max_length"}},
		{"of a type whose length is up to us", "image/gif", 20, 0, nil},
		{"too large", "image/gif", 21, 413, nil},
		{"none", "image/gif", 0, 422, []string{"body required"}},
	} {
		for _, known := range []bool{true, false} {
			for name, reader := range map[string]func(io.Reader) io.Reader{
				"at once": func(r io.Reader) io.Reader { return r }, "in bytes": iotest.OneByteReader,
				"with its end": iotest.DataErrReader,
			} {
				r := request("POST", "/file/", "x")
				r.Header.Set("Content-Type", c.mediaType)
				r.Body = io.NopCloser(reader(strings.NewReader(strings.Repeat("x", c.length))))
				if r.ContentLength = -1; known {
					r.ContentLength = int64(c.length)
				}
				err := v.CheckRequest(r)
				if c.length > 0 && known != (err != nil) && c.status != 0 {
					t.Errorf("%s, known: %v: refused at once: %v", c.name, known, err)
				}
				var got []byte
				if err == nil {
					got, err = io.ReadAll(r.Body)
				}
				e := refusal(t, err)
				if !slices.Equal(rules(e), c.want) || e == nil && (c.status != 0 || len(got) != c.length) ||
					e != nil && e.Status != c.status {
					t.Errorf("%s, %s, known: %v: %v after %d bytes; want %d", c.name, name, known, err, len(got),
						c.status)
				}
				var before *http.MaxBytesError
				if c.status == 413 && !known && (!errors.As(err, &before) || before.Limit != 20) {
					t.Errorf("%s: %v is no *http.MaxBytesError", c.name, err)
				}
			}
		}
	}
}

// Nobody holds a file to check it, and who reads one learns that it is refused.
func TestAFileIsNotHeld(t *testing.T) {
	var seen []*validation.Refusal
	v := load(t, uploads, validation.Config{MaxFileBytes: 64 << 20, Observe: func(_ context.Context,
		e validation.Event) {
		seen = append(seen, e.Refusal)
	}})
	var read int64
	var readErr error
	handler := v.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		read, readErr = io.Copy(struct{ io.Writer }{io.Discard}, r.Body)
	}))
	send := func(bytes int64) {
		r := request("POST", "/file/", "x")
		r.Header.Set("Content-Type", "image/gif")
		r.Body, r.ContentLength = io.NopCloser(io.LimitReader(endless{}, bytes)), -1
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	send(64 << 20)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 || read != 64<<20 || readErr != nil || seen != nil {
		t.Errorf("a file of 64 MiB allocated %d KiB; %d bytes were read, %v; observed %v", used>>10, read, readErr,
			seen)
	}
	if send(64<<20 + 1); read != 64<<20 || refusal(t, readErr).Status != 413 || len(seen) != 1 ||
		seen[0].Status != 413 {
		t.Errorf("of a file of a byte more %d were read, %v; observed %v", read, readErr, seen)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// A body that breaks off does so for its reader as well.
func TestAFileThatBreaksOff(t *testing.T) {
	v := load(t, uploads, validation.Config{})
	for _, text := range []string{"", "x", "xxxxxx"} {
		r := request("POST", "/file/", "x")
		r.Header.Set("Content-Type", "image/png")
		r.ContentLength = -1
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(text), iotest.ErrReader(io.ErrUnexpectedEOF)))
		if err := v.CheckRequest(r); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got, err := io.ReadAll(r.Body); string(got) != text || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: read %q, %v", text, got, err)
		}
	}
}
