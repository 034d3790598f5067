package zoo

import (
	"net/http"
	"strings"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// methods are broken in what they make of methods, paths and sizes that the contract does not have.
var methods = []Animal{
	{
		Name: "method-not-found", Fault: "A method that a path does not have is answered with 404.",
		Checks: []string{"F925"}, Operations: []string{"listPockets"}, Place: "method",
		Break: onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
			a := ask(b, r)
			if a.status == http.StatusMethodNotAllowed {
				a = refusal(http.StatusNotFound)
			}
			a.write(w)
		}, "listPockets"),
	},
	{
		Name: "no-allow", Fault: "405 comes without Allow.",
		Checks: []string{"F925"}, Operations: []string{"getWire"}, Place: "allow",
		Break: onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
			a := ask(b, r)
			a.header.Del("Allow")
			a.write(w)
		}, "getWire"),
	},
	{
		Name: "allow-all", Fault: "Allow has all methods of the API, whatever the path.",
		Checks: []string{"F926"}, Operations: []string{"getCustomer"}, Place: "names",
		Break: onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
			a := ask(b, r)
			if a.header.Get("Allow") != "" {
				a.header.Set("Allow", "GET, POST, PATCH, DELETE")
			}
			a.write(w)
		}, "getCustomer"),
	},
	{
		Name: "allow-one", Fault: "Allow has the first method of a path alone.",
		Checks: []string{"F926"}, Operations: []string{"updateSubscription"}, Place: "lacks",
		Break: onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
			a := ask(b, r)
			if first, _, has := strings.Cut(a.header.Get("Allow"), ","); has {
				a.header.Set("Allow", first)
			}
			a.write(w)
		}, "updateSubscription"),
	},
	{
		Name: "put-is-patch", Fault: "PUT does what PATCH does.",
		Checks: []string{"F210", "F925"}, Operations: []string{"updatePocket"}, Place: "PUT",
		Break: methodAs(http.MethodPut, http.MethodPatch, "updatePocket"),
	},
	{
		Name: "post-is-get", Fault: "A list may be asked for by POST.",
		Checks: []string{"F210"}, Operations: []string{"listEventTypes"}, Place: "POST",
		Break: methodAs(http.MethodPost, http.MethodGet, "listEventTypes"),
	},
	{
		Name: "customers-can-be-deleted", Fault: "An operation that is not in the contract removes a customer.",
		Checks: []string{"F210"}, Operations: []string{"getCustomer"}, Place: "DELETE",
		Break: onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
			if r.Method != http.MethodDelete {
				b.ServeHTTP(w, r)
				return
			}
			read := r.Clone(r.Context())
			read.Method = http.MethodGet
			a := ask(b, read)
			if a.status == http.StatusOK {
				a = &answer{http.StatusNoContent, http.Header{}, nil}
			}
			a.write(w)
		}, "getCustomer"),
	},
	{
		Name: "trace", Fault: "TRACE sends back what it got, with the token.",
		Checks: []string{"F210"}, Operations: []string{"listWires"}, Place: "TRACE",
		Break: onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
			if r.Method != http.MethodTrace {
				b.ServeHTTP(w, r)
				return
			}
			w.Header().Set(headerMedia, "message/http")
			_ = r.Write(w)
		}, "listWires"),
	},
	{
		Name: "method-breaks", Fault: "A method that nobody has thought of is a failure.",
		Checks: []string{"F100"}, Operations: []string{"createReportRequest"}, Place: "500",
		Break: onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
			if r.Method == http.MethodDelete {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			b.ServeHTTP(w, r)
		}, "createReportRequest"),
	},
	{
		Name: "heads-for-everybody", Fault: "The token of a HEAD is not looked at.",
		Checks: []string{"F207"}, Operations: []string{"getPocket"}, Place: "HEAD",
		Break: onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
			if r.Method == http.MethodHead {
				w.Header().Set(headerMedia, "application/json")
				return
			}
			b.ServeHTTP(w, r)
		}, "getPocket"),
	},
	{
		Name: "heads-need-no-signature", Fault: "The signature of a HEAD is not looked at.",
		Checks: []string{"F906"}, Operations: []string{"listPocketTransactions"}, Place: "HEAD",
		Break: onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
			if r.Method == http.MethodHead {
				r.Header.Del(headerSignature)
				b.sign(r, nil)
			}
			b.ServeHTTP(w, r)
		}, "listPocketTransactions"),
	},
	{
		Name: "slash-or-not", Fault: "A path may come without its slash.",
		Checks: []string{"F210"}, Operations: []string{"createCounterparty"}, Place: "unslashed",
		Break: slashed(func(b Bank, w http.ResponseWriter, r *http.Request) { b.ServeHTTP(w, r) },
			"createCounterparty"),
	},
	{
		Name: "redirected-to-the-slash", Fault: "A path without its slash is redirected.",
		Checks: []string{"F920"}, Operations: []string{"createOnUsTransfer"}, Place: "301",
		Break: slashed(func(_ Bank, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", r.URL.Path)
			w.WriteHeader(http.StatusMovedPermanently)
		}, "createOnUsTransfer"),
	},
	{
		Name: "anything-below", Fault: "A path that goes on below one of the contract is answered as that one.",
		Checks: []string{"F210"}, Operations: []string{"getHealth"}, Place: "below",
		Break: func(b Bank) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/health") {
					r.URL.Path, r.URL.RawPath = "/health", ""
				}
				b.ServeHTTP(w, r)
			})
		},
	},
	{
		Name: "large-bodies-break", Fault: "A body over a megabyte is a failure, not a refusal.",
		Checks: []string{"F100"}, Operations: []string{"createBusinessApplication"}, Place: "500",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if len(body) > 1<<20 {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			b.serve(w, r, body)
		}, "createBusinessApplication"),
	},
	{
		Name: "long-headers-break", Fault: "A header of more than 8 KiB is a failure.",
		Checks: []string{"F100"}, Operations: []string{"listTradingStrategies"}, Place: "502",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if len(r.Header.Get("X-Padding")) > 8<<10 {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			b.serve(w, r, body)
		}, "listTradingStrategies"),
	},
	{
		Name: "long-headers-unknown", Fault: "A header of more than 8 KiB is answered as if there were no such method.",
		Checks: []string{"F100"}, Operations: []string{"listEventTypes"}, Place: "501",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if len(r.Header.Get("X-Padding")) > 8<<10 {
				w.WriteHeader(http.StatusNotImplemented)
				return
			}
			b.serve(w, r, body)
		}, "listEventTypes"),
	},
	{
		Name: "bodies-of-reads-break", Fault: "A body where there should be none is a failure.",
		Checks: []string{"F100"}, Operations: []string{"submitApplication"}, Place: "500",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if len(body) > 0 {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			b.serve(w, r, body)
		}, "submitApplication"),
	},
}

