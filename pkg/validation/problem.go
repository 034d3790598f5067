package validation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// WriteProblem answers a refused request with problem details of RFC 9457, application/problem+json; give it to
// [WithErrorHandler]. The type is about:blank, so the title is that of the status. At 422 the extension errors lists
// the violations: detail, type, and where the value is, as the JSON pointer of a body or as in and parameter.
func WriteProblem(w http.ResponseWriter, _ *http.Request, e *Error) {
	type item struct {
		Detail    string  `json:"detail"`
		Type      string  `json:"type"`
		Pointer   *string `json:"pointer,omitempty"`
		In        string  `json:"in,omitempty"`
		Parameter string  `json:"parameter,omitempty"`
	}
	status := e.status()
	problem := struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitempty"`
		Errors []item `json:"errors,omitempty"`
	}{Type: "about:blank", Title: http.StatusText(status), Status: status}
	if status == http.StatusUnprocessableEntity {
		problem.Detail = "The request does not match the contract."
		for _, v := range e.Violations {
			problem.Errors = append(problem.Errors, item{Detail: v.Message, Type: v.Rule})
			last := &problem.Errors[len(problem.Errors)-1]
			switch {
			case len(v.Location) > 0 && v.Location[0] == "body":
				pointer := jsonPointer(v.Location[1:])
				last.Pointer = &pointer
			case len(v.Location) > 0:
				last.In = fmt.Sprint(v.Location[0])
				if len(v.Location) > 1 {
					last.Parameter = fmt.Sprint(v.Location[1])
				}
			}
		}
	}
	e.header(w.Header(), "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem)
}

// jsonPointer spells a location as RFC 6901 does.
func jsonPointer(location []any) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, step := range location {
		b.WriteString("/" + escape.Replace(fmt.Sprint(step)))
	}
	return b.String()
}
