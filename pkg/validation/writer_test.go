package validation_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

const written = `{"/a/": {"get": {"operationId": "a", "responses": {
	"200": {"description": "ok", "headers": {
		"Set-Cookie": {"schema": {"type": "string", "pattern": "^[a-z]+=[0-9]+$"}},
		"X-Count": {"schema": {"type": "integer"}},
		"X-List": {"schema": {"type": "array", "items": {"type": "integer"}}}},
	"content": {"application/json": {"schema": {"type": "object", "required": ["id"],
		"properties": {"id": {"type": "integer"}}}},
		"image/png": {"schema": {"type": "string", "format": "binary"}}}},
	"101": {"description": "another protocol"}, "204": {"description": "nothing"}}}}}`

// writing builds a Validator of the contract above that notes what it finds.
func writing(t *testing.T, mode validation.ResponseMode) (v *validation.Validator, found func() []string) {
	t.Helper()
	var mu sync.Mutex
	var seen []string
	v = load(t, written, validation.Config{Responses: mode, Observe: func(_ context.Context, event validation.Event) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, rules(event.Refusal)...)
	}})
	return v, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

var bothModes = map[string]validation.ResponseMode{"logged": validation.ResponseModeLog,
	"enforced": validation.ResponseModeEnforce}

// compressing is a middleware that compresses whatever passes, as they are about.
func compressing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &compressor{ResponseWriter: w}
		next.ServeHTTP(c, r)
		_ = c.zip.Close()
	})
}

type compressor struct {
	http.ResponseWriter
	zip *gzip.Writer
}

func (c *compressor) WriteHeader(status int) {
	c.Header().Set("Content-Encoding", "gzip")
	c.Header().Del("Content-Length")
	c.zip = gzip.NewWriter(c.ResponseWriter)
	c.ResponseWriter.WriteHeader(status)
}

func (c *compressor) Write(p []byte) (int, error) {
	if c.zip == nil {
		c.WriteHeader(http.StatusOK)
	}
	return c.zip.Write(p)
}

// What stands further out does as it likes with what was checked.
func TestResponsesAreCheckedAsTheirHandlerGivesThem(t *testing.T) {
	for name, mode := range bothModes {
		for body, want := range map[string][]string{`{"id":1}`: nil, `{"id":"x"}`: {"body.id type"}} {
			v, found := writing(t, mode)
			w := httptest.NewRecorder()
			compressing(v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, body)
			}))).ServeHTTP(w, request("GET", "/a/", ""))
			if !slices.Equal(found(), want) {
				t.Errorf("%s, %s: %q; want %q", name, body, found(), want)
			}
			zip, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(zip); err != nil || mode == validation.ResponseModeLog && string(got) != body {
				t.Errorf("%s: %s was sent as %s, %v", name, body, got, err)
			}
		}
	}
	v, found := writing(t, validation.ResponseModeLog)
	v.Middleware(compressing(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":1}`)
	}))).ServeHTTP(httptest.NewRecorder(), request("GET", "/a/", ""))
	if !slices.Equal(found(), []string{"header.content-encoding content_encoding"}) {
		t.Errorf("what is compressed before it can be checked: %q", found())
	}
}

func TestBodiesThatAreNotJSONAreNotKept(t *testing.T) {
	for name, mode := range bothModes {
		v, found := writing(t, mode)
		chunk := bytes.Repeat([]byte("PNG "), 1<<14)
		var before, after runtime.MemStats
		handler := v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			for range 64 {
				_, _ = w.Write(chunk)
			}
		}))
		w := &nobody{header: make(http.Header)}
		runtime.ReadMemStats(&before)
		handler.ServeHTTP(w, request("GET", "/a/", ""))
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 || found() != nil || w.status != http.StatusOK {
			t.Errorf("%s: a picture of 4 MiB allocated %d KiB, and %q was found; answered %d", name, used>>10,
				found(), w.status)
		}
	}
}

