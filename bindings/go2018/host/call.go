package host

/*
typedef char* (*wlgo_setup)(void);
static char* wlgo_call(void* setup) { return ((wlgo_setup)setup)(); }
*/
import "C"

import "unsafe"

func callSetup(setup unsafe.Pointer) unsafe.Pointer { return unsafe.Pointer(C.wlgo_call(setup)) }
