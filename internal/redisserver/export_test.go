package redisserver

// Need skips or fails a test where Redis is not installed, as ForTest does, and starts nothing.
func Need(t T) {
	t.Helper()
	if _, err := find(); err != nil {
		giveUp(t, err)
	}
}
