package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"unsafe"

	"wallaroo.example/examples/words"
)

// serve counts the words of one connection after the other, with buffers at both ends.
func serve(in, out string) error {
	listener, err := net.Listen("tcp", in)
	if err != nil {
		return err
	}
	defer listener.Close()
	sink, err := net.Dial("tcp", out)
	if err != nil {
		return err
	}
	defer sink.Close()
	c := newCounter()
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		if err := c.serve(connection, sink); err != nil {
			return err
		}
	}
}

func (c *counter) serve(from net.Conn, to io.Writer) error {
	defer from.Close()
	reader := bufio.NewReaderSize(from, 256<<10)
	var line []byte
	for {
		var header [4]byte
		if reader.Buffered() == 0 && len(c.out) != 0 { // nothing waits for more input
			if err := c.flush(to); err != nil {
				return err
			}
		}
		if _, err := io.ReadFull(reader, header[:]); err != nil {
			return c.flush(to)
		}
		size := int(binary.BigEndian.Uint32(header[:]))
		if cap(line) < size {
			line = make([]byte, size)
		}
		line = line[:size]
		if _, err := io.ReadFull(reader, line); err != nil {
			return c.flush(to)
		}
		// Words are copied by add when they are kept.
		words.Split(*(*string)(unsafe.Pointer(&line)), c.add)
		if len(c.out) >= 64<<10 {
			if err := c.flush(to); err != nil {
				return err
			}
		}
	}
}

func (c *counter) flush(to io.Writer) error {
	_, err := to.Write(c.out)
	c.out = c.out[:0]
	return err
}
