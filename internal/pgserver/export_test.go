package pgserver

// HideBinaries makes what Debian's packages installed invisible until the returned function is called.
func HideBinaries() (restore func()) {
	before := debian
	debian = "/nowhere/*/bin"
	return func() { debian = before }
}
