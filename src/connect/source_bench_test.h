// What source_contract.h needs of a source: its scripted outside, and a chain that it feeds.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "flow/connector.h"

namespace wallaroo::connect {

/// A chain with room for as many messages as the test says. What it takes is kept as text.
class ContractChain final : public flow::SourceOutput {
 public:
  using Text = std::function<std::string(const Record&)>;

  explicit ContractChain(Text text) : text_(std::move(text)) {}

  size_t run(const Record* records, size_t from, size_t count, io::Now now,
             flow::Origin origin) override {
    EXPECT_LE(from, count);
    EXPECT_FALSE(blocked()) << "it was told that there is no room";
    for (; from < count && room > 0; ++from, --room) {
      EXPECT_EQ(records[from].event_time_ns, now.wall_ns);
      finished_ = taken.size() == finish_after;
      if (finished_) break;
      EXPECT_EQ(origin.first_message + from, ++by_origin_[origin.id]) << "its position is wrong";
      taken.push_back(text_(records[from]));
    }
    return from;
  }
  bool blocked() const override { return room == 0; }
  bool finished() const override { return finished_; }
  void close_origin(uint64_t) override {}

  size_t room = SIZE_MAX;
  size_t finish_after = SIZE_MAX;  // a generator's function ends after so many
  std::vector<std::string> taken;

 private:
  Text text_;
  std::map<uint64_t, uint64_t> by_origin_;  // how many messages came
  bool finished_ = false;
};

class SourceBench {
 public:
  virtual ~SourceBench() = default;
  virtual flow::SourceConnector& source() = 0;
  virtual ContractChain& chain() = 0;
  virtual flow::SourceCounters& counters() = 0;
  /// The text of message `number`, 0 and up.
  virtual std::string message(uint64_t number) const { return std::to_string(number); }
  /// Lets `count` messages wait in the outside, once, before the first step; no more will come.
  virtual void offer(uint64_t count) = 0;
  /// As a core does it, with the events that follow.
  virtual void drain() { source().drain(); }

  /// Ends when the outside has no more; otherwise only by drain().
  bool ends_by_itself = true;
  /// What has been accepted when it drains goes on to be run, even all that was offered.
  bool drain_takes_all_offered = false;
  /// Takes its messages at a pace, not as soon as there is room.
  bool paced = false;
};

using MakeSourceBench = std::function<std::unique_ptr<SourceBench>()>;

}  // namespace wallaroo::connect
