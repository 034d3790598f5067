package partner

import "github.com/jiko-partner/partner-go/gen/partnerapi"

// ErrRequestTooLarge says that a file has 50 MiB or more.
var ErrRequestTooLarge = partnerapi.ErrRequestTooLarge
