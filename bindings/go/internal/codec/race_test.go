//go:build race

package codec

// The race detector drops what a sync.Pool holds, now and then.
const raceDetector = true
