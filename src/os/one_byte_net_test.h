// A network over which every read and every write moves one byte, so that whatever stands on it
// meets every place where a message can be cut.
#pragma once

#include "os/passing_net_test.h"

namespace wallaroo::os {

class OneByteNet final : public PassingNet {
 public:
  using PassingNet::PassingNet;

  io::IoResult read(io::ConnectionId connection, std::span<char> into) override {
    return PassingNet::read(connection, into.first(1));
  }
  io::IoResult writev(io::ConnectionId connection,
                      std::span<const std::span<const char>> parts) override {
    for (const std::span<const char> part : parts) {
      if (part.empty()) continue;
      const std::span<const char> first = part.first(1);
      return PassingNet::writev(connection, {&first, 1});
    }
    return {};
  }
};

}  // namespace wallaroo::os
