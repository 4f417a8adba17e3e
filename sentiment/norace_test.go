//go:build !race

package sentiment_test

// raceEnabled is false in builds whose times mean something.
const raceEnabled = false
