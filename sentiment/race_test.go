//go:build race

package sentiment_test

// raceEnabled is true in builds that the race detector slows down.
const raceEnabled = true
