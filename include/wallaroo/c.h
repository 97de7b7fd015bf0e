/* The C ABI, for programs and tests in languages other than C++. It is small, versioned, and passes
 * batches, not messages. docs/bindings.md tells how a binding is made of it.
 *
 * The guest describes its graph once, as JSON (docs/formats/graph.md). For each batch the engine
 * then makes one call into the guest, which runs a whole chain of the guest's functions on it and
 * hands results back by wl_emit(). A value that goes to another stage stays in the guest; the
 * engine carries a 64-bit number for it. So does a state: the engine finds the state of a key, the
 * guest keeps it under a number.
 *
 * Threads. The engine starts none that calls the guest: wl_worker_run_core() runs a core on the
 * calling thread and calls the guest on it. What belongs to one core is never called by two threads
 * at a time. Functions that may be called from any thread say so. No signal handler is installed.
 *
 * Errors. A function that can fail returns a code, 0 (WL_OK) for success, and writes a sentence or
 * two into its last argument, which may be null. A guest that breaks the rules of a call ends the
 * process with a line that says which.
 *
 * Text and bytes are passed as pointer and length, need no final zero, and belong to the caller.
 * A pointer given to the guest is valid until the call returns. */
#pragma once

#include "wallaroo/c_guest.h"
#include "wallaroo/c_harness.h"
#include "wallaroo/c_worker.h"
