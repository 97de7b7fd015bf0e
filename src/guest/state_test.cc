// GuestState is a KeyedState like the others: their contract, slices of one loaded by the other,
// and what comes when the guest refuses.
#include "guest/state.h"

#include "guest/state_guest_test.h"
#include "state/keyed_state_contract.h"
#include "state/slice.h"
#include "state/table.h"

namespace wallaroo::guest {
namespace {

using state::PartitionId;

/// A GuestState with its guest, as a table of the states themselves: entries get pointers.
template <class T>
class WithGuest final : public state::KeyedState, private Entry {
 public:
  explicit WithGuest(uint32_t partitions)
      : numbers_(std::make_unique<GuestState>(
            guest.program(), 5, state::KeyedStateSite{.partitions = partitions, .slot_seed = 7})) {}

  size_t update(const Record* records, size_t from, size_t count, Entry& entry) override {
    entry_ = &entry;
    return numbers_->update(records, from, count, *this);
  }
  void* find(uint64_t hash, std::string_view key) override {
    const void* number = numbers_->find(hash, key);
    return number == nullptr ? nullptr : guest.at(*static_cast<const uint64_t*>(number));
  }
  void erase(uint64_t hash, std::string_view key) override { numbers_->erase(hash, key); }
  Result<void> snapshot(PartitionId partition, state::SnapshotCursor& cursor, size_t bytes_max,
                        Bytes& out) override {
    return numbers_->snapshot(partition, cursor, bytes_max, out);
  }
  Result<void> load(PartitionId partition, std::string_view slice) override {
    return numbers_->load(partition, slice);
  }
  void drop(PartitionId partition) override { numbers_->drop(partition); }
  uint64_t keys() const override { return numbers_->keys(); }
  uint64_t bytes() const override { return numbers_->bytes() + guest.count() * sizeof(T); }

  StateGuest<T> guest;

 private:
  /// States are made for records that are not taken as well, which a guest does not do, and
  /// forgotten again.
  size_t run(const Record* records, void* const* states, size_t from, size_t count) override {
    std::vector<void*> pointers(count);
    const auto number = [&](size_t i) { return reinterpret_cast<uint64_t>(states[i]); };
    const auto is_new = [&](size_t i) { return (number(i) & WL_NEW_STATE) != 0; };
    for (size_t i = from; i < count; ++i)
      pointers[i] = is_new(i) ? guest.make(number(i) & ~WL_NEW_STATE) : guest.at(number(i));
    const size_t next = entry_->run(records, pointers.data(), from, count);
    for (size_t i = next; i < count; ++i)
      if (is_new(i)) guest.forget(number(i) & ~WL_NEW_STATE);
    return next;
  }

  Entry* entry_ = nullptr;
  std::unique_ptr<GuestState> numbers_;
};

template <class T>
struct GuestOf {
  using Value = T;
  static std::unique_ptr<state::KeyedState> make(uint32_t partitions = state::kPartitions) {
    return std::make_unique<WithGuest<T>>(partitions);
  }
};

}  // namespace
}  // namespace wallaroo::guest

namespace wallaroo::state {
namespace {

using Guests = testing::Types<guest::GuestOf<Count>, guest::GuestOf<Text>, guest::GuestOf<Large>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Guests, KeyedStateContract, Guests);

RC_GTEST_PROP(GuestStateHistory, equals_the_model, (uint64_t seed)) {
  random_history<guest::GuestOf<Text>>(seed);
}

}  // namespace
}  // namespace wallaroo::state

