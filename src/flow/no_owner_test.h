// The owner of a chain under test, whose records come from nowhere.
#pragma once

#include "flow/chain.h"

namespace wallaroo::flow {

class NoOwner final : public ChainOwner {
 public:
  void on_event_time(int64_t, int64_t) override {}
  void on_set_timer(const Record&, std::string_view, int64_t) override {}
  void on_cancel_timer(const Record&, std::string_view) override {}
  Failure failure(const Site& site, std::string_view error, uint32_t) override {
    ++failures;
    return {.stage = 0,
            .site = site,
            .error = error,
            .record = record_,
            .entry = entry_,
            .position = {},
            .exact = false,
            .origin = {},
            .timer = {},
            .wall_ns = 0};
  }

  int failures = 0;  // how often it was asked

 private:
  class NoEntry final : public Entry {
    size_t run(const Record*, void* const*, size_t, size_t count) override { return count; }
  };

  NoEntry entry_;
  Record record_;
};

}  // namespace wallaroo::flow
