package redisserver

import "syscall"

// attributes make the server die with the thread that started it, and shield it from the terminal's signals: an
// interrupt is for the program, which then ends the server.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
