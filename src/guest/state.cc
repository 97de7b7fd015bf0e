#include "guest/state.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/mutant.h"
#include "base/printable.h"
#include "state/slice.h"

namespace wallaroo::guest {
namespace {

constexpr uint64_t kNone = 0;
constexpr size_t kShownBytes = 200;  // of a key, in an error
/// Of numbers, most that are read from the table at a time; their states are encoded in one call.
constexpr size_t kNumbersSliceBytes = 4096;
/// Of the least that one number takes in a slice of them.
constexpr size_t kNumberSliceBytes = 16;

/// How many bytes of numbers to read next, so that their states fill what is left of the slice, if
/// they are as large as those before; at first one.
size_t numbers_to_read(const state::SliceWriter& slice, size_t slice_bytes_max) {
  if (slice.entries() == 0 || slice.bytes() >= slice_bytes_max) return kNumberSliceBytes;
  const size_t left = slice_bytes_max - slice.bytes();
  const size_t states = left / (slice.bytes() / slice.entries());
  return std::clamp(states, size_t{1}, kNumbersSliceBytes / kNumberSliceBytes) * kNumberSliceBytes;
}

// States cross the border of the table as numbers, their bytes as views.
struct Encoded {
  std::string_view bytes;
};

const StateType& encoded_type() {
  static const StateType type{
      .bytes = sizeof(Encoded),
      .alignment = alignof(Encoded),
      .trivial = true,
      .construct = [](void* at) { new (at) Encoded(); },
      .destroy = [](void*) {},
      .relocate = [](void* to, void* from) { std::memcpy(to, from, sizeof(Encoded)); },
      .encode = [](const void* from,
                   Bytes& out) { out << static_cast<const Encoded*>(from)->bytes; },
      .decode = [](Reader&, void*) { return false; },
      .description = [] { return std::string(); },
  };
  return type;
}

}  // namespace

const StateType& state_number_type() {
  static const StateType type{
      .bytes = sizeof(uint64_t),
      .alignment = alignof(uint64_t),
      .trivial = true,
      .construct = [](void* at) { base::store(static_cast<char*>(at), kNone); },
      .destroy = [](void*) {},
      .relocate = [](void* to, void* from) { std::memcpy(to, from, sizeof(uint64_t)); },
      .encode = [](const void* from, Bytes& out) { out.append(from, sizeof(uint64_t)); },
      .decode = [](Reader& in, void* to) { return in.read(*static_cast<uint64_t*>(to)); },
      .description = [] { return std::string("u64"); },
  };
  return type;
}

GuestState::GuestState(const Program& program, uint32_t node, const state::KeyedStateSite& site)
    : program_(program),
      node_(node),
      core_(site.core),
      partitions_(site.partitions),
      table_(state_number_type(), site.partitions, site.slot_seed, {.memory = site.memory}) {}

GuestState::~GuestState() {
  if (table_.keys() == 0) return;
  for (uint32_t i = 0; i < partitions_; ++i) drop(state::PartitionId(i));
}

uint64_t GuestState::take_number() {
  if (free_.empty()) return next_++;
  const uint64_t number = free_.back();
  free_.pop_back();
  return number;
}

/// The guest forgets these states, and their numbers may be used again.
void GuestState::give_back(const std::vector<uint64_t>& numbers) {
  if (numbers.empty()) return;
  const wl_guest& guest = program_.functions;
  guest.free_states(guest.context, core_, node_, numbers.data(),
                    static_cast<uint32_t>(numbers.size()));
  free_.insert(free_.end(), numbers.begin(), numbers.end());
}

size_t GuestState::update(const Record* records, size_t from, size_t count, Entry& entry) {
  entry_ = &entry;
  return table_.update(records, from, count, *this);
}

/// A record of a new key, and each further one of that key in the batch, finds the same cell; only
/// the first of them is told that the state is new. What was not run is undone, so that the next
/// attempt finds the key new again.
size_t GuestState::run(const Record* records, void* const* cells, size_t from, size_t count) {
  std::array<void*, kStepBatch> numbers;
  for (size_t i = from; i < count; ++i) {
    auto& cell = *static_cast<uint64_t*>(cells[i]);
    const bool is_new = cell == kNone;
    if (is_new) cell = take_number();
    numbers[i] = reinterpret_cast<void*>(cell | (is_new ? WL_NEW_STATE : 0));
  }
  const size_t next = entry_->run(records, numbers.data(), from, count);
  for (size_t i = next; i < count; ++i) {
    const auto number = reinterpret_cast<uint64_t>(numbers[i]);
    if ((number & WL_NEW_STATE) == 0 || MUTANT(new_state_told_once)) continue;
    free_.push_back(number & ~WL_NEW_STATE);
    *static_cast<uint64_t*>(cells[i]) = kNone;
  }
  return next;
}

void GuestState::erase(uint64_t hash, std::string_view key) {
  const void* cell = table_.find(hash, key);
  if (cell == nullptr) return;
  const auto number = base::load<uint64_t>(static_cast<const char*>(cell));
  table_.erase(hash, key);
  if (number == kNone) return;
  if (MUTANT(state_number_reused)) return free_.push_back(number);
  give_back({number});
}

/// Reads a slice of numbers, as the table wrote it. A cell without a state is passed over: its key
/// came with a record that is still to be run.
Result<GuestState::Stored> GuestState::numbers_in(state::PartitionId partition,
                                                  std::string_view slice) const {
  TRY(reader, state::SliceReader::open(partition, slice));
  Stored stored;
  state::SliceReader::Item item;
  for (;;) {
    TRY(more, reader.next(item));
    if (!more) return stored;
    const auto number = base::load<uint64_t>(item.state.data());
    if (number == kNone) continue;
    stored.keys.push_back(item.key);
    stored.numbers.push_back(number);
  }
}

int32_t GuestState::encode_some(const uint64_t* numbers, size_t count, uint64_t* sizes,
                                wl_buffer& out) const {
  const wl_guest& guest = program_.functions;
  return guest.encode_states(guest.context, core_, node_, numbers, static_cast<uint32_t>(count),
                             sizes, &out);
}

Result<void> GuestState::encode(const Stored& stored, std::vector<uint64_t>& sizes,
                                wl_buffer& out) const {
  sizes.assign(stored.numbers.size(), 0);
  if (sizes.empty()) return {};
  if (encode_some(stored.numbers.data(), sizes.size(), sizes.data(), out) == WL_OK) return {};
  std::string what = "a state";
  // The guest does not say which: one by one they tell.
  for (size_t i = 0; i < sizes.size(); ++i) {
    wl_buffer alone;
    if (encode_some(&stored.numbers[i], 1, sizes.data(), alone) == WL_OK) continue;
    what = "the state of key '" + base::printable(stored.keys[i], kShownBytes) + "'";
    out.bytes = std::move(alone.bytes);
    break;
  }
  return fail(ErrorCode::user_function,
              what + " cannot be stored: " + std::string(out.bytes.view()));
}

Result<void> GuestState::snapshot(state::PartitionId partition, state::SnapshotCursor& cursor,
                                  size_t bytes_max, Bytes& out) {
  state::SliceWriter slice(partition, out);
  do {
    Bytes numbers;
    TRY_VOID(table_.snapshot(partition, cursor, numbers_to_read(slice, bytes_max), numbers));
    TRY(stored, numbers_in(partition, numbers.view()));
    std::vector<uint64_t> sizes;
    wl_buffer encoded;
    TRY_VOID(encode(stored, sizes, encoded));
    size_t at = 0;
    for (size_t i = 0; i < sizes.size(); ++i) {
      ASSERT(sizes[i] <= encoded.bytes.size() - at, "a guest encoded less than it says");
      const Encoded state{encoded.bytes.view().substr(at, sizes[i])};
      slice.append(stored.keys[i], &state, encoded_type());
      at += sizes[i];
    }
  } while (!cursor.finished && slice.bytes() < bytes_max);
  slice.finish();
  return {};
}

Result<void> GuestState::load(state::PartitionId partition, std::string_view slice) {
  TRY(reader, state::SliceReader::open(partition, slice));
  std::vector<std::string_view> keys;
  std::vector<uint64_t> sizes;
  Bytes bytes;
  state::SliceReader::Item item;
  for (;;) {
    TRY(more, reader.next(item));
    if (!more) break;
    const uint64_t hash = base::routing_hash(item.key);
    if (state::partition_of(hash, partitions_) != partition) {
      return tl::unexpected(reader.foreign_key());
    }
    keys.push_back(item.key);
    sizes.push_back(item.state.size());
    bytes.append(item.state.data(), item.state.size());
  }
  return load_items(partition, keys, sizes, bytes.view());
}

Result<void> GuestState::load_items(state::PartitionId partition,
                                    const std::vector<std::string_view>& keys,
                                    const std::vector<uint64_t>& sizes, std::string_view bytes) {
  if (keys.empty()) return {};
  std::vector<uint64_t> numbers;
  for (size_t i = 0; i < keys.size(); ++i) numbers.push_back(take_number());
  const wl_guest& guest = program_.functions;
  wl_buffer why;
  const int32_t code =
      guest.decode_states(guest.context, core_, node_, numbers.data(),
                          static_cast<uint32_t>(numbers.size()), bytes.data(), sizes.data(), &why);
  if (code != WL_OK) {
    give_back(numbers);
    return fail(ErrorCode::bad_snapshot,
                "a slice of partition " + std::to_string(partition.value) +
                    " holds a state that cannot be decoded: " + std::string(why.bytes.view()));
  }
  std::vector<uint64_t> replaced;
  for (size_t i = 0; i < keys.size(); ++i) {
    void* cell = table_.obtain(base::routing_hash(keys[i]), keys[i]);
    const auto before = base::load<uint64_t>(static_cast<char*>(cell));
    if (before != kNone) replaced.push_back(before);
    base::store(static_cast<char*>(cell), numbers[i]);
  }
  give_back(replaced);
  return {};
}

void GuestState::drop(state::PartitionId partition) {
  state::SnapshotCursor cursor;
  while (!cursor.finished) {
    Bytes slice;
    const bool listed = table_.snapshot(partition, cursor, kNumbersSliceBytes, slice).has_value();
    const auto stored = numbers_in(partition, slice.view());
    ASSERT(listed && stored.has_value(), "the table's own slice cannot be read");
    give_back(stored->numbers);
  }
  table_.drop(partition);
}

}  // namespace wallaroo::guest
