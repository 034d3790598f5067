//go:build !linux

package project_test

import "testing"

// withoutPrivilege is for Linux, where tests run as root in containers.
func withoutPrivilege(*testing.T) {}
