package wire

// The defaults of what a message may be. Each is the one default of an option.
const (
	// DefaultMaxBodyBytes bounds a JSON body: 1 MiB.
	DefaultMaxBodyBytes int64 = 1 << 20
	// DefaultMaxFileBytes bounds a file: it must be smaller than 50 MiB. (Source: the contract's content-length
	// parameter.)
	DefaultMaxFileBytes int64 = 50<<20 - 1
)
