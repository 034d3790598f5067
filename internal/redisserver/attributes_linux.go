package redisserver

import "syscall"

// attributes make the server die when the thread that started it does, and keep it from the signals of a terminal: an
// interrupt is for the program, which then ends the server.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
