package call

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Config says whom to call, and as whom.
type Config struct {
	// URL is that of the server, with what stands before the paths of the contract.
	URL string
	// LoginPath is that of the login.
	LoginPath string
	Credentials
	// Other is somebody else whom the server knows, or has no username.
	Other Credentials
	// Timeout bounds a request with its answer, and MaxBytes the body of an answer.
	Timeout  time.Duration
	MaxBytes int64
	// BeforeSend, if it is not nil, is called with each request, to add headers.
	BeforeSend func(*http.Request) error
	// TLS, if it is not nil, says whom to trust.
	TLS *tls.Config
}

// Credentials are what somebody logs in with, and signs with.
type Credentials struct {
	Username                string
	Password, SigningSecret signing.Secret
}

// ErrNoOther says that a message is one of the other caller's, of whom there are no credentials.
var ErrNoOther = errors.New("it is of a second caller, whose credentials are not known")

// Caller calls a server. It is safe for concurrent use.
type Caller struct {
	config Config
	base   *url.URL
	client *http.Client
	// together is for requests with a gate: what is written of them is not held back.
	together *http.Client
	// alone is for requests that need a connection which nobody has used before.
	alone *http.Client
	// sent is how many requests went out.
	sent atomic.Int64

	mu sync.Mutex
	// tokens are those that are good, and ended those from before the clock was moved, by whose they are.
	tokens, ended map[Who]string
	// cookies are those that the last logins have set, as a browser would send them.
	cookies map[Who]string
}

// maxHeaderBytes bounds the headers of an answer.
const maxHeaderBytes = 64 << 10

// New checks a configuration. Credentials go to nobody but a server on this machine without TLS.
func New(config Config) (*Caller, error) {
	base, err := url.Parse(strings.TrimSuffix(config.URL, "/"))
	switch {
	case err != nil:
		return nil, errors.New("the URL cannot be read")
	case base.User != nil:
		return nil, errors.New("the URL has credentials in it, which would end up in reports")
	case base.Host == "" || base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("the URL is not one of a server, such as https://api.example.com")
	case base.Scheme != "https" && base.Scheme != "http":
		return nil, fmt.Errorf("the URL begins with neither https:// nor http://, but with %q", base.Scheme)
	case base.Scheme == "http" && !IsLocal(base.Hostname()):
		return nil, errors.New("the URL is not https:// and not on this machine: everybody could read the credentials")
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableCompression: true, MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConnsPerHost: 256, TLSHandshakeTimeout: config.Timeout, ForceAttemptHTTP2: true,
		DialContext: (&net.Dialer{Timeout: config.Timeout}).DialContext,
	}
	if config.TLS != nil {
		transport.TLSClientConfig = config.TLS.Clone()
	}
	together := transport.Clone()
	together.WriteBufferSize = 64
	alone := transport.Clone()
	alone.DisableKeepAlives = true
	follow := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Caller{config: config, base: base, tokens: map[Who]string{}, ended: map[Who]string{},
		cookies:  map[Who]string{},
		client:   &http.Client{Transport: transport, CheckRedirect: follow},
		together: &http.Client{Transport: together, CheckRedirect: follow},
		alone:    &http.Client{Transport: alone, CheckRedirect: follow}}, nil
}

// Sent is how many requests went out, logins and repeats among them.
func (c *Caller) Sent() int { return int(c.sent.Load()) }

// Host is that of the server, without its port.
func (c *Caller) Host() string { return c.base.Hostname() }

// Close lets go of the connections.
func (c *Caller) Close() {
	c.client.CloseIdleConnections()
	c.together.CloseIdleConnections()
}

// Forget has the next request of somebody log in anew.
func (c *Caller) Forget(who Who) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tokens, who)
}

// Outlive has the next requests log in anew, as the clock was moved and the tokens may be over. They are TokenEnded
// then.
func (c *Caller) Outlive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens, c.ended = map[Who]string{}, c.tokens
}

// HasCookie reports whether the last login of somebody has set a cookie.
func (c *Caller) HasCookie(who Who) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cookies[who] != ""
}

// LogIn has somebody log in who has no token.
func (c *Caller) LogIn(ctx context.Context, who Who) error {
	_, err := c.bearer(ctx, who)
	return err
}

// credentialsOf are those of somebody.
func (c *Caller) credentialsOf(who Who) (Credentials, error) {
	switch {
	case who == "":
		return c.config.Credentials, nil
	case who != Other:
		return Credentials{}, fmt.Errorf("there is no caller %q", who)
	case c.config.Other.Username == "":
		return Credentials{}, ErrNoOther
	}
	return c.config.Other, nil
}

// Trouble says why there is no answer, or not all of one.
type Trouble string

// What can go wrong with an answer.
const (
	// TroubleTimeout: it took too long.
	TroubleTimeout Trouble = "timeout"
	// TroubleTooLarge: the body has no end, or comes after the bound.
	TroubleTooLarge Trouble = "too_large"
	// TroubleHeaders: the headers are more than anybody would send.
	TroubleHeaders Trouble = "headers"
	// TroubleBroken: the connection ended before the answer did, or it is no HTTP.
	TroubleBroken Trouble = "broken"
	// TroubleUnreachable: there is no connection.
	TroubleUnreachable Trouble = "unreachable"
)

