#include "state/slice.h"

#include <limits>
#include <string>

#include "base/assert.h"
#include "base/bytes.h"

namespace wallaroo::state {
namespace {

constexpr uint32_t kMagic = 0x314c5357;  // "WSL1"
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 16;
constexpr size_t kEntriesOffset = 12;

uint32_t checked_length(size_t bytes) {
  ASSERT(bytes <= std::numeric_limits<uint32_t>::max(), "a key or state above 4 GiB in a snapshot");
  return static_cast<uint32_t>(bytes);
}

}  // namespace

SliceWriter::SliceWriter(PartitionId partition, Bytes& out) : out_(out), start_(out.size()) {
  char* at = out_.prepare(kHeaderBytes);
  base::store(at, kMagic);
  base::store(at + 4, kVersion);
  base::store(at + 8, partition.value);
  base::store(at + kEntriesOffset, uint32_t{0});
  out_.commit(kHeaderBytes);
}

void SliceWriter::append(std::string_view key, const void* state, const StateType& type) {
  const size_t length_bytes = sizeof(uint32_t);
  char* at = out_.prepare(2 * length_bytes + key.size());
  base::store(at, checked_length(key.size()));
  if (!key.empty()) std::memcpy(at + length_bytes, key.data(), key.size());
  out_.commit(2 * length_bytes + key.size());
  const size_t state_start = out_.size();
  type.encode(state, out_);
  const uint32_t state_bytes = checked_length(out_.size() - state_start);
  base::store(out_.data() + state_start - length_bytes, state_bytes);
  ++entries_;
}

void SliceWriter::finish() { base::store(out_.data() + start_ + kEntriesOffset, entries_); }

SliceReader::SliceReader(PartitionId partition, std::string_view slice)
    : partition_(partition), in_(slice.data(), slice.size()), bytes_(slice.size()) {}

Result<SliceReader> SliceReader::open(PartitionId partition, std::string_view slice) {
  SliceReader reader(partition, slice);
  uint32_t magic = 0;
  uint32_t version = 0;
  uint32_t written_for = 0;
  reader.in_.read(magic);
  reader.in_.read(version);
  reader.in_.read(written_for);
  if (!reader.in_.read(reader.entries_)) {
    return tl::unexpected(reader.damaged("it ends inside its header"));
  }
  if (magic != kMagic) return tl::unexpected(reader.damaged("it does not begin with WSL1"));
  if (version != kVersion) {
    return tl::unexpected(reader.damaged("it has format version " + std::to_string(version) +
                                         " and this program reads version 1"));
  }
  if (written_for != partition.value) {
    return tl::unexpected(
        reader.damaged("it was written for partition " + std::to_string(written_for)));
  }
  return reader;
}

Result<bool> SliceReader::next(Item& item) {
  if (entries_read_ == entries_) {
    if (in_.left() != 0) return tl::unexpected(damaged("bytes follow its last entry"));
    return false;
  }
  uint32_t key_bytes = 0;
  uint32_t state_bytes = 0;
  in_.read(key_bytes);
  const char* key = in_.take(key_bytes);
  in_.read(state_bytes);
  const char* state = in_.take(state_bytes);
  if (in_.failed()) return tl::unexpected(damaged("it ends inside an entry"));
  item = {{key, key_bytes}, {state, state_bytes}};
  ++entries_read_;
  return true;
}

Result<void> SliceReader::decode(const Item& item, const StateType& type, void* to) const {
  Reader in(item.state.data(), item.state.size());
  if (!type.decode(in, to)) {
    return tl::unexpected(damaged("a state cannot be decoded as " + type.description()));
  }
  if (in.left() != 0) {
    return tl::unexpected(damaged("a state is longer than a " + type.description()));
  }
  return {};
}

Error SliceReader::foreign_key() const { return damaged("it holds a key of another partition"); }

Error SliceReader::damaged(std::string_view why) const {
  std::string message = "cannot load a state slice of " + std::to_string(bytes_) +
                        " bytes into partition " + std::to_string(partition_.value) + " (entry " +
                        std::to_string(entries_read_) + " of " + std::to_string(entries_) + "): ";
  message += why;
  message += "; restore from another checkpoint, or with the program that wrote this one";
  return Error{ErrorCode::bad_snapshot, std::move(message)};
}

}  // namespace wallaroo::state
