// For tests of programs: an application on the real engine, in the calling thread, without sockets
// and with a clock that the test moves. Link wallaroo::testkit.
#pragma once

#include "wallaroo/testkit/harness.h"
#include "wallaroo/testkit/stage_contract.h"
