package wire

// The defaults of what a message may be. Each is the one default of an option.
const (
	// DefaultMaxBodyBytes bounds a JSON body: 1 MiB.
	DefaultMaxBodyBytes int64 = 1 << 20
	// DefaultMaxFileBytes bounds a file: it must be smaller than 50 MiB. (Source: the contract's content-length
	// parameter.)
	DefaultMaxFileBytes int64 = 50<<20 - 1
	// DefaultMaxSpoolBytes bounds the files of a Spool: 1 GiB, which is 20 of the largest.
	DefaultMaxSpoolBytes int64 = 1 << 30

	// MaxMemoryBytes is what is held in memory of a body that goes to a Spool: 16 KiB, more than a call usually has,
	// and less than what a connection costs anyway.
	MaxMemoryBytes int64 = 16 << 10
)
