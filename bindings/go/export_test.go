package wallaroo

// FindMessages is how Header finds messages.
func FindMessages(size int, payload func([]byte) (uint64, error), bytes []byte, sizeMax uint32, found []span) (int, uint32) {
	count, problem, _ := findMessages(size, payload, bytes, sizeMax, found)
	return count, problem
}

// LimitPieces lowers what keys and messages of sinks may have until the result is called.
func LimitPieces(bytes uint64) (restore func()) {
	key, message := keyBytesMax, messageBytesMax
	keyBytesMax, messageBytesMax = bytes, bytes
	return func() { keyBytesMax, messageBytesMax = key, message }
}

// A Span is a message that FindMessages found.
type Span = span
