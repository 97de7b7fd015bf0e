// The one source of the shared library; everything else comes from the modules.
#include "wallaroo/c.h"

const char* wl_version(void) { return WALLAROO_VERSION; }
