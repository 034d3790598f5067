package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

// A server may lock an account after some wrong passwords in a row, and whoever tests it is locked out then. So a wrong
// one is followed by the right one, and there are few altogether: what a run tries with the login beyond that, it tries
// as nobody.
const (
	// mostWrongLogins is how many logins of a run have a caller's name and not the password, and mostWrongShrinks how
	// many more show findings again. docs/contract-tests.md has both.
	mostWrongLogins  = 10
	mostWrongShrinks = 5
)

// nobodysName is one that no account has.
const nobodysName = "nobody-of-that-name"

// wrongLogins count the logins that have a caller's name and not the password.
type wrongLogins struct {
	sent, more int
}

// whoseLogin is whose name a login has, if it has not the password.
func (r *run) whoseLogin(s step, m call.Message) (who call.Who, username string, isWrong bool) {
	if s.Operation != "login" {
		return "", "", false
	}
	value, err := decodeNumbers(m.Body)
	if err != nil {
		return "", "", false
	}
	name, _ := member(value, "username").(string)
	password, _ := member(value, "password").(string)
	switch name {
	case "":
		return "", "", false
	case r.config.Username:
		return "", name, password != r.config.Password.Reveal()
	case r.config.Other.Username:
		return call.Other, name, password != r.config.Other.Password.Reveal()
	}
	return "", "", false
}

// spare has a login that is wrong made as nobody if there were enough of them. What after does is to be done when it is
// answered.
func (r *run) spare(s step, m *call.Message) (after func(context.Context) error, err error) {
	nothing := func(context.Context) error { return nil }
	who, username, isWrong := r.whoseLogin(s, *m)
	if !isWrong {
		return nothing, nil
	}
	if times := max(s.Times, 1); r.wrong.sent+times <= mostWrongLogins+r.wrong.more {
		r.wrong.sent += times
		return func(ctx context.Context) error {
			r.caller.Forget(who)
			return r.caller.LogIn(ctx, who)
		}, nil
	}
	quoted, err := json.Marshal(username)
	if err != nil {
		return nil, err
	}
	named := regexp.MustCompile(`("username"\s*:\s*)` + regexp.QuoteMeta(string(quoted)))
	m.Body = named.ReplaceAll(m.Body, []byte(`${1}"`+nobodysName+`"`))
	if _, _, isWrong := r.whoseLogin(s, *m); isWrong {
		return nil, fmt.Errorf("%w: there were enough logins with a wrong password", errStep)
	}
	return nothing, nil
}
