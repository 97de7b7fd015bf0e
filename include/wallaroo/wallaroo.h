// Everything a program needs: #include <wallaroo/wallaroo.h>, namespace wl.
#pragma once

#include "wallaroo/application.h"

namespace wl = wallaroo;