namespace wallaroo::guest {
namespace {

using state::Text;

TEST(GuestState, exchanges_slices_with_a_table_of_the_same_type) {
  for (const size_t bytes_max : {size_t{1}, size_t{500}, SIZE_MAX}) {
    WithGuest<Text> in_guest(1);
    state::InlineTable table(state::state_type_for_test<Text>(), 1, 9);
    state::Model model;
    state::add<Text>(in_guest, state::keys_between(0, 500), 123, &model);
    for (const Bytes& slice : state::snapshot_slices(in_guest, PartitionId(0), bytes_max))
      ASSERT_TRUE(table.load(PartitionId(0), slice.view()).has_value());
    state::expect_equal<Text>(table, model);
    state::add<Text>(table, state::keys_between(100, 900), 45, &model);
    for (const Bytes& slice : state::snapshot_slices(table, PartitionId(0), bytes_max))
      ASSERT_TRUE(in_guest.load(PartitionId(0), slice.view()).has_value());
    state::expect_equal<Text>(in_guest, model);
    EXPECT_EQ(in_guest.guest.count(), model.size()) << "replaced states are freed";
  }
}

// A slice was filled with as many states as 4 KiB of numbers stand for, however large they were.
TEST(GuestState, keeps_slices_of_large_states_small) {
  StateGuest<state::Pair> guest;
  Program program = guest.program();
  program.functions.encode_states = [](uint64_t, uint32_t, uint32_t, const uint64_t*,
                                       uint32_t count, uint64_t* sizes, wl_buffer* out) {
    std::fill_n(sizes, count, 10'000);
    out->bytes << std::string(count * 10'000, 'x');
    return int32_t{WL_OK};
  };
  GuestState states(program, 1, {.partitions = 1, .slot_seed = 7});
  class Makes final : public Entry {
   public:
    explicit Makes(StateGuest<state::Pair>& guest) : guest_(guest) {}
    size_t run(const Record*, void* const* numbers, size_t from, size_t count) override {
      for (size_t i = from; i < count; ++i)
        guest_.make(reinterpret_cast<uint64_t>(numbers[i]) & ~WL_NEW_STATE);
      return count;
    }

   private:
    StateGuest<state::Pair>& guest_;
  } makes(guest);
  std::vector<Record> records;
  const std::vector<std::string> keys = state::keys_between(0, 200);
  for (const std::string& key : keys) records.push_back(state::record_of(key, 1));
  ASSERT_EQ(states.update(records.data(), 0, records.size(), makes), records.size());
  size_t entries = 0;
  for (const Bytes& slice : state::snapshot_slices(states, PartitionId(0), 100'000)) {
    EXPECT_LT(slice.size(), 150'000u);
    entries += base::load<uint32_t>(slice.data() + 12);
  }
  EXPECT_EQ(entries, keys.size());
}

TEST(GuestState, says_why_a_state_cannot_be_stored) {
  WithGuest<Text> states(1);
  state::add<Text>(states, {"a", "b"}, 1, nullptr);
  states.guest.refuses_to_encode = true;
  state::SnapshotCursor cursor;
  Bytes slice;
  const Result<void> stored = states.snapshot(PartitionId(0), cursor, 100, slice);
  ASSERT_FALSE(stored.has_value());
  EXPECT_EQ(stored.error().code, ErrorCode::user_function);
  EXPECT_EQ(stored.error().message,
            "the state of key 'a' cannot be stored: it is not serializable");
}

TEST(GuestState, leaves_nothing_of_a_hostile_slice_in_the_guest) {
  WithGuest<Text> written(1);
  state::add<Text>(written, state::keys_between(0, 40), 12345, nullptr);
  const auto slices = state::snapshot_slices(written, PartitionId(0), SIZE_MAX);
  const std::string whole(slices[0].view());
  size_t refused = 0;
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    WithGuest<Text> states(1);
    const Result<void> loaded = states.load(PartitionId(0), flipped);
    ASSERT_EQ(states.guest.count(), loaded ? states.keys() : 0) << "bit " << bit;
    if (!loaded) ++refused;
  }
  for (size_t length = 0; length < whole.size(); ++length) {
    WithGuest<Text> states(1);
    ASSERT_FALSE(states.load(PartitionId(0), whole.substr(0, length)).has_value());
    ASSERT_EQ(states.guest.count(), 0u) << "cut at " << length;
  }
  EXPECT_GT(refused, 100u);
}

TEST(GuestState, says_which_slice_the_guest_cannot_read) {
  Bytes bytes;
  state::SliceWriter slice(PartitionId(0), bytes);
  const std::string no_number = "no number";
  StateType type = state::state_type_for_test<Text>();
  type.encode = [](const void* from, Bytes& out) { out << *static_cast<const Text*>(from); };
  slice.append("key", &no_number, type);
  slice.finish();
  WithGuest<Text> states(1);
  const Result<void> loaded = states.load(PartitionId(0), bytes.view());
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, ErrorCode::bad_snapshot);
  EXPECT_EQ(loaded.error().message,
            "a slice of partition 0 holds a state that cannot be decoded: it is no number");
}

}  // namespace
}  // namespace wallaroo::guest
