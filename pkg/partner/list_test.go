package partner_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// A list can be left out, which leaves it as it is, or be sent empty, which clears it. One that the contract requires
// is sent whatever it is, and never as null.
func TestAListGoesOutAsItsCallerMeantIt(t *testing.T) {
	id := uuid.New()
	a, s := scripted(t, status(http.StatusUnprocessableEntity))
	client := a.client(t)
	for _, c := range []struct {
		name string
		call func() error
		want string
	}{
		{"an optional list that is nil", func() error {
			_, err := client.Businesses.UpdateRelatedParty(t.Context(), id, id,
				partner.RelatedPartyApplicationRequest{})
			return err
		}, `{}`},
		{"an optional list that is empty", func() error {
			_, err := client.Businesses.UpdateRelatedParty(t.Context(), id, id,
				partner.RelatedPartyApplicationRequest{Roles: []partner.RelatedPartyRole{}})
			return err
		}, `{"roles":[]}`},
		{"an optional list that is empty, in an object", func() error {
			_, err := client.Businesses.UpdateApplication(t.Context(), id, partner.UpdateBusinessApplicationRequest{
				RiskInfo: &partner.RiskInfo{RiskCategories: []partner.RiskCategory{}},
			})
			return err
		}, `{"risk_info":{"risk_categories":[]}}`},
		{"an optional text that is empty", func() error {
			_, err := client.Subscriptions.Update(t.Context(), id,
				partner.UpdateSubscriptionRequest{Description: partner.Ptr("")})
			return err
		}, `{"description":""}`},
		{"a member that is taken away", func() error {
			_, err := client.Subscriptions.Update(t.Context(), id,
				partner.UpdateSubscriptionRequest{RetryPolicy: partner.Null[partner.RetryPolicy]()})
			return err
		}, `{"retry_policy":null}`},
		{"required lists that are nil, also in an object", func() error {
			_, err := client.Subscriptions.Create(t.Context(), partner.CreateSubscriptionRequest{
				SharedSecret: "0123456789123456", RetryPolicy: partner.Value(partner.RetryPolicy{}),
			})
			return err
		}, `{"events":[],"retry_policy":{"backoff_coefficient":0,"initial_interval_seconds":0,"maximum_attempts":0,` +
			`"maximum_interval_seconds":0,"retry_on_status_codes":[]},"shared_secret":"0123456789123456","url":""}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.reset()
			if err := c.call(); err == nil {
				t.Fatal("it went through")
			}
			if got := s.requests(); len(got) != 1 || got[0].body != c.want {
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
}

// To some servers an empty list is null, or is not there.
func TestANullIsReadAsAnEmptyList(t *testing.T) {
	id := uuid.New()
	for _, body := range []string{`{"items":null}`, `{"items":null,"next_page":null}`, `{}`, `{"items":[]}`} {
		a, _ := scripted(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) })
		client := a.client(t)
		page, err := client.Subscriptions.List(t.Context(), nil)
		if err != nil || len(page.Items) != 0 {
			t.Errorf("%s: %+v, %v", body, page, err)
		}
		for subscription, err := range client.Subscriptions.All(t.Context(), nil) {
			t.Errorf("%s: %+v, %v", body, subscription, err)
		}
	}
	for _, body := range []string{`null`, ` null `, `[]`} {
		a, _ := scripted(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) })
		if list, err := a.client(t).Businesses.ListRelatedParties(t.Context(), id); err != nil || len(list) != 0 {
			t.Errorf("%s: %+v, %v", body, list, err)
		}
	}
	// An object is not a list.
	a, _ := scripted(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `null`) })
	if page, err := a.client(t).Subscriptions.List(t.Context(), nil); err == nil {
		t.Errorf("null is %+v", page)
	}
}

// A query cannot say that a list is empty. A filter that lets nothing through must not let everything through.
func TestAnEmptyListIsNoQueryParameter(t *testing.T) {
	var queries []string
	a := newAPI(t, subscriptions(1, &queries))
	client := a.client(t)
	for _, list := range [][]string{nil, {"portfolio"}} {
		if _, err := client.Pockets.List(t.Context(), &partner.ListPocketsParams{Omit: list}); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"", "omit%5B%5D=portfolio"}; !slices.Equal(queries, want) {
		t.Errorf("%q, want %q", queries, want)
	}
	_, err := client.Transactions.ListForPocket(t.Context(), uuid.New(),
		&partner.ListPocketTransactionsParams{FilterCard: []partner.UUID{}})
	if !errors.Is(err, partner.ErrNotSent) || !strings.Contains(err.Error(), "filter[card]") || len(queries) != 2 {
		t.Errorf("%v after %q", err, queries)
	}
}
