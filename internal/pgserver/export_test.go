package pgserver

// Need skips or fails a test where PostgreSQL is not installed, as ForTest does, and starts nothing.
func Need(t T) {
	t.Helper()
	if _, err := find(); err != nil {
		giveUp(t, err)
	}
}

// HideBinaries makes what Debian's packages installed invisible until the returned function is called.
func HideBinaries() (restore func()) {
	before := debian
	debian = "/nowhere/*/bin"
	return func() { debian = before }
}
