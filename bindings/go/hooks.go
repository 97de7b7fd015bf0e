package wallaroo

import (
	"reflect"

	"wallaroo.example/wallaroo/internal/engine"
	"wallaroo.example/wallaroo/internal/hooks"
)

func init() {
	hooks.Open = func(app any) (*engine.App, error) { return app.(*App).open() }
	hooks.CodecOf = func(app any, of reflect.Type) any { return app.(*App).codecs[of] }
}
