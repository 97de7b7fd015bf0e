/* The functions by which the engine calls Go, as a table. */
#ifndef WALLAROO_GO_GUEST_H
#define WALLAROO_GO_GUEST_H

#include <wallaroo/c.h>

/* Fills `guest` with the functions of this package; they find their guest by `context`. */
void wlgo_guest(wl_guest* guest, uint64_t context);

#endif
