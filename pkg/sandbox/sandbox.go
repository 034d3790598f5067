package sandbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/api"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// DefaultUsername is the name that login takes unless the configuration says otherwise. Everybody knows it and what
// goes with it, so use it only where nobody else can reach the sandbox.
const DefaultUsername = "sandbox"

var (
	// DefaultPassword goes with DefaultUsername.
	DefaultPassword = signing.NewSecret("sandbox")
	// DefaultSigningSecret signs the requests of DefaultUsername.
	DefaultSigningSecret = signing.NewSecret("sandbox-signing-secret")
)

// Config says who may call the sandbox, what its bank begins with, and where that is kept. The zero value takes the
// default credentials, the clock on the wall and the seed 0, keeps everything in memory and logs nothing.
type Config struct {
	// Username and Password are the ones that login accepts. Empty means the default.
	Username string
	Password signing.Secret
	// SigningSecret is the secret that requests must be signed with. Empty means the default.
	SigningSecret signing.Secret
	// Hosts are names and addresses by which the sandbox may be called, without their ports. It may always be called by
	// those of the loopback interface, by names below localhost, and by the address that it listens on. Whatever else
	// is in the Host header is refused with 421, so that no web page can reach the sandbox by a name of its own. "*"
	// allows every host.
	Hosts []string
	// Logger gets a line for each request, at the level of information, and failures as errors; nil discards them.
	Logger *slog.Logger
	// Now is the clock on the wall; nil means time.Now.
	Now func() time.Time
	// Clock, if it is not zero, is where the sandbox's clock begins: it stands still until somebody moves it. If that
	// of a Store shows a later time, it stands still there, since no clock goes back. The zero time is the clock on the
	// wall, which can be moved ahead, or that of the Store as it was.
	Clock time.Time
	// Seed is what all ids, numbers, tokens and prices come from: the same seed, clock and requests make the same
	// answers. A Store keeps the seed that it was made with, and New refuses another one than 0.
	Seed uint64
	// CustomerUpdates switches updateCustomer on, which the provider does for each partner that asks for it. Until then
	// it is answered with 403. (Source: the reference's Update Customer; the status is inferred.)
	CustomerUpdates bool
	// Rules say what is to happen to some requests, on purpose; see LoadRules, and Sandbox.SetRules for later ones. New
	// refuses wrong ones with a *RulesError.
	Rules []Rule
	// NoMagic switches the magic values off, see MagicRules.
	NoMagic bool
	// Requests is how many of the latest requests are recorded in memory, for Sandbox.Requests, at most MaxRequests. 0
	// means DefaultRequests, and a negative number none.
	Requests int
	// RecordBodies records the bodies of requests as well, up to 64 KiB of each, with all personal data in them. Those
	// that speak of a password, a secret, a token or a PIN are left out.
	RecordBodies bool
	// ControlToken lets whoever sends it as their bearer token call what is below /__sandbox/ from other machines and
	// by each of the Hosts. Without one that is for programs on the sandbox's machine alone.
	ControlToken signing.Secret
	// Store keeps what the sandbox knows between one run and the next, see package sqlitestore. Nil keeps everything in
	// memory alone. Close closes it, and so does New if it fails.
	Store Store
	// DeliveryFaults are what goes wrong with the deliveries of events on purpose, from the start. See
	// SetDeliveryFaults.
	DeliveryFaults DeliveryFaults
	// DeliveryTimeout is how long a subscriber has to answer, by the clock on the wall. 0 means 10 seconds. A move of
	// the clock waits for subscribers for as long, all in all, and goes on without them then.
	DeliveryTimeout time.Duration
}

