package api

import (
	"context"

	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// ListSubscriptions shows the subscriptions.
func (s *Server) ListSubscriptions(ctx context.Context, in partnerserver.ListSubscriptionsInput) (
	partnerserver.ListSubscriptionsOutput, error) {
	page, err := from(ctx).Subscriptions(query(in.Params.Cursor, in.Params.Limit, nil))
	if err != nil {
		return nil, err
	}
	shown := partnerapi.SubscriptionPage{Items: []partnerapi.Subscription{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, x := range page.Items {
		shown.Items = append(shown.Items, showSubscription(x))
	}
	return partnerserver.ListSubscriptionsOK{Body: shown}, nil
}

// CreateSubscription has events posted to a URL.
func (s *Server) CreateSubscription(ctx context.Context, in partnerserver.CreateSubscriptionInput) (
	partnerserver.CreateSubscriptionOutput, error) {
	order := bank.Subscription{Description: value(in.Body.Description), Events: in.Body.Events, URL: in.Body.URL,
		Secret: bank.SharedSecret(in.Body.SharedSecret)}
	if policy := retryPolicy(in.Body.RetryPolicy); policy != nil {
		order.RetryPolicy = *policy
	}
	x, err := from(ctx).CreateSubscription(order)
	if err != nil {
		return nil, err
	}
	return partnerserver.CreateSubscriptionCreated{Body: showSubscription(x)}, nil
}

// GetSubscription shows a subscription.
func (s *Server) GetSubscription(ctx context.Context, in partnerserver.GetSubscriptionInput) (
	partnerserver.GetSubscriptionOutput, error) {
	x, err := from(ctx).Subscription(in.SubscriptionID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetSubscriptionOK{Body: showSubscription(x)}, nil
}

// UpdateSubscription changes a subscription.
func (s *Server) UpdateSubscription(ctx context.Context, in partnerserver.UpdateSubscriptionInput) (
	partnerserver.UpdateSubscriptionOutput, error) {
	x, err := from(ctx).UpdateSubscription(in.SubscriptionID, bank.SubscriptionChange{
		Description: in.Body.Description, Events: in.Body.Events, URL: in.Body.URL,
		Status: (*bank.SubscriptionStatus)(in.Body.Status), Secret: (*bank.SharedSecret)(in.Body.SharedSecret),
		RetryPolicy: retryPolicy(in.Body.RetryPolicy),
	})
	if err != nil {
		return nil, err
	}
	return partnerserver.UpdateSubscriptionOK{Body: showSubscription(x)}, nil
}

// DeleteSubscription ends a subscription.
func (s *Server) DeleteSubscription(ctx context.Context, in partnerserver.DeleteSubscriptionInput) (
	partnerserver.DeleteSubscriptionOutput, error) {
	if err := from(ctx).DeleteSubscription(in.SubscriptionID); err != nil {
		return nil, err
	}
	return partnerserver.DeleteSubscriptionNoContent{}, nil
}

// retryPolicy is nil if nothing is said of it, and points to nil for null.
func retryPolicy(given nullable.Nullable[partnerapi.RetryPolicy]) **bank.RetryPolicy {
	if !given.IsSpecified() {
		return nil
	}
	var policy *bank.RetryPolicy
	if p, err := given.Get(); err == nil {
		policy = &bank.RetryPolicy{RetryOnStatusCodes: p.RetryOnStatusCodes, BackoffCoefficient: p.BackoffCoefficient,
			MaximumAttempts: p.MaximumAttempts, InitialIntervalSeconds: p.InitialIntervalSeconds,
			MaximumIntervalSeconds: p.MaximumIntervalSeconds}
	}
	return &policy
}

func showSubscription(x *bank.Subscription) partnerapi.Subscription {
	shown := partnerapi.Subscription{ID: x.ID, Description: &x.Description, Events: x.Events, URL: x.URL,
		Status: partnerapi.SubscriptionStatus(x.Status), TimeCreated: x.Created, UpdatedAt: x.Updated,
		RetryPolicy: nullable.NewNullNullable[partnerapi.RetryPolicy](), ObjectType: "Subscription"}
	if p := x.RetryPolicy; p != nil {
		shown.RetryPolicy.Set(partnerapi.RetryPolicy{RetryOnStatusCodes: p.RetryOnStatusCodes,
			BackoffCoefficient: p.BackoffCoefficient, MaximumAttempts: p.MaximumAttempts,
			InitialIntervalSeconds: p.InitialIntervalSeconds, MaximumIntervalSeconds: p.MaximumIntervalSeconds})
	}
	return shown
}