// Answer is what came back.
type Answer struct {
	// Request is the one that was sent, without its body.
	Request *http.Request
	Status  int
	Header  http.Header
	// Body is cut where it is large, has an end and is no JSON.
	Body []byte
	// Trouble is empty if all of the answer came.
	Trouble Trouble
	Took    time.Duration
}

// ErrLogin is why nothing could be sent: nobody gave us a token.
type ErrLogin struct {
	Answer Answer
	// Who could not log in.
	Who Who
}

func (e *ErrLogin) Error() string {
	login := "the login"
	if e.Who == Other {
		login = "the login of the second caller"
	}
	if e.Answer.Trouble != "" {
		return login + " got no answer: " + string(e.Answer.Trouble)
	}
	return fmt.Sprintf("%s was answered with %d and no token", login, e.Answer.Status)
}

// Send sends a message. An error says that it could not be sent: that it cannot be put into words, that ctx is over or
// that there is no token. Whatever the server does is in the answer.
//
// Where the server asks for patience, the message is sent again: 429 says nothing of the message.
func (c *Caller) Send(ctx context.Context, m Message) (Answer, error) {
	answer, err := c.sendOnce(ctx, m)
	for n := 0; n < mostPatience && err == nil && m.Gate == nil && answer.Status == http.StatusTooManyRequests; n++ {
		if err := rest(ctx, answer.Header.Get("Retry-After"), n); err != nil {
			return answer, err
		}
		answer, err = c.sendOnce(ctx, m)
	}
	return answer, err
}

func (c *Caller) sendOnce(ctx context.Context, m Message) (Answer, error) {
	answer, err := c.send(ctx, m)
	isOurs := !m.Bare && m.Token == "" && m.Signature == "" && m.KeyForm == ""
	if err == nil && isOurs && answer.Status == http.StatusUnauthorized {
		// The token may have ended, by whatever clock the server has. A new one is refused for another reason.
		c.Forget(m.By)
		return c.send(ctx, m)
	}
	return answer, err
}

func (c *Caller) send(ctx context.Context, m Message) (Answer, error) {
	m.Target = c.base.EscapedPath() + m.Target
	header := m.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if m.Token == TokenRenewed {
		c.Forget(m.By)
	}
	if !m.Bare {
		token, owner, signer := "", m.By, m.By
		if m.Token == TokenOthers {
			owner = m.By.another()
		}
		if m.Signature == SignatureOthers {
			signer = m.By.another()
		}
		signing, err := c.credentialsOf(signer)
		if err != nil {
			return Answer{}, err
		}
		switch m.Token {
		case TokenMissing, TokenUnknown:
		case TokenEnded:
			c.mu.Lock()
			token = c.ended[owner]
			c.mu.Unlock()
		default:
			if token, err = c.bearer(ctx, owner); err != nil {
				return Answer{}, err
			}
		}
		if err := m.credentials(header, token, signing.SigningSecret); err != nil {
			return Answer{}, err
		}
		if m.Token == TokenCookie {
			c.mu.Lock()
			cookies := c.cookies[owner]
			c.mu.Unlock()
			if cookies != "" {
				header.Set("Cookie", cookies)
			}
		}
		if m.Token == TokenInQuery {
			return c.withoutAddress(c.do(ctx, m.withQuery("access_token", token), header))
		}
	}
	return c.do(ctx, m, header)
}

// withoutAddress has nobody see the address of a request, which has a token in it.
func (c *Caller) withoutAddress(a Answer, err error) (Answer, error) {
	if a.Request != nil {
		a.Request = a.Request.Clone(a.Request.Context())
		a.Request.URL.RawQuery = ""
	}
	return a, err
}

// do sends a message with these headers. If the server has closed the connection while it went out, it is sent once
// more. What may not be sent twice gets a connection of its own.
func (c *Caller) do(ctx context.Context, m Message, header http.Header) (Answer, error) {
	client, isSafe := c.client, m.isSafeTwice(c.loginTarget())
	switch {
	case m.Gate != nil:
		if client = c.together; !isSafe {
			client.CloseIdleConnections()
		}
	case !isSafe:
		client = c.alone
	}
	answer, isLost, err := c.doOnce(ctx, client, m, header.Clone())
	if isLost && err == nil && isSafe {
		m.Gate = nil // The others have gone on.
		answer, _, err = c.doOnce(ctx, c.alone, m, header)
	}
	return answer, err
}

// loginTarget is where the login is.
func (c *Caller) loginTarget() string { return c.base.EscapedPath() + c.config.LoginPath }

