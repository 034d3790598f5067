// Package process runs this program again as another process, so that it can be killed.
//
//	p, err := process.Start([]string{binary, "sandbox", "torture", "bank"}, config, listener)
//	if err != nil {
//		return err
//	}
//	…
//	err = p.Kill() // SIGKILL: it does not get to say goodbye
package process
