// The only reader of the machine's clocks.
#pragma once

#include "io/now.h"

namespace wallaroo::os {

io::Now read_clock();

}  // namespace wallaroo::os
