// Package certificate makes certificates that vouch for themselves, for servers on this machine:
//
//	c, err := certificate.New("bank.example")
//	if err != nil {
//		return err
//	}
//	server.Serve(c.Listener(listener)) // and clients trust c.Pool, or c.PEM
package certificate
