//go:build !linux

package pgserver

import (
	"os"
	"os/exec"
)

// account is the user that the programs run as: here always the one that runs this program.
type account struct{}

func unprivileged() (account, error)        { return account{}, nil }
func (account) own(string) error            { return nil }
func (account) prepare(*exec.Cmd, *os.File) {}
func tryLock(*os.File) error                { return nil }
func removeAbandoned()                      {}
