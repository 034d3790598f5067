package project_test

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// withoutPrivilege has root, as whom tests run in containers, write only where the mode of a folder allows it, for the
// rest of the test and in its own goroutine.
func withoutPrivilege(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // A thread that is still locked at the end of a test is not used again.
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
	data[0].Effective &^= 1 << unix.CAP_DAC_OVERRIDE
	if err := unix.Capset(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
}
