package partnerserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
)

// lists answers with lists that nobody made.
type lists struct {
	partnerserver.UnimplementedStrictServer
}

func (lists) ListSubscriptions(context.Context,
	partnerserver.ListSubscriptionsInput) (partnerserver.ListSubscriptionsOutput, error) {
	return partnerserver.ListSubscriptionsOK{}, nil
}

func (lists) GetSubscription(context.Context,
	partnerserver.GetSubscriptionInput) (partnerserver.GetSubscriptionOutput, error) {
	return partnerserver.GetSubscriptionOK{}, nil
}

func (lists) ListRelatedPartyApplications(context.Context,
	partnerserver.ListRelatedPartyApplicationsInput) (partnerserver.ListRelatedPartyApplicationsOutput, error) {
	return partnerserver.ListRelatedPartyApplicationsOK{}, nil
}

func (lists) GetAccount(context.Context,
	partnerserver.GetAccountInput) (partnerserver.GetAccountOutput, error) {
	return partnerserver.GetAccountOK{Body: partnerapi.Account{}}, nil
}

func TestAServerNeverAnswersNullForAList(t *testing.T) {
	strict, err := partnerserver.NewStrictHandler(lists{}, func(_ http.ResponseWriter, _ *http.Request, err error) {
		t.Error(err)
	})
	if err != nil {
		t.Fatal(err)
	}
	handler := partnerserver.Handler(strict)
	id := uuid.New().String()
	for _, c := range []struct{ name, path, want string }{
		{"a page", "/api/v1/subscriptions/", `{"items":[]}`},
		{"a list in an object", "/api/v1/subscriptions/" + id + "/", `"events":[]`},
		{"a list in an object of an object", "/api/v1/jiko-accounts/" + id + "/", `"securities":[]`},
		{"a list by itself", "/api/v1/business-applications/" + id + "/related-party-applications/", `[]`},
	} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, c.path, nil))
		if text := answer.Body.String(); answer.Code != http.StatusOK || !strings.Contains(text, c.want) ||
			strings.Contains(text, "null") {
			t.Errorf("%s: %d %s, want %s", c.name, answer.Code, text, c.want)
		}
	}
}
