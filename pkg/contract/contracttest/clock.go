package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// clockPath is where the clock is, below the controls.
const clockPath = "clock/"

// move has time pass at a server that has a clock which can be moved. A token is over then.
func (r *run) move(ctx context.Context, c recipe.Clock) error {
	if !r.controls {
		return fmt.Errorf("%w: the server has no clock that can be moved", errStep)
	}
	content := map[string]any{"by": c.By}
	switch {
	case c.Run != "":
		content = map[string]any{"run": c.Run}
	case c.BusinessDay != "":
		now, err := r.serverTime(ctx)
		if err != nil {
			return err
		}
		hour, err := time.Parse("15:04", c.BusinessDay)
		if err != nil {
			return fmt.Errorf("%w: %w", errStep, err)
		}
		to := calendar.FederalReserve.After(calendar.DateOf(now)).At(hour.Hour(), hour.Minute())
		content = map[string]any{"time": to.Format(time.RFC3339)}
	}
	encoded, err := json.Marshal(content)
	if err != nil {
		return err
	}
	answer, err := r.control(ctx, http.MethodPost, clockPath, encoded)
	if err != nil {
		return err
	}
	r.caller.Outlive()
	if answer.Trouble != "" {
		// It may wait for deliveries that nobody takes, each time anew.
		if r.silent[clockPath]++; r.silent[clockPath] >= mostSilent {
			r.controls = false
		}
		return fmt.Errorf("%w: the clock does not answer", errStep)
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("%w: the clock answers %d", errStep, answer.Status)
	}
	return nil
}

// serverTime is what the clock of the server shows.
func (r *run) serverTime(ctx context.Context) (time.Time, error) {
	answer, err := r.control(ctx, http.MethodGet, clockPath, nil)
	if err != nil {
		return time.Time{}, err
	}
	var shown struct{ Time time.Time }
	if answer.Status != http.StatusOK || json.Unmarshal(answer.Body, &shown) != nil {
		return time.Time{}, fmt.Errorf("%w: the clock answers %d", errStep, answer.Status)
	}
	return shown.Time, nil
}

// control asks a control of the sandbox.
func (r *run) control(ctx context.Context, method, path string, content []byte) (call.Answer, error) {
	header := http.Header{}
	if content != nil {
		header.Set("Content-Type", mediaJSON)
	}
	return r.caller.Send(ctx, call.Message{Method: method, Target: controlPath + path, Header: header, Body: content,
		Bare: true})
}
