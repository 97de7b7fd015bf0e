// Package hooks lets the packages of this module reach into an application, which users cannot.
package hooks

import (
	"reflect"

	"wallaroo.example/wallaroo/internal/engine"
)

// Open makes the engine's application of a *wallaroo.App; CodecOf is the Codec that the application
// uses for a type, or nil when it uses the automatic one. Package wallaroo sets both.
var (
	Open    func(app any) (*engine.App, error)
	CodecOf func(app any, of reflect.Type) any
)
