package authentication

import (
	"errors"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// readBody reads the body, and refuses one whose signature is not right.
func (a *Authenticator) readBody(w http.ResponseWriter, r *incoming) (*wire.Body, *Refusal) {
	bounds := wire.Bounds{
		MaxBytes: r.needs.MaxBodyBytes, Timeout: r.needs.ReadTimeout, RestartWrite: true,
		Spool: a.spool, Owner: r.caller.ID,
	}
	var arriving *signatures
	if r.signed && (r.ContentLength < 0 || r.ContentLength > wire.MaxMemoryBytes) {
		arriving = a.newSignatures(r)
		bounds.Tap = arriving
	}
	body, err := wire.Read(w, r.Request, bounds)
	if err != nil {
		return nil, unread(r, err)
	}
	if !r.signed {
		return body, nil
	}
	if refusal := a.compare(r, body, arriving); refusal != nil {
		body.Discard()
		return nil, refusal
	}
	if int64(body.Len()) <= a.config.MaxBodyBytes { // It is vouched for, so it may take memory.
		if err := body.Load(); err != nil {
			body.Discard()
			return nil, unheld(r, ReasonRoomTaken, err)
		}
	}
	return body, nil
}

// unread refuses a body that was not read.
func unread(r *incoming, err error) *Refusal {
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		return newRefusal(ReasonBodyTooLarge, r.caller.ID)
	case errors.Is(err, wire.ErrTooSlow):
		return newRefusal(ReasonBodyTooSlow, r.caller.ID)
	case errors.Is(err, wire.ErrNoShare):
		return unheld(r, ReasonShareTaken, nil)
	case errors.Is(err, wire.ErrNoRoom):
		return unheld(r, ReasonRoomTaken, nil)
	case errors.Is(err, wire.ErrDisk):
		return unheld(r, ReasonRoomTaken, err)
	}
	return newRefusal(ReasonBodyUnreadable, r.caller.ID)
}

// unheld refuses a body that there is no room for. err is the failure of the disk, if that is why.
func unheld(r *incoming, reason Reason, err error) *Refusal {
	refusal := newRefusal(reason, r.caller.ID)
	refusal.RetryAfter, refusal.Err = roomWait, err
	return refusal
}

// roomWait is when to come again for room. A file on a fast link takes about as long.
const roomWait = 5 * time.Second

// signatures are made of a body while it arrives, by each secret of the caller.
type signatures struct{ usual, strict []*signing.Signer }

func (a *Authenticator) newSignatures(r *incoming) *signatures {
	made := &signatures{strict: a.strictSigners(r)}
	for _, secret := range r.caller.Secrets {
		// It fails for a path that cannot have been signed, which no signature is right for.
		if signer, err := signing.NewSigner(secret, r.key, a.config.Path(r.Request)); err == nil {
			made.usual = append(made.usual, signer)
		}
	}
	return made
}

// Write implements io.Writer. It never fails.
func (s *signatures) Write(p []byte) (int, error) {
	for _, signers := range [][]*signing.Signer{s.usual, s.strict} {
		for _, signer := range signers {
			_, _ = signer.Write(p)
		}
	}
	return len(p), nil
}

// verify holds a signature against what any of the signers makes.
func verify(signers []*signing.Signer, signature string) error {
	mismatch := signing.ErrMismatch
	for _, signer := range signers {
		err := signer.Verify(signature)
		if err == nil {
			return nil
		}
		mismatch = err
	}
	return mismatch
}

// compare tries every secret.
func (a *Authenticator) compare(r *incoming, body *wire.Body, arriving *signatures) *Refusal {
	var recent []string
	if a.config.Development {
		recent = a.recent.swap(r.caller.ID, r.key)
	}
	var err error
	if body.InFile() {
		// Somebody before us has read it, or has put a longer one in its place than was announced.
		if _, before := r.Body.(*wire.Body); before || arriving == nil {
			arriving = a.newSignatures(r)
			if err := body.CopyTo(arriving); err != nil {
				return unheld(r, ReasonRoomTaken, err)
			}
		}
		err = verify(arriving.usual, r.signature)
	} else {
		err = a.compareBytes(r, body.Bytes())
	}
	if err == nil {
		return a.compareStrict(r, body, arriving)
	}
	reason := ReasonSignatureMismatch
	if errors.Is(err, signing.ErrMalformed) {
		reason = ReasonSignatureMalformed
	}
	refusal := newRefusal(reason, r.caller.ID)
	// A file is not diagnosed: it is too large to be taken into memory and taken apart.
	if a.config.Development && int64(body.Len()) <= a.config.MaxBodyBytes && body.Load() == nil {
		refusal.Explanation = "the signature does not match: " + Diagnose(r.caller, Attempt{
			Key: r.key, Path: a.config.Path(r.Request), RawQuery: r.URL.RawQuery, Method: r.Method, Host: r.Host,
			Body: body.Bytes(), Signature: r.signature, Token: signing.NewSecret(r.token), RecentKeys: recent,
		})
	}
	return refusal
}

func (a *Authenticator) compareBytes(r *incoming, body []byte) error {
	path, mismatch := a.config.Path(r.Request), signing.ErrMismatch
	for _, secret := range r.caller.Secrets {
		err := signing.Verify(secret, r.key, path, body, r.signature)
		if err == nil {
			return nil
		}
		if errors.Is(err, signing.ErrMalformed) {
			mismatch = err
		}
	}
	return mismatch
}
