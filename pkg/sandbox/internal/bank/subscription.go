package bank

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// SharedSecret is what deliveries are signed with. The store keeps its text; fmt and slog print none of it.
type SharedSecret string

// String returns nothing of the secret.
func (SharedSecret) String() string { return "[redacted]" }

// Format writes what String returns, for every verb.
func (s SharedSecret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue logs what String returns.
func (s SharedSecret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// SubscriptionStatus says whether events are delivered to a subscription.
type SubscriptionStatus string

// The statuses of subscriptions.
const (
	SubscriptionEnabled  SubscriptionStatus = "enabled"
	SubscriptionDisabled SubscriptionStatus = "disabled"
)

// RetryPolicy says how a delivery that failed is repeated.
type RetryPolicy struct {
	RetryOnStatusCodes []int32 `json:"retry_on_status_codes"`
	BackoffCoefficient int32   `json:"backoff_coefficient"`
	// MaximumAttempts counts the first one, too.
	MaximumAttempts int32 `json:"maximum_attempts"`
	// The intervals are in seconds.
	InitialIntervalSeconds int32 `json:"initial_interval_seconds"`
	MaximumIntervalSeconds int32 `json:"maximum_interval_seconds"`
}

// Subscription has events of some types posted to a URL.
type Subscription struct {
	ID          uuid.UUID          `json:"id"`
	Description string             `json:"description,omitempty"`
	Events      []string           `json:"events"`
	URL         string             `json:"url"`
	Status      SubscriptionStatus `json:"status"`
	Secret      SharedSecret       `json:"secret"`
	// RetryPolicy is nil if that is left to the provider.
	RetryPolicy *RetryPolicy `json:"retry_policy,omitempty"`
	Created     time.Time    `json:"created"`
	Updated     time.Time    `json:"updated"`
}

// SubscriptionChange has what to change of a subscription; nil leaves it.
type SubscriptionChange struct {
	Description *string
	Events      []string
	URL         *string
	Status      *SubscriptionStatus
	Secret      *SharedSecret
	// RetryPolicy leaves the policy to the provider if it points to nil.
	RetryPolicy **RetryPolicy
}

type subscriptionTables struct {
	subscriptions       *state.Table[uuid.UUID, Subscription]
	subscriptionsByType *state.Index[string, Subscription]
}

func newSubscriptionTables(b *Bank) subscriptionTables {
	t := subscriptionTables{
		subscriptions: state.NewTable(b.db, "subscription", func(s *Subscription) uuid.UUID { return s.ID }),
	}
	t.subscriptionsByType = state.NewIndex(t.subscriptions, func(s *Subscription) []string { return s.Events })
	return t
}

// subscribersTo returns the subscriptions that name a type of events, oldest first.
func (t *Tx) subscribersTo(kind string) (ids []uuid.UUID) {
	t.subscriptionsByType.Of(kind).Each(func(s *Subscription) bool { ids = append(ids, s.ID); return true })
	return ids
}

// Subscriptions returns a page of the subscriptions.
func (t *Tx) Subscriptions(q Query) (Page[Subscription], error) {
	return paginate(t.subscriptions.All(), "subscriptions", q, nil)
}

// Subscription returns a subscription.
func (t *Tx) Subscription(id uuid.UUID) (*Subscription, error) {
	if s := t.subscriptions.Get(id); s != nil {
		return s, nil
	}
	return nil, notFound()
}

// CreateSubscription makes a subscription. It is enabled, and gets the events that happen from now on.
func (t *Tx) CreateSubscription(s Subscription) (*Subscription, error) {
	s.ID, s.Status, s.Created, s.Updated = t.newID(), SubscriptionEnabled, t.now, t.now
	if err := s.settle(); err != nil {
		return nil, err
	}
	t.subscriptions.Insert(t.tx, &s)
	t.deliverable()
	return &s, nil
}

// UpdateSubscription changes a subscription.
func (t *Tx) UpdateSubscription(id uuid.UUID, change SubscriptionChange) (*Subscription, error) {
	current, err := t.Subscription(id)
	if err != nil {
		return nil, err
	}
	changed := *current
	set(&changed.Description, change.Description)
	set(&changed.URL, change.URL)
	set(&changed.Status, change.Status)
	set(&changed.Secret, change.Secret)
	set(&changed.RetryPolicy, change.RetryPolicy)
	if change.Events != nil {
		changed.Events = change.Events
	}
	if err := changed.settle(); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(changed, *current) {
		return current, nil
	}
	changed.Updated = t.now
	t.subscriptions.Update(t.tx, &changed)
	if changed.Status == SubscriptionDisabled {
		t.endDeliveries(id)
	} else {
		t.deliverable()
	}
	return &changed, nil
}

// DeleteSubscription ends a subscription. Its events and the attempts to deliver them stay.
func (t *Tx) DeleteSubscription(id uuid.UUID) error {
	if _, err := t.Subscription(id); err != nil {
		return err
	}
	t.subscriptions.Delete(t.tx, id)
	t.endDeliveries(id)
	return nil
}

// settle refuses what no event could be delivered by, and names each type once.
func (s *Subscription) settle() error {
	var wrong Refusals
	var types []string
	for i, kind := range s.Events {
		switch {
		case !slices.Contains(eventTypes, kind):
			wrong = append(wrong, invalid("event_type", "must be a type of events that listEventTypes names", "body",
				"events", strconv.Itoa(i)))
		case !slices.Contains(types, kind):
			types = append(types, kind)
		}
	}
	s.Events = types
	if u, err := url.Parse(s.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		wrong = append(wrong, invalid("url", "must be an absolute URL that begins with http:// or https://", "body",
			"url"))
	}
	if p := s.RetryPolicy; p != nil && p.MaximumIntervalSeconds < 1 {
		wrong = append(wrong, invalid("minimum", "must be at least 1", "body", "retry_policy",
			"maximum_interval_seconds"))
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

var subscriptionRules = []Rule{
	{[]string{"createSubscription"}, "A subscription is enabled at once, and never shows its secret.", Documented,
		"reference, Create Subscription"},
	{[]string{"createSubscription", "updateSubscription"}, "A type of events that listEventTypes does not name is " +
		"refused with 422. One that is named twice counts once.", Inferred, ""},
	{[]string{"createSubscription", "updateSubscription"}, "The URL begins with http:// or https:// and has a host; " +
		"there may be nobody there.", Inferred, ""},
	{[]string{"createSubscription", "updateSubscription"}, "The maximum interval of a retry policy is at least a " +
		"second.", Inferred, ""},
	{[]string{"updateSubscription"}, "The answer is 200.", Documented, "document of March 2024"},
	{[]string{"updateSubscription"}, "What is left out stays, the description as well; null leaves the retry policy " +
		"to the provider. What changes nothing leaves updated_at.", Inferred, ""},
	{[]string{"deleteSubscription"}, "The events of a subscription that is deleted are still listed.", Inferred, ""},
	{[]string{"listSubscriptions"}, "The newest subscription comes first.", Inferred, ""},
}
