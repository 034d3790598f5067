// Package redisserver runs a private Redis server: on loopback, on a free port, with its data in a temporary folder. It
// is for tests and benchmarks, and for commands that stop, kill and restart a server to see what survives.
//
//	server, err := redisserver.Start(ctx, redisserver.Options{})
//	if err != nil {
//		return err // redisserver.ErrNotInstalled where there is no redis-server
//	}
//	defer server.Close()
//	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
//
// In a test, [ForTest] does all of that.
package redisserver
