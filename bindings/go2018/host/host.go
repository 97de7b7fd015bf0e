// Package host runs a program of 2018. `wallaroo go build` adds a file that calls it to the program,
// and main.c does for a program that is built as a C archive.
package host

/*
#include <stdlib.h>
*/
import "C"

import (
	"os"
	"unsafe"

	wa "wallarooapi"
	"wallarooapi/internal/host"
)

// text takes the C string over that ApplicationSetup returned.
func text(returned unsafe.Pointer) string {
	defer C.free(returned)
	return C.GoString((*C.char)(returned))
}

func setArgs(application []string) { wa.Args = application }

// Main runs the program whose ApplicationSetup is setup, and exits. The pointer that setup returns is
// a C string, which is freed.
func Main(setup func() unsafe.Pointer) {
	os.Exit(host.Start(os.Args, setArgs, func() string { return text(setup()) }))
}

// WallarooApiMain is Main for a program in C whose main it is, with ApplicationSetup as a function.
//
//export WallarooApiMain
func WallarooApiMain(count C.int, words **C.char, setup unsafe.Pointer) C.int {
	args := make([]string, int(count))
	for i, word := range unsafe.Slice(words, int(count)) {
		args[i] = C.GoString(word)
	}
	return C.int(host.Start(args, setArgs, func() string { return text(callSetup(setup)) }))
}
