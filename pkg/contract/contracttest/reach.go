package contracttest

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

// controlPath is where the sandbox of this module has its controls.
const controlPath = "/__sandbox/"

// reach finds out whether the server can be talked to, and whether it is a sandbox whose clock may be moved. Nobody
// else is asked for a clock than who may be one: a run that only reads, or that leaves the controls alone, asks whether
// the server is up.
func (r *run) reach(ctx context.Context) error {
	asked := call.Message{Method: http.MethodGet, Target: operationByID("getHealth").Path, Bare: true}
	mayMove := r.config.AllowWrites && !r.config.NoControls
	if mayMove {
		asked.Target = controlPath + clockPath
	}
	answer, err := r.caller.Send(ctx, asked)
	if err == nil {
		err = answer.WantsTLS()
	}
	if err != nil {
		return withoutTLS(err)
	}
	if answer.Trouble == call.TroubleUnreachable {
		return ErrUnreachable
	}
	r.controls = mayMove && isClock(answer)
	return withoutTLS(r.reachAsOther(ctx))
}

// isClock reports whether an answer is that of a sandbox's clock. A server may answer 200 and JSON to everything, and
// what is sent to a clock is for a clock.
func isClock(a call.Answer) bool {
	if a.Trouble != "" || a.Status != http.StatusOK || !isJSON(a.Header.Get("Content-Type")) {
		return false
	}
	var shown struct {
		Time   *time.Time `json:"time"`
		Frozen *bool      `json:"frozen"`
	}
	return json.Unmarshal(a.Body, &shown) == nil && shown.Time != nil && shown.Frozen != nil
}