func TestAHandlerKeepsTheConnection(t *testing.T) {
	for name, mode := range bothModes {
		for how, hijack := range map[string]func(http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error){
			"by its interface": func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) {
				return w.(http.Hijacker).Hijack()
			},
			"by its controller": func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) {
				return http.NewResponseController(w).Hijack()
			},
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				v, found := writing(t, mode)
				server := httptest.NewServer(v.Middleware(http.HandlerFunc(func(w http.ResponseWriter,
					_ *http.Request) {
					conn, rw, err := hijack(w)
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: close\r\n\r\nour own")
					_ = rw.Flush()
					if _, err := io.WriteString(w, "more"); !errors.Is(err, http.ErrHijacked) {
						t.Errorf("Write after Hijack = %v", err)
					}
					if err := http.NewResponseController(w).Flush(); !errors.Is(err, http.ErrHijacked) {
						t.Errorf("Flush after Hijack = %v", err)
					}
					w.WriteHeader(http.StatusTeapot)
					_ = conn.Close()
				})))
				defer server.Close()
				conn, err := net.Dial("tcp", server.Listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = conn.Close() }()
				_, _ = io.WriteString(conn, "GET /a/ HTTP/1.1\r\nHost: example.com\r\n\r\n")
				got, err := io.ReadAll(conn)
				if err != nil || !strings.HasSuffix(string(got), "\r\n\r\nour own") || found() != nil {
					t.Errorf("got %q, %v; found %q", got, err, found())
				}
			})
		}
	}
	v, _ := writing(t, validation.ResponseModeLog)
	v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, _, err := w.(http.Hijacker).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack of what has no connection = %v", err)
		}
		if err := w.(http.Pusher).Push("/b/", nil); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Push over what has no connection = %v", err)
		}
		w.WriteHeader(http.StatusNoContent)
	})).ServeHTTP(httptest.NewRecorder(), request("GET", "/a/", ""))
}

// fromFile is a ResponseWriter that takes files whole, as net/http's does.
type fromFile struct {
	*httptest.ResponseRecorder
	taken int
}

func (f *fromFile) ReadFrom(from io.Reader) (int64, error) {
	n, err := io.Copy(f.ResponseRecorder, from)
	f.taken += int(n)
	return n, err
}

func TestFilesAreSentAsTheyWouldBe(t *testing.T) {
	file := "\x89PNG\r\n\x1a\n" + strings.Repeat("picture ", 1_000)
	for name, mode := range bothModes {
		for _, c := range []struct {
			name, mediaType, body string
			taken                 bool
			want                  []string
		}{
			{"a picture", "image/png", file, true, nil},
			{"a picture of no known type", "", file, true, nil},
			{"JSON", "application/json", `{"id":1,"x":"` + strings.Repeat("x", 1_000) + `"}`, false, nil},
			{"JSON of no known type", "", `{"id":1}`, false, []string{"header.content-type media_type"}},
			{"nothing", "image/png", "", false, nil},
		} {
			v, found := writing(t, mode)
			w := &fromFile{ResponseRecorder: httptest.NewRecorder()}
			v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c.mediaType != "" {
					w.Header().Set("Content-Type", c.mediaType)
				}
				n, err := w.(io.ReaderFrom).ReadFrom(strings.NewReader(c.body))
				if err != nil || int(n) != len(c.body) {
					t.Errorf("%s, %s: ReadFrom = %d, %v", name, c.name, n, err)
				}
			})).ServeHTTP(w, request("GET", "/a/", ""))
			refused := c.want != nil && mode == validation.ResponseModeEnforce
			if (w.taken > 0) != c.taken || !slices.Equal(found(), c.want) || !refused && w.Body.String() != c.body ||
				refused && w.Code != http.StatusInternalServerError {
				t.Errorf("%s, %s: answered %d with %d bytes, of which %d were taken whole; found %q", name, c.name,
					w.Code,
					w.Body.Len(), w.taken, found())
			}
		}
	}
}

