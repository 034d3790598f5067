package contracttest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/internal/mistake"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Config says which server is tested, and how far a run goes. URL or Handler is required, and so are credentials.
type Config struct {
	// URL is that of the server, with what stands before the paths of the contract. It must be https, unless it leads
	// to this machine.
	URL string
	// TLS, if it is not nil, says whom to trust, such as an authority of the company's own in RootCAs, and may have the
	// certificate of a client. Without it, it is whom this machine trusts.
	TLS *tls.Config
	// Handler is the server, in the place of a URL. The run serves it on the loopback interface.
	Handler http.Handler
	// Username, Password and SigningSecret are those of the calls.
	Username                string
	Password, SigningSecret signing.Secret
	// Other is another partner of the same bank, who must reach nothing that the caller has. Without one, nothing is
	// said of that.
	Other Credentials
	// AllowWrites has the run create, change and remove things. Without it, it only reads.
	AllowWrites bool
	// Operations are the ids of those that are tested; none means all. What is needed to call them is called as well.
	Operations []string
	// Seed decides what is drawn: the same seed sends the same requests, under the same keys. So a server that a run
	// has tested takes the next one with its seed for a repeat, for as long as it remembers keys, and little is tested
	// then: each run of a server that lives on needs a seed of its own.
	Seed uint64
	// MaxRequests and MaxTime end a run before it is through. 0 means 100,000 requests, and 1 minute. Requests are
	// those that test something or prepare it. On top come logins, what is sent again to a server that asks for
	// patience or for a new token, what a sandbox is asked about its clock, and at the end, for each finding, up to 300
	// requests in 5 seconds that make its steps smaller, and as many before where ids that the run has made up are
	// others: within half of MaxTime for all findings.
	MaxRequests int
	MaxTime     time.Duration
	// Generated is how many valid, and how many invalid requests are drawn for each operation. 0 means 20.
	Generated int
	// Timeout is how long a request may take with its answer. 0 means 10 seconds.
	Timeout time.Duration
	// MaxResponseTime is how long an answer may take, with all of its body, without being a finding (F928). 0 looks at
	// no times: what takes longer than Timeout is no answer then, which is another finding (F930).
	MaxResponseTime time.Duration
	// Phases are the names of those that run, as Phases has them; none means all.
	Phases []string
	// MaxAnswerBytes bounds what is read of an answer. 0 means 4 MiB. JSON that is larger, or what has no end, is a
	// finding.
	MaxAnswerBytes int64
	// Known has ids of things that are there, by the name of the parameter that takes them, such as pocket_id.
	Known map[string][]string
	// Credentials, if it is not nil, is asked for the credentials, once and before anything is sent: those of a caller
	// that is made for the run, or that a vault keeps.
	Credentials func(context.Context) (Credentials, error)
	// BeforeSend, if it is not nil, is called with each request, the login included, when it is signed: to add headers
	// that something in front of the server asks for, such as the key of a gateway. It gets no body. Headers that it
	// adds, its Host and its user agent are taken, and nothing else. To change another header that the request has, or
	// one of token, key and signature, ends the run with an error, and so does an error of its own. It is called by
	// several goroutines at a time. What it adds stands in no report, nor in a finding's script.
	BeforeSend func(*http.Request) error
	// Prepare, if it is not nil, is called before an operation is called, and again whenever it needs a new beginning,
	// as what it closes can be closed once: so it should make something new each time. It gives the values of the
	// operation's parameters by their names, such as pocket_id, those of a recipe's variables, such as other_pocket_id,
	// or those of places in the body by a JSON pointer, such as /to_account/id. What it does not give is found as it is
	// without it. With an error, nothing more is tried of the operation, and a warning says why. A finding of what was
	// prepared can be replayed with the same hook.
	Prepare func(ctx context.Context, operation string) (map[string]string, error)
	// Stop, if it is not nil, is asked about each finding when it is seen for the first time, before its steps are made
	// smaller. With true the run ends: what it does not get to is in Unfinished. It is not asked about a delivery that
	// came twice or overtook another one, which is no finding before it is seen again.
	Stop func(Finding) bool
	// Excluded are findings that are expected, each with a reason.
	Excluded []Exclusion
	// ReceiverAddress is where the run listens for deliveries of events, and ReceiverURL how the server reaches it
	// there: http:// and that address, if it is empty. Without an address the run listens on the loopback interface, if
	// the server is on this machine, and else for nothing. What stands in between, such as a tunnel, hands on the path,
	// the query, the bytes and the status of the answer.
	ReceiverAddress, ReceiverURL string
	// NoControls keeps the run from moving the server's clock, should it be the sandbox of this module.
	NoControls bool
	// Trace, if it is not nil, gets a line for each request: what the seed decides of it.
	Trace io.Writer
	// Progress, if it is not nil, is told how far the run is, now and then.
	Progress func(Progress)
}

