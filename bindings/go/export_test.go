package wallaroo

// FindMessages is how Header finds messages.
func FindMessages(size int, payload func([]byte) (uint64, error), bytes []byte, sizeMax uint32, found []span) (int, uint32) {
	return findMessages(size, payload, bytes, sizeMax, found)
}

// A Span is a message that FindMessages found.
type Span = span
