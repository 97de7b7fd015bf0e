// Where a source under test puts its messages.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "flow/connector.h"

namespace wallaroo::connect {

using Messages = std::vector<std::string>;

/// A chain that takes `room` messages and then blocks.
class FakeChain final : public flow::SourceOutput {
 public:
  size_t run(const Record* records, size_t from, size_t count, io::Now now,
             flow::Origin origin) override {
    for (; from < count && room > 0; ++from, --room) {
      EXPECT_EQ(origin.first_message + from, by_origin[origin.id].size() + 1);
      EXPECT_EQ(records[from].event_time_ns, now.wall_ns);
      messages.emplace_back(records[from].payload_view());
      by_origin[origin.id].emplace_back(records[from].payload_view());
    }
    return from;
  }
  bool blocked() const override { return room == 0; }
  bool finished() const override { return false; }
  void close_origin(uint64_t origin) override { closed.push_back(origin); }

  size_t room = SIZE_MAX;
  Messages messages;
  std::map<uint64_t, Messages> by_origin;
  std::vector<uint64_t> closed;
};

}  // namespace wallaroo::connect
