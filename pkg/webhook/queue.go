package webhook

import (
	"net/http"
	"sync"
	"time"
)

// enqueue gives a job to the workers.
func (h *Handler) enqueue(w http.ResponseWriter, r *http.Request, j *job) {
	// What is in the queue when Close gives up is released, so nothing may be added afterwards.
	h.mu.Lock()
	queued, reason := false, ReasonClosed
	if !h.abandoned {
		reason = ReasonQueueFull
		select {
		case h.queue <- j:
			queued = true
		default:
		}
	}
	h.mu.Unlock()
	if queued {
		answer(w, http.StatusAccepted, "queued")
		return
	}
	h.report(r.Context(), Report{Kind: ReportRefused, Event: j.event, Refusal: newRefusal(reason)})
	h.giveUp(j)
	h.refuse(w, r, reason)
}

// work handles what is queued, until there will be no more.
func (h *Handler) work() {
	for j := range h.queue {
		if h.abandonment.Err() != nil {
			h.abandonJob(j)
			continue
		}
		h.await(j)
	}
}

// await handles a job, and tells if that takes too long.
func (h *Handler) await(j *job) {
	late := time.NewTimer(h.config.Timeout)
	defer late.Stop()
	result := h.start(j)
	select {
	case <-result:
	case <-late.C:
		h.report(j.execution.Context(), Report{Kind: ReportLate, Event: j.event})
		<-result
	}
}

// empty releases what is queued, all at once: a store that does not answer takes its time for each. Workers that are
// free do the same.
func (h *Handler) empty() {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		select {
		case j, open := <-h.queue:
			if !open {
				return
			}
			all.Go(func() { h.abandonJob(j) })
		default:
			return
		}
	}
}

func (h *Handler) abandonJob(j *job) {
	h.report(j.execution.Context(), Report{Kind: ReportAbandoned, Event: j.event})
	h.giveUp(j)
}

// giveUp releases a job whose function was not called.
func (h *Handler) giveUp(j *job) {
	defer h.running.Done()
	h.release(j)
}
