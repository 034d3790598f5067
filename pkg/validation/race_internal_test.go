//go:build race

package validation

// raceDetector says that a sync.Pool drops some of what is put into it, so that allocations cannot be counted.
const raceDetector = true
