// Package wallaroo is a stream processor for programs in Go: sources, computations, keyed state and
// sinks, run by an engine that spreads them over cores, handles each message the moment it arrives,
// and bounds its memory.
//
// An application is a set of pipelines. A pipeline begins at a source and is built by functions and
// methods that return streams: what changes the type of a stream is a function (Map, FlatMap, KeyBy,
// Stateful), because methods of Go cannot have type parameters; what keeps it is a method (Filter,
// EventTime, Spread, Sink).
//
//	app := wallaroo.New("word-count")
//	lines := wallaroo.Source(app.Pipeline("words"), "lines",
//		wallaroo.ListenTCP(app.Flag("in", ":7010"), wallaroo.U32BE), wallaroo.Text)
//	words := wallaroo.FlatMap(lines, "split", split)
//	counts := wallaroo.Stateful(wallaroo.KeyBy(words, func(w string) string { return w }), "count", count)
//	counts.Sink("counts", wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.Lines), format)
//	app.Main()
//
// Functions return errors. An error or a panic concerns the message being worked on: what it has put
// out is taken back, it is counted, the first are logged with message, key and stack, and the
// ErrorPolicy of the stage says what becomes of it. Every core calls the same functions, so what
// they capture is shared between threads; keep what changes in states. The bytes that a decoder
// gets, emit and a Context are valid during the call, and by one goroutine at a time.
//
// States and messages that leave the process are encoded automatically: numbers, texts, slices,
// maps and structs of such with exported fields. Types with encoding.BinaryMarshaler encode
// themselves, and UseCodec replaces the encoding of a type.
//
// Package harness runs an application under go test.
package wallaroo
