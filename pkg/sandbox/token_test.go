package sandbox_test

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// clock is a clock that tests move.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

func TestLogin(t *testing.T) {
	w := open(t)
	for _, c := range []struct {
		name, username, password string
		ok                       bool
	}{
		{"the right credentials", username, password.Reveal(), true},
		{"a wrong password", username, "wrong-" + marker, false},
		{"a wrong username", "other", password.Reveal(), false},
		{"a password that begins right", username, password.Reveal() + "x", false},
		{"nothing", "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, err := w.Security.Login(t.Context(),
				partnerapi.LoginRequest{Username: c.username, Password: c.password})
			if !c.ok {
				if refusal := theRefusal(t, err, http.StatusUnauthorized); strings.Contains(string(refusal.Body),
					marker) {
					t.Errorf("the answer shows the password: %s", refusal.Body)
				}
				return
			}
			if err != nil || len(result.Token) < 40 || time.Until(result.Expires) > time.Hour ||
				time.Until(result.Expires) < 59*time.Minute {
				t.Errorf("%v, a token of %d characters that ends in %v", err, len(result.Token),
					time.Until(result.Expires))
			}
		})
	}
}

func TestHealth(t *testing.T) {
	w := open(t)
	if status, err := w.Health.Get(t.Context()); err != nil || *status != partnerapi.HealthStatusOK {
		t.Errorf("GetHealth = %v, %v", status, err)
	}
}

func TestATokenLivesAnHour(t *testing.T) {
	c := &clock{}
	w := openAt(t, c.now)
	pockets := func(token string) int {
		return w.raw(t, uuid.NewString(), http.MethodGet, "/api/v2/pockets/", "",
			func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }).status
	}
	first := w.token
	c.advance(59 * time.Minute)
	if status := pockets(first); status != http.StatusOK {
		t.Errorf("%d after 59 minutes", status)
	}
	second := w.login(t)
	c.advance(time.Minute + time.Second)
	if status := pockets(first); status != http.StatusUnauthorized {
		t.Errorf("%d after more than an hour", status)
	}
	if status := pockets(second); status != http.StatusOK {
		t.Errorf("%d with a newer token: one login must not end another", status)
	}
	// The client notices by the 401 and logs in again by itself.
	if _, err := w.Individuals.ListAgreements(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.advance(2 * time.Hour)
	if _, err := w.Individuals.ListAgreements(t.Context()); err != nil {
		t.Errorf("the client does not log in again: %v", err)
	}
}

func TestTheDefaultCredentialsWork(t *testing.T) {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{bank: bank}
	client := w.inProcess(t, partner.Config{Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret})
	if _, err := client.Individuals.ListAgreements(t.Context()); err != nil {
		t.Error(err)
	}
	wrong := w.inProcess(t, partner.Config{Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: signing.NewSecret("another")})
	_, err = wrong.Individuals.ListAgreements(t.Context())
	// The sandbox says what it makes of a wrong signature, as it is for development.
	if refusal := (*partner.Error)(nil); !errors.As(err, &refusal) ||
		!strings.Contains(refusal.Detail, "none of the usual mistakes") {
		t.Errorf("with another secret: %v", err)
	}
}