func TestEachOfSeveralHeadersIsChecked(t *testing.T) {
	for name, mode := range bothModes {
		for _, c := range []struct {
			name, header string
			values       []string
			want         []string
		}{
			{"two cookies", "Set-Cookie", []string{"a=1", "b=2"}, nil},
			{"two cookies, one of them wrong", "Set-Cookie", []string{"a=1", "B=2"},
				[]string{"header.Set-Cookie pattern"}},
			{"two counts", "X-Count", []string{"1", "2"}, []string{"header.X-Count duplicate_parameter"}},
			{"two lists", "X-List", []string{"1, 2", "3"}, nil},
			{"two lists, one of them wrong", "X-List", []string{"1, 2", "x"}, []string{"header.X-List.2 type"}},
		} {
			v, found := writing(t, mode)
			w := httptest.NewRecorder()
			v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header()[c.header] = c.values
				_, _ = io.WriteString(w, `{"id":1}`)
			})).ServeHTTP(w, request("GET", "/a/", ""))
			if !slices.Equal(found(), c.want) ||
				(w.Code != 200) != (c.want != nil && mode == validation.ResponseModeEnforce) {
				t.Errorf("%s, %s: answered %d, and found %q; want %q", name, c.name, w.Code, found(), c.want)
			}
		}
	}
}

// A response that was held back is what the handler gave, when it gave it.
func TestHeadersAndTrailersOfResponsesThatAreHeldBack(t *testing.T) {
	v, found := writing(t, validation.ResponseModeEnforce)
	server := httptest.NewServer(v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		control := http.NewResponseController(w)
		if err := control.SetWriteDeadline(time.Time{}); err != nil {
			t.Error(err)
		}
		if err := control.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Trailer", "X-Sum")
		w.Header().Set("X-Early", "1")
		_, _ = io.WriteString(w, `{"id":`)
		w.Header().Set("X-Late", "1")
		w.Header().Set("X-Early", "2")
		_, _ = io.WriteString(w, `1}`)
		w.Header().Set("X-Sum", "7")
		w.Header().Set(http.TrailerPrefix+"X-More", "8")
	})))
	defer server.Close()
	res, err := http.Get(server.URL + "/a/")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil || string(body) != `{"id":1}` || found() != nil || res.Header.Get("X-Early") != "1" ||
		res.Header.Get("X-Late") != "" || res.Trailer.Get("X-Sum") != "7" || res.Trailer.Get("X-More") != "8" {
		t.Errorf("got %s with %v, then %v, %v; found %q", body, res.Header, res.Trailer, err, found())
	}
}

// Without having announced it, a handler sends a trailer once something was flushed.
func TestATrailerThatIsNotAnnouncedIsSentAfterAFlush(t *testing.T) {
	for _, mode := range []validation.ResponseMode{
		validation.ResponseModeOff, validation.ResponseModeLog, validation.ResponseModeEnforce,
	} {
		v, _ := writing(t, mode)
		server := httptest.NewServer(v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id":1}`)
			_ = http.NewResponseController(w).Flush()
			w.Header().Set(http.TrailerPrefix+"X-Sum", "7")
		})))
		res, err := http.Get(server.URL + "/a/")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		server.Close()
		if err != nil || string(body) != `{"id":1}` || res.Trailer.Get("X-Sum") != "7" {
			t.Errorf("%v: %s with %v, %v", mode, body, res.Trailer, err)
		}
	}
}

func TestHEADIsTheGETOfItsPath(t *testing.T) {
	for name, mode := range bothModes {
		v, found := writing(t, mode)
		mux := http.NewServeMux()
		mux.Handle("GET /a/", v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Count", r.URL.Query().Get("count"))
			_, _ = io.WriteString(w, `{"id":1}`)
		})))
		server := httptest.NewServer(mux)
		for count, want := range map[string]int{"1": 200, "one": map[validation.ResponseMode]int{
			validation.ResponseModeLog: 200, validation.ResponseModeEnforce: 500}[mode]} {
			res, err := http.Head(server.URL + "/a/?count=" + count)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%s: HEAD with a count of %s = %d; want %d", name, count, res.StatusCode, want)
			}
		}
		if !slices.Equal(found(), []string{"header.X-Count type"}) {
			t.Errorf("%s: found %q", name, found())
		}
		server.Close()
	}
}