// Credentials are what a caller logs in with, and signs with.
type Credentials struct {
	Username                string
	Password, SigningSecret signing.Secret
}

// isWhole reports whether nothing of the credentials is missing.
func (c Credentials) isWhole() bool {
	return c.Username != "" && !c.Password.IsZero() && !c.SigningSecret.IsZero()
}

// Exclusion is a finding that is expected.
type Exclusion struct {
	// Check is a code or a name of Checks, and Operation an operationId, or empty for all of them.
	Check, Operation string
	// Reason says why it is no fault. It is required, and stands in the report.
	Reason string
}

// Progress is how far a run is.
type Progress struct {
	Phase    string
	Requests int
	Findings int
}

// ErrConfig is in every error that says that a configuration is wrong.
var ErrConfig = errors.New("contracttest: unusable configuration")

func (c Config) resolve() (Config, error) {
	wrong := func(format string, args ...any) (Config, error) {
		return Config{}, fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, args...))
	}
	switch {
	case c.URL == "" && c.Handler == nil:
		return wrong("neither URL nor Handler says what is tested")
	case c.URL != "" && c.Handler != nil:
		return wrong("both URL and Handler say what is tested")
	case c.Username == "" || c.Password.IsZero() || c.SigningSecret.IsZero():
		return wrong("Username, Password or SigningSecret is missing")
	case c.Other != Credentials{} && !c.Other.isWhole():
		return wrong("Username, Password or SigningSecret of the other caller is missing")
	case c.Other.Username == c.Username:
		return wrong("the other caller is the caller: it has to be another partner of the bank")
	case c.MaxRequests < 0 || c.MaxTime < 0 || c.Generated < 0 || c.Timeout < 0 ||
		c.MaxAnswerBytes < 0 || c.MaxResponseTime < 0:
		return wrong("a bound is negative")
	case c.ReceiverURL != "" && c.ReceiverAddress == "":
		return wrong("ReceiverURL leads to nobody without ReceiverAddress, where the run listens")
	case c.ReceiverURL != "" && !isBase(c.ReceiverURL):
		return wrong("ReceiverURL is not one of a receiver, such as https://tunnel.example.com")
	case c.AllowWrites && isProduction(c.URL):
		return wrong("writes to the production host move real money, and are refused")
	case c.AllowWrites && isDisguised(c.URL):
		return wrong("the host is not in ASCII, and could be the production host: write it as DNS has it (xn--…)")
	}
	for _, name := range c.Phases {
		if !slices.Contains(Phases(), name) {
			return wrong("there is no phase %q%s", name, meant(name, Phases()))
		}
	}
	for _, id := range c.Operations {
		if operationByID(id) == nil {
			return wrong("there is no operation %q%s", id, meant(id, operationIDs()))
		}
	}
	for _, e := range c.Excluded {
		isCheck := false
		for _, check := range checks {
			isCheck = isCheck || check.Code == e.Check || check.Name == e.Check
		}
		switch {
		case !isCheck:
			return wrong("there is no check %q to exclude", e.Check)
		case e.Operation != "" && operationByID(e.Operation) == nil:
			return wrong("there is no operation %q to exclude%s", e.Operation, meant(e.Operation, operationIDs()))
		case strings.TrimSpace(e.Reason) == "":
			return wrong("the exclusion of %s gives no reason", e.Check)
		}
	}
	c.MaxRequests = cmp.Or(c.MaxRequests, 100_000)
	c.MaxTime = cmp.Or(c.MaxTime, time.Minute)
	c.Generated = cmp.Or(c.Generated, 20)
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.MaxAnswerBytes = cmp.Or(c.MaxAnswerBytes, 4<<20)
	return c, nil
}

// isBase reports whether a text is a URL that paths can stand behind.
func isBase(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil &&
		!strings.ContainsAny(text, "?#")
}

// meant is a question about a name that is not known, or empty.
func meant(name string, known []string) string {
	nearest := mistake.Nearest(name, known)
	if nearest == "" {
		return ""
	}
	return "; did you mean " + nearest + "?"
}

func operationIDs() []string {
	var ids []string
	for _, o := range operations() {
		ids = append(ids, o.ID)
	}
	return ids
}
