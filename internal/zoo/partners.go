package zoo

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// A Partner is who may call a bank that has several.
type Partner struct {
	Username                string
	Password, SigningSecret signing.Secret
	// Handler has all that is the partner's. It knows nobody else.
	Handler http.Handler
}

// Partners are a bank with two partners, neither of whom reaches what the other one has.
type Partners struct {
	each [2]Partner

	mu sync.Mutex
	// tokens say whose each is.
	tokens map[string]int
}

// NewPartners returns a bank with two partners. Somebody whom nobody knows is refused by that of the first one.
func NewPartners(first, second Partner) *Partners {
	return &Partners{each: [2]Partner{first, second}, tokens: map[string]int{}}
}

// loginPath is where tokens come from.
const loginPath = "/api/v1/login/"

// ServeHTTP implements http.Handler.
func (p *Partners) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isControl := strings.HasPrefix(r.URL.Path, "/__sandbox/")
	if !isControl && r.URL.Path != loginPath {
		p.each[p.who(r)].Handler.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if isControl { // Time passes for both.
		p.ask(1, r, body)
		p.ask(0, r, body).write(w)
		return
	}
	who := 0
	if in(decode(body), "username") == p.each[1].Username {
		who = 1
	}
	a := p.ask(who, r, body)
	p.learn(who, a)
	a.write(w)
}

// who is the one whose token a request has.
func (p *Partners) who(r *http.Request) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens[strings.TrimPrefix(r.Header.Get(headerBearer), "Bearer ")]
}

// learn notes a token that somebody was given.
func (p *Partners) learn(who int, a *answer) string {
	token, _ := in(a.value(), "token").(string)
	if a.status == http.StatusOK && token != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.tokens[token] = who
	}
	return token
}

// ask has the bank of somebody answer a request as it is.
func (p *Partners) ask(who int, r *http.Request, body []byte) *answer {
	sent := r.Clone(r.Context())
	sent.Body, sent.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return ask(p.each[who].Handler, sent)
}

// askAs has the bank of somebody answer a request as if it were that one's, under a key of its own.
func (p *Partners) askAs(who int, r *http.Request, body []byte) *answer {
	credentials, _ := json.Marshal(map[string]string{"username": p.each[who].Username,
		"password": p.each[who].Password.Reveal()})
	login, err := http.NewRequestWithContext(r.Context(), http.MethodPost, loginPath, bytes.NewReader(credentials))
	if err != nil {
		return refusal(http.StatusBadRequest)
	}
	login.Header.Set(headerMedia, "application/json")
	sent := r.Clone(r.Context())
	sent.Header.Set(headerBearer, "Bearer "+p.learn(who, ask(p.each[who].Handler, login)))
	sent.Header.Set(headerKey, uuid.NewString())
	if r.Header.Get("Content-Length") != "" {
		sent.Header.Set("Content-Length", r.Header.Get("Content-Length"))
	}
	(Bank{SigningSecret: p.each[who].SigningSecret}).sign(sent, body)
	return p.ask(who, sent, body)
}

// readAs is what somebody sees at a path.
func (p *Partners) readAs(who int, r *http.Request, path string) *answer {
	read := r.Clone(r.Context())
	read.Method, read.RequestURI = http.MethodGet, path
	u := *r.URL
	u.Path, u.RawPath, u.RawQuery = path, "", ""
	read.URL = &u
	read.Header.Del(headerMedia)
	return p.askAs(who, read, nil)
}

// isSigned reports whether a request is signed by whose token it has.
func (p *Partners) isSigned(r *http.Request, body []byte) bool {
	s := (Bank{SigningSecret: p.each[p.who(r)].SigningSecret}).signedBy(r, body)
	return s.given == s.want
}
