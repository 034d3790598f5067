package fault

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"weak"
)

type connectionKey struct{}

// ConnContext is for the field of that name of an http.Server: it puts the connection into the context of its requests,
// so that a Reset, an Empty or a Garbage over HTTP/2 is one of the connection, and not of a stream alone.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if server, ok := ctx.Value(http.ServerContextKey).(*http.Server); ok {
		_ = servers.of(server)
	}
	return context.WithValue(ctx, connectionKey{}, c)
}

// garbage is what no client of HTTP understands.
const garbage = "\x15\x03\x00\x07not HTTP\x00\xff\xfe"

// connection returns the connection of a request, which nobody else uses any more if it is one of HTTP/1.1, or nil.
func connection(w http.ResponseWriter, r *http.Request) net.Conn {
	if r.ProtoMajor == 1 {
		if c, buffered, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = buffered.Flush() // What has been written of the answer goes out.
			return c
		}
	}
	c, _ := r.Context().Value(connectionKey{}).(net.Conn)
	return c
}

// reset breaks the connection off so that the client sees a RST. It does not return, or the handler has nothing left to
// do.
func reset(w http.ResponseWriter, r *http.Request) {
	c := connection(w, r)
	if c == nil {
		panic(http.ErrAbortHandler)
	}
	raw := bottom(c)
	if l, ok := raw.(interface{ SetLinger(seconds int) error }); ok {
		_ = l.SetLinger(0) // What is not sent is not sent any more.
	}
	_ = raw.Close()
	panic(http.ErrAbortHandler)
}

// bottom is the connection below those of crypto/tls.
func bottom(c net.Conn) net.Conn {
	for {
		above, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c
		}
		c = above.NetConn()
	}
}

// hangUp writes what may be no HTTP, and closes the connection in an orderly way.
func hangUp(w http.ResponseWriter, r *http.Request, last []byte) {
	drain(w, r) // To close a connection with something unread on it is a reset.
	c := connection(w, r)
	if c == nil {
		panic(http.ErrAbortHandler)
	}
	if r.ProtoMajor > 1 && len(last) > 0 { // Between its frames the connection is that of somebody else.
		_, _ = bottom(c).Write(last)
	} else {
		_, _ = io.Copy(c, bytes.NewReader(last))
	}
	_ = c.Close()
	panic(http.ErrAbortHandler)
}

// drain reads what is left of the body: net/http notices only then that a client is gone.
func drain(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil { // It did not come over a connection.
		return
	}
	_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxDrain))
}

// servers have a channel each that is closed when the server is told to shut down.
var servers = endings{all: map[weak.Pointer[http.Server]]chan struct{}{}}

type endings struct {
	mu  sync.Mutex
	all map[weak.Pointer[http.Server]]chan struct{}
}

// ending returns a channel that is closed when the server of a request is told to shut down, or nil.
func ending(r *http.Request) <-chan struct{} {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return nil
	}
	return servers.of(server)
}

// of returns the channel of a server. It has to be asked before the server is told to shut down for the first time.
func (e *endings) of(server *http.Server) <-chan struct{} {
	key := weak.Make(server)
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.all[key]
	if c == nil {
		c = make(chan struct{})
		e.all[key] = c
		server.RegisterOnShutdown(sync.OnceFunc(func() { close(c) })) // It may be told to more than once.
		runtime.AddCleanup(server, e.forget, key)
	}
	return c
}

func (e *endings) forget(key weak.Pointer[http.Server]) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.all, key)
}
