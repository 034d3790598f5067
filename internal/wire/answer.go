package wire

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// WriteJSON answers with a status and a body in JSON. A body that does not encode becomes a 500.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	write(w, status, "application/json", body)
}

// WriteDetail answers with {"detail": …}, and with {"type": …, "detail": …} when kind is not empty.
func WriteDetail(w http.ResponseWriter, status int, kind, detail string) {
	WriteJSON(w, status, struct {
		Type   string `json:"type,omitempty"`
		Detail string `json:"detail"`
	}{kind, detail})
}

// Problem is the problem details of RFC 9457.
type Problem struct {
	// Type is a URI, or a stable name of what is wrong. Empty means about:blank: the status says it all.
	Type string `json:"type"`
	// Title is the same for all problems of a type. Empty means that of the status.
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Errors lists what is wrong with which part of the request, an extension that RFC 9457 has in its examples.
	Errors any `json:"errors,omitempty"`
}

// WriteProblem answers with problem details, as application/problem+json.
func WriteProblem(w http.ResponseWriter, problem Problem) {
	if problem.Type == "" {
		problem.Type = "about:blank"
	}
	if problem.Title == "" {
		problem.Title = http.StatusText(problem.Status)
	}
	write(w, problem.Status, "application/problem+json", problem)
}

func write(w http.ResponseWriter, status int, contentType string, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"detail":"internal error"}`)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(text) // The client is gone, or not.
}

// SetRetryAfter sets the header Retry-After in whole seconds, rounded up, so that nobody comes too early. A wait of
// nothing or less sets none.
func SetRetryAfter(header http.Header, wait time.Duration) {
	if wait > 0 {
		header.Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
}
