package validation

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// WriteProblem answers a refused request with problem details of RFC 9457, application/problem+json; it is for
// Config.Refuse. The type is about:blank, so the title is that of the status. At 422 the extension errors lists
// the violations: detail, type, and where the value is, as the JSON pointer of a body or as in and parameter.
func WriteProblem(w http.ResponseWriter, _ *http.Request, refusal Refusal) {
	type item struct {
		Detail    string  `json:"detail"`
		Type      string  `json:"type"`
		Pointer   *string `json:"pointer,omitempty"`
		In        string  `json:"in,omitempty"`
		Parameter string  `json:"parameter,omitempty"`
	}
	problem := wire.Problem{Status: refusal.status()}
	if problem.Status == http.StatusUnprocessableEntity {
		problem.Detail = "The request does not match the contract."
		items := make([]item, len(refusal.Violations))
		for i, v := range refusal.Violations {
			items[i] = item{Detail: v.Message, Type: v.Rule}
			switch {
			case len(v.Location) > 0 && v.Location[0] == "body":
				pointer := jsonPointer(v.Location[1:])
				items[i].Pointer = &pointer
			case len(v.Location) > 0:
				items[i].In = fmt.Sprint(v.Location[0])
				if len(v.Location) > 1 {
					items[i].Parameter = fmt.Sprint(v.Location[1])
				}
			}
		}
		problem.Errors = items
	} else if told := refusal.told(); told != "" {
		problem.Detail = strings.ToUpper(told[2:3]) + told[3:] + "."
	}
	refusal.setHeader(w.Header())
	wire.WriteProblem(w, problem)
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
