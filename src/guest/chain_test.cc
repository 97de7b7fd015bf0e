// What the engine does during a batch of a guest, and which of its mistakes end the process.
#include "guest/chain.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace wallaroo::guest {
namespace {

class TestChain final : public Chain {
 public:
  bool user_error(const Site& site, uint32_t record) override {
    return failed(site, record, {}, {});
  }
  bool failed(const Site&, uint32_t record, std::string_view, std::string_view) override {
    failures.push_back(record);
    stopped = stops;
    return !stops;
  }
  bool reports_failures() const override { return true; }
  bool undecodable(const Site& site, uint32_t record, std::string_view) override {
    return failed(site, record, {}, {});
  }
  void key_not_listed(uint64_t) override {}
  void event_time(int64_t, int64_t) override {}
  void erase_state(const Record&) override { ++erased; }
  void set_timer(const Record&, std::string_view name, int64_t) override {
    timers.push_back("set " + std::string(name));
  }
  void cancel_timer(const Record&, std::string_view name) override {
    timers.push_back("cancel " + std::string(name));
  }

  bool stops = false;  // the policy
  std::vector<uint32_t> failures;
  std::vector<std::string> timers;
  int erased = 0;
};

class TestSink final : public SinkPort {
 public:
  Bytes& buffer() override { return bytes; }
  void commit(size_t messages) override { committed += messages; }
  Bytes bytes;
  size_t committed = 0;
};

class TestPort final : public Port {
 public:
  size_t append(Record* records, size_t count) override {
    for (size_t i = 0; i < count; ++i) keys.emplace_back(records[i].key_view());
    return count;
  }
  std::vector<std::string> keys;
};

constexpr uint32_t kEntry = 0;
constexpr uint32_t kSink = 1;   // end 0
constexpr uint32_t kKeyBy = 2;  // end 1

/// A chain with a sink, whose messages have at most 255 bytes, and a key_by.
class GuestChain : public testing::Test {
 protected:
  explicit GuestChain(NodeKind kind = NodeKind::source)
      : sink_place_(kSink, {.chain = chain_, .sink = &sink_}, framing_of_a_byte()),
        key_by_(kKeyBy, {.chain = chain_, .port = &port_}, Framing::raw) {
    wl_guest& functions = program_.functions;
    functions.context = reinterpret_cast<uint64_t>(this);
    functions.open_chain = [](uint64_t, wl_chain*, uint32_t, uint32_t, const wl_end*, uint32_t) {
      return uint64_t{0};
    };
    functions.close_chain = [](uint64_t, uint64_t) {};
    functions.process = process;
    Step* const next[] = {&sink_place_, &key_by_};
    engine_ =
        std::make_unique<wl_chain>(program_, kEntry, kind, Wiring{.chain = chain_, .next = next});
  }

  static Framing framing_of_a_byte() { return {.kind = Framing::Kind::length, .header_bytes = 1}; }

  static uint32_t process(uint64_t context, uint64_t, const wl_input* input) {
    reinterpret_cast<GuestChain*>(context)->work_();
    return input->count;
  }

  /// Runs `work` as the guest's side of a batch of three records.
  void during_a_batch(std::function<void()> work) {
    work_ = std::move(work);
    const uint64_t value = 0;
    std::array<Record, 3> records{};
    for (Record& record : records) {
      record.payload = reinterpret_cast<const char*>(&value);
      record.payload_bytes = sizeof value;
    }
    engine_->run(records.data(), nullptr, 0, records.size());
  }

  /// Emits texts, one of each record, to an end.
  int32_t emit(uint32_t end, const std::vector<std::string>& texts) {
    std::vector<wl_output> outputs;
    std::string bytes;
    for (const std::string& text : texts) {
      outputs.push_back({.event_time_ns = 0,
                         .value = 0,
                         .record = static_cast<uint32_t>(outputs.size()),
                         .size = static_cast<uint32_t>(text.size())});
      bytes += text;
    }
    return wl_emit(engine_.get(), end, outputs.data(), static_cast<uint32_t>(outputs.size()),
                   bytes.data(), bytes.size());
  }