// doOnce sends a message. It is lost if it went out on a connection that was kept from before, of which then came
// nothing but its end.
func (c *Caller) doOnce(ctx context.Context, client *http.Client, m Message, header http.Header) (answer Answer,
	isLost bool, err error,
) {
	if err := ctx.Err(); err != nil {
		return Answer{}, false, err
	}
	limited, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	var isSought, isConnected, isKept, isAnswered atomic.Bool
	limited = httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
		GetConn:              func(string) { isSought.Store(true) },
		GotConn:              func(got httptrace.GotConnInfo) { isConnected.Store(true); isKept.Store(got.Reused) },
		GotFirstResponseByte: func() { isAnswered.Store(true) },
	})
	var body io.Reader = http.NoBody
	if m.Body != nil {
		body = bytes.NewReader(m.Body)
	}
	request, err := http.NewRequestWithContext(limited, m.Method, c.base.Scheme+"://"+c.base.Host+m.Target, body)
	if err != nil {
		return Answer{}, false, errors.New("the request cannot be sent: its URL or method is none")
	}
	request.Header = header
	if _, has := header["User-Agent"]; !has {
		request.Header.Set("User-Agent", "partner-contract")
	}
	if err := c.beforeSend(request); err != nil {
		return Answer{}, false, err
	}
	if m.Gate != nil {
		if len(m.Body) > 0 {
			request.Body = io.NopCloser(&gated{limited, m.Gate, m.Body})
			request.GetBody = nil
		} else {
			m.Gate.pass(limited)
		}
	}
	start := time.Now()
	c.sent.Add(1)
	answer = Answer{Request: request}
	response, err := client.Do(request)
	if err != nil {
		answer.Took, answer.Trouble = time.Since(start), troubleOf(err)
		if answer.Trouble == TroubleTimeout && isSought.Load() && !isConnected.Load() {
			answer.Trouble = TroubleUnreachable // Somebody may drop what is sent there.
		}
		if reason := reasonOfTLS(err); reason != "" && ctx.Err() == nil {
			return answer, false, &ErrTLS{reason}
		}
		isLost = answer.Trouble == TroubleBroken && isKept.Load() && !isAnswered.Load()
		return answer, isLost, ctx.Err()
	}
	defer func() { _ = response.Body.Close() }()
	answer.Status, answer.Header = response.StatusCode, response.Header
	answer.Body, err = io.ReadAll(io.LimitReader(response.Body, c.config.MaxBytes+1))
	answer.Took = time.Since(start)
	switch {
	case err != nil:
		answer.Trouble = troubleOf(err)
	case int64(len(answer.Body)) > c.config.MaxBytes:
		answer.Body = answer.Body[:c.config.MaxBytes]
		if !ends(response) {
			answer.Trouble = TroubleTooLarge
		}
	}
	return answer, false, ctx.Err()
}

// mostPassedOver bounds how much is looked through for the end of an answer that is no JSON.
const mostPassedOver = 64 << 20

// ends reports whether a body that is larger than what is read of it has an end, and is no JSON: such an answer, a file
// for instance, is judged by the rest. JSON is of no use in part.
func ends(response *http.Response) bool {
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if strings.HasSuffix(media, "/json") || strings.HasSuffix(media, "+json") {
		return false
	}
	n, err := io.Copy(io.Discard, io.LimitReader(response.Body, mostPassedOver))
	return err == nil && n < mostPassedOver
}

func troubleOf(err error) Trouble {
	var dial *net.OpError
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return TroubleTimeout
	case errors.As(err, &dial) && dial.Op == "dial":
		return TroubleUnreachable
	case strings.Contains(err.Error(), "server response headers exceeded"): // net/http has no error of its own for it.
		return TroubleHeaders
	}
	return TroubleBroken
}

// bearer is the token of somebody, of a new login if there is none.
func (c *Caller) bearer(ctx context.Context, who Who) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if token := c.tokens[who]; token != "" {
		return token, nil
	}
	credentials, err := c.credentialsOf(who)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]string{
		"username": credentials.Username, "password": credentials.Password.Reveal()})
	if err != nil {
		return "", err
	}
	answer, err := c.Send(ctx, Message{Method: http.MethodPost, Target: c.config.LoginPath, Bare: true,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: body})
	if err != nil {
		return "", err
	}
	var given struct{ Token string }
	if answer.Status != http.StatusOK || json.Unmarshal(answer.Body, &given) != nil || given.Token == "" {
		return "", &ErrLogin{answer, who}
	}
	c.tokens[who], c.cookies[who] = given.Token, cookiesOf(answer.Header)
	return given.Token, nil
}

// cookiesOf are the cookies that an answer sets, as they stand in a request.
func cookiesOf(header http.Header) string {
	var all []string
	for _, set := range header["Set-Cookie"] {
		cookie, _, _ := strings.Cut(set, ";")
		if name, value, _ := strings.Cut(strings.TrimSpace(cookie), "="); name != "" && value != "" {
			all = append(all, name+"="+value)
		}
	}
	return strings.Join(all, "; ")
}

// NewKey makes an idempotency key of 16 bytes.
func NewKey(random [16]byte) string {
	random[6] = random[6]&0x0f | 0x40
	random[8] = random[8]&0x3f | 0x80
	return uuid.UUID(random).String()
}

// BasePath is what stands before the paths of the contract, or "/".
func (c *Caller) BasePath() string {
	if path := c.base.EscapedPath(); path != "" {
		return path
	}
	return "/"
}
