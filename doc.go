// Package partnergo holds the contract of the Jiko Partner API, from which everything else in this module is generated.
//
// Most programs want another package: [github.com/jiko-partner/partner-go/pkg/partner] to call the API,
// [github.com/jiko-partner/partner-go/pkg/server] to serve it, or the packages under gen for the generated code alone.
package partnergo
