// Package conformance holds, as tests, the programs of tests/conformance in Go: what every language
// must do, in cases that are data.
package conformance