  TestChain chain_;
  TestSink sink_;
  TestPort port_;
  EndPlace sink_place_;
  EndPlace key_by_;
  Program program_;
  std::unique_ptr<wl_chain> engine_;
  std::function<void()> work_;
};

const std::string kTooLong(256, 'x');

TEST_F(GuestChain, goes_on_until_a_port_has_no_room) {
  during_a_batch([this] {
    EXPECT_EQ(emit(0, {"a", "b"}), WL_GO_ON);
    EXPECT_EQ(emit(1, {"key", ""}), WL_GO_ON);
    chain_.ports_blocked = 1;
    EXPECT_EQ(emit(1, {"c"}), WL_NO_ROOM);
    EXPECT_EQ(emit(0, {"c"}), WL_NO_ROOM);
  });
  EXPECT_EQ(sink_.bytes.view(), "\1a\1b\1c");
  EXPECT_EQ(port_.keys, (std::vector<std::string>{"key", "", "c"}));
}

TEST_F(GuestChain, drops_a_message_that_does_not_fit_its_framing) {
  during_a_batch([this] { EXPECT_EQ(emit(0, {"a", kTooLong, "b"}), WL_GO_ON); });
  EXPECT_EQ(sink_.bytes.view(), "\1a\1b");
  EXPECT_EQ(sink_.committed, 2u);
  EXPECT_EQ(chain_.failures, std::vector<uint32_t>{1});
}

TEST_F(GuestChain, tells_the_guest_that_a_message_has_stopped_it) {
  chain_.stops = true;
  during_a_batch([this] { EXPECT_EQ(emit(0, {"a", kTooLong, "b"}), WL_STOPPED); });
  EXPECT_EQ(sink_.bytes.view(), "\1a");
  EXPECT_EQ(sink_.committed, 1u);
}

TEST_F(GuestChain, is_given_exactly_the_bytes_of_its_outputs) {
  during_a_batch([this] {
    const wl_output output{.event_time_ns = 0, .value = 0, .record = 0, .size = 2};
    for (uint32_t end = 0; end < 2; ++end) {
      EXPECT_DEATH(wl_emit(engine_.get(), end, &output, 1, "a", 1), "fewer bytes");
      EXPECT_DEATH(wl_emit(engine_.get(), end, &output, 1, "abc", 3), "more bytes");
      EXPECT_EQ(wl_emit(engine_.get(), end, &output, 1, "ab", 2), WL_GO_ON);
    }
  });
}

TEST_F(GuestChain, is_told_of_records_that_it_was_given) {
  during_a_batch([this] {
    wl_chain* chain = engine_.get();
    EXPECT_DEATH(wl_failed(chain, kEntry, 3, "no", 2, nullptr, 0), "a record it was not given");
    EXPECT_DEATH(wl_undecodable(chain, kEntry, 3, "no", 2), "a record it was not given");
    const wl_output output{.event_time_ns = 0, .value = 0, .record = 3, .size = 0};
    EXPECT_DEATH(wl_emit(chain, 0, &output, 1, "", 0), "a record it was not given");
    EXPECT_DEATH(wl_emit(chain, 1, &output, 1, "", 0), "a record it was not given");
    EXPECT_EQ(wl_failed(chain, kEntry, 2, "no", 2, nullptr, 0), 1);
    EXPECT_EQ(wl_undecodable(chain, kEntry, 0, "no", 2), 1);
  });
  EXPECT_EQ(chain_.failures, (std::vector<uint32_t>{2, 0}));
  EXPECT_DEATH(wl_failed(engine_.get(), kEntry, 0, "no", 2, nullptr, 0), "it was not given");
}

TEST_F(GuestChain, has_no_states_and_timers_in_a_stage_without_state) {
  during_a_batch([this] {
    const uint32_t record = 0;
    EXPECT_DEATH(wl_clear_states(engine_.get(), &record, 1), "in a stage without state");
    const wl_timer timer{.at_ns = 0, .record = 0, .name_size = 1, .cancel = 0};
    EXPECT_DEATH(wl_set_timers(engine_.get(), &timer, 1, "a"), "in a stage without state");
  });
}

class GuestStateChain : public GuestChain {
 protected:
  GuestStateChain() : GuestChain(NodeKind::state) {}
};

TEST_F(GuestStateChain, clears_states_and_sets_timers) {
  during_a_batch([this] {
    const uint32_t records[] = {0, 2};
    wl_clear_states(engine_.get(), records, 2);
    const wl_timer timers[] = {{.at_ns = 0, .record = 1, .name_size = 1, .cancel = 0},
                               {.at_ns = 0, .record = 1, .name_size = 2, .cancel = 1}};
    wl_set_timers(engine_.get(), timers, 2, "abc");
  });
  EXPECT_EQ(chain_.erased, 2);
  EXPECT_EQ(chain_.timers, (std::vector<std::string>{"set a", "cancel bc"}));
}

}  // namespace
}  // namespace wallaroo::guest