// withDefaults has the defaults in the place of what is not set.
func (c Config) withDefaults() Config {
	if c.Username == "" {
		c.Username = DefaultUsername
	}
	if c.Password.IsZero() {
		c.Password = DefaultPassword
	}
	if c.SigningSecret.IsZero() {
		c.SigningSecret = DefaultSigningSecret
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Sandbox is the API with a bank behind it. It is an http.Handler and safe for concurrent use. Make it with New.
type Sandbox struct {
	server *server.Server
	// downloads has what is not in the contract.
	downloads http.Handler
	bank      *bank.Bank
	hosts     hosts
	logger    *slog.Logger
	rules     rulebook
	post      *post
	magic     magic
	requests  *requests
	// controlToken is that of the Config.
	controlToken signing.Secret
}

// firstTime is where a clock begins at the earliest: the calendars know no holidays before.
var firstTime = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// New opens a sandbox with the bank of Config.Store, or an empty one. It fails when Hosts has something else than names
// and addresses, when a secret begins or ends with white space, as with the line break of its file, when Clock is
// before 1990 or after 2100, when something is wrong with the Rules, the DeliveryFaults or the DeliveryTimeout, and
// when the Store cannot be read, contradicts itself or was made with another Seed. Then it has closed the Store.
func New(config Config) (*Sandbox, error) {
	s, err := open(config.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return s, nil
}

func open(config Config) (s *Sandbox, err error) {
	hosts, err := config.check()
	if err != nil {
		if config.Store != nil {
			err = errors.Join(err, config.Store.Close())
		}
		return nil, err
	}
	b, err := bank.Open(bank.Config{Store: config.Store, Seed: config.Seed, Secret: tokenSecret(config),
		Now: config.Now, Clock: config.Clock, CustomerUpdates: config.CustomerUpdates})
	if err != nil {
		return nil, err // It has closed the Store.
	}
	s = &Sandbox{bank: b, hosts: hosts, logger: config.Logger, requests: newRequests(config, b.Time),
		controlToken: config.ControlToken}
	s.rules.begin(b.Seed())
	b.Keep(s.rules.keep, s.rules.beginAnew)
	if !config.NoMagic {
		err = s.magic.use()
	}
	if err := errors.Join(err, s.rules.set(config.Rules), s.serve(config)); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	b.SetDeliveryFaults(bank.DeliveryFaults(config.DeliveryFaults))
	s.post = newPost(config, b)
	return s, nil
}

// check returns the hosts that may be called, or what is wrong.
func (c Config) check() (hosts, error) {
	for name, secret := range map[string]signing.Secret{"Password": c.Password, "SigningSecret": c.SigningSecret} {
		if err := secret.Check(); err != nil {
			return nil, fmt.Errorf("the %s of the Config: %w", name, err)
		}
	}
	if err := checkRules(c.Rules, nil).err(); err != nil {
		return nil, fmt.Errorf("the Rules of the Config: %w", err)
	}
	if err := c.DeliveryFaults.Check(); err != nil {
		return nil, fmt.Errorf("the DeliveryFaults of the Config: %w", err)
	}
	if !c.ControlToken.IsZero() {
		if err := CheckControlToken(c.ControlToken); err != nil {
			return nil, fmt.Errorf("the ControlToken of the Config: %w", err)
		}
	}
	if c.Requests > MaxRequests {
		return nil, fmt.Errorf("the Config asks for more than %d Requests", MaxRequests)
	}
	if c.DeliveryTimeout < 0 {
		return nil, errors.New("the DeliveryTimeout of the Config is negative")
	}
	if c.Clock.IsZero() || !c.Clock.Before(firstTime) && c.Clock.Before(bank.LastTime) {
		return newHosts(c.Hosts)
	}
	return nil, errors.New("the Clock of the Config is not of the years 1990 to 2100, whose holidays are known")
}

// serve puts the chain before the bank.
func (s *Sandbox) serve(config Config) (err error) {
	access := newAccess(config, s.bank)
	links := newLinks(config)
	s.downloads = newDownloads(s.bank, links, access, s.logger)
	s.server, err = server.New(server.Config{
		API:         &api.Server{Knows: access.knows, Link: links.link},
		Lookup:      access.lookup,
		Middlewares: []partnerserver.StrictMiddlewareFunc{s.transaction},
		Store:       newKeys(s.bank),
		Development: true,
		RequestID:   s.bank.NextRequestID,
		Logger:      config.Logger,
		Observe:     s.requests.served,
		// The contract allows them.
		AcceptUnsignedUploads: true,
	})
	return err
}

// ServeHTTP serves one request.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.hosts.allow(r) {
		s.logger.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("method", r.Method),
			slog.Int("status", http.StatusMisdirectedRequest), slog.String("reason", "host_not_allowed"))
		wire.WriteDetail(w, http.StatusMisdirectedRequest, "host_not_allowed",
			"the sandbox is not to be called by this name: call localhost, or allow the host")
		return
	}
	s.date(w)
	switch {
	case isDownload(r):
		s.downloads.ServeHTTP(w, r)
		return
	case strings.HasPrefix(r.URL.Path, controlPrefix):
		s.control(w, r)
		return
	}
	s.requests.record(w, r, s.serveAPI)
}