// onMethod has calls of the paths of some operations answered by a function, if they have a method that the contract
// does not have there. HEAD is one of them.
func onMethod(call func(b Bank, w http.ResponseWriter, r *http.Request, o partnerapi.Operation),
	operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if operationOf(r) == "" {
				if o, ok := pathOf(r, operations); ok {
					call(b, w, r, o)
					return
				}
			}
			b.ServeHTTP(w, r)
		})
	}
}

// pathOf is the operation among some whose path a request has, whatever its method.
func pathOf(r *http.Request, operations []string) (partnerapi.Operation, bool) {
	for _, o := range partnerapi.Operations() {
		with := r.Clone(r.Context())
		with.Method = o.Method
		if called := operationOf(with); called == o.ID && touches(with, operations) {
			return o, true
		}
	}
	return partnerapi.Operation{}, false
}

// methodAs takes a method for another one.
func methodAs(method, as string, operations ...string) func(Bank) http.Handler {
	return onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
		if r.Method == method {
			r.Method = as
		}
		b.ServeHTTP(w, r)
	}, operations...)
}

// slashed has requests answered by a function that lack the slash at the end of a path of some operations: they have
// it then, and are signed with it.
func slashed(call func(b Bank, w http.ResponseWriter, r *http.Request), operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			with := r.Clone(r.Context())
			with.URL.Path, with.URL.RawPath = r.URL.Path+"/", ""
			with.RequestURI = with.URL.RequestURI()
			if !strings.HasSuffix(r.URL.Path, "/") && touches(with, operations) {
				onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
					b.put(r, body)
					call(b, w, r)
				})(b).ServeHTTP(w, with)
				return
			}
			b.ServeHTTP(w, r)
		})
	}
}
