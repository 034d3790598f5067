package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
)

// Login gives a token to whoever knows the password.
func (s *Server) Login(ctx context.Context, in partnerserver.LoginInput) (partnerserver.LoginOutput, error) {
	if !s.Knows(in.Body.Username, in.Body.Password) {
		return partnerserver.LoginUnauthorized{
			Body: partnerapi.Error{Detail: "the username or the password is wrong"}}, nil
	}
	token, expires := from(ctx).IssueToken()
	return partnerserver.LoginOK{Body: partnerapi.LoginResult{Token: token, Expires: expires}}, nil
}

// GetHealth says that the sandbox runs.
func (s *Server) GetHealth(context.Context, partnerserver.GetHealthInput) (partnerserver.GetHealthOutput, error) {
	return partnerserver.GetHealthOK{Body: partnerapi.HealthStatusOK}, nil
}

// ListPublicKeys shows the key that PINs are encrypted under.
func (s *Server) ListPublicKeys(ctx context.Context, _ partnerserver.ListPublicKeysInput) (
	partnerserver.ListPublicKeysOutput, error) {
	key, err := from(ctx).PINKey()
	if err != nil {
		return nil, err
	}
	return partnerserver.ListPublicKeysOK{Body: partnerapi.PublicKeys{SetPIN: &key}}, nil
}