// date dates an answer by the sandbox's clock. A client reckons how long its token lives from the server's date: by the
// wall's, a token of a clock that stands still in the past would have ended long ago.
func (s *Sandbox) date(w http.ResponseWriter) {
	w.Header().Set("Date", s.bank.Time().Format(http.TimeFormat))
}

// Close ends the deliveries of events, writes what is left to the Store, and closes it. It waits for a second for
// deliveries that are under way; those that take longer, and all others that wait, are made at the next start with the
// same Store. What is written later fails; a sandbox without a Store goes on in memory, and delivers nothing any more.
func (s *Sandbox) Close() error {
	s.post.close()
	return s.bank.Close()
}

// Balances returns what each pocket has in cents, its T-bills at what they have cost, and, under the Nil UUID, that of
// everything outside: minus what was paid in and earned. It fails when they do not add up to zero, or when the bank
// contradicts itself.
func (s *Sandbox) Balances() (map[uuid.UUID]int64, error) { return s.bank.Balances() }

// StateHash is a digest of everything that the sandbox knows, but for what has become of the deliveries of events, in
// which their receivers have a say. Two sandboxes with the same seed, clock and credentials
// that were asked the same things in the same order have the same.
func (s *Sandbox) StateHash() ([sha256.Size]byte, error) { return s.bank.Hash() }

// Time is what the sandbox's clock shows.
func (s *Sandbox) Time() time.Time { return s.bank.Time() }

// Frozen reports whether the clock stands still until somebody moves it: it was set, now or in an earlier run with the
// same Store.
func (s *Sandbox) Frozen() bool { return s.bank.Frozen() }

// SetClock sets the clock, which stands still from then on, and does what has become due on the way, in the order of
// its time. Events are delivered on the way, too, each when the clock shows its time, and it waits for the subscribers'
// answers, for DeliveryTimeout in all at most. It fails with ErrRefused for an earlier time, since the clock never goes
// back, and for one after the year 2100, the last whose holidays are known. If ctx ends, or what is due fails, the
// clock may have moved all the same: Time tells.
func (s *Sandbox) SetClock(ctx context.Context, to time.Time) error {
	return outward(s.newWalk().set(ctx, to))
}

// Advance moves the clock forward, and does what has become due on the way, in the order of its time, as SetClock does;
// by 0 it does what is due now. A clock that goes on its own still does, further ahead; one that was set stands still
// where it has come. It fails with ErrRefused where SetClock does. If ctx ends, or what is due fails, the clock may
// have moved all the same: whoever tries again after an error looks at Time first.
func (s *Sandbox) Advance(ctx context.Context, by time.Duration) error {
	return outward(s.newWalk().advance(ctx, by))
}

// RunUntilQuiet moves the clock from one thing that is awaited to the next until nothing is: payments have arrived and
// are settled, reviews are over, events are delivered or given up, unless their subscribers hang for longer than a move
// waits. T-bills fall due on the way, but are not waited for. Nor is a deposit by fundAccount, which is invested at
// once: its transaction is BOOKED until two business days of the Federal Reserve later. Advance by six days, which are
// enough from any day, and it is SETTLED. It goes no further than a year. A clock that goes on its own still does.
func (s *Sandbox) RunUntilQuiet(ctx context.Context) error {
	w := s.newWalk()
	if err := w.settle(ctx); err != nil {
		return err
	}
	return s.bank.RunUntilQuietBy(ctx, w.advance)
}

// PartnerAccount is the id of the partner's own account, which fundings come from and defundings go to.
func (s *Sandbox) PartnerAccount() uuid.UUID { return s.bank.PartnerAccount() }
