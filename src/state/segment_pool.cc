#include "state/segment_pool.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <new>

#include "base/assert.h"

namespace wallaroo::state {
namespace {

constexpr size_t kFirstChunk = size_t{16} * 1024;
constexpr size_t kHugePage = size_t{2} * 1024 * 1024;
constexpr size_t kPage = 4096;

// Huge pages only for chunks that fill one.
size_t alignment_of(size_t chunk_bytes) { return chunk_bytes >= kHugePage ? kHugePage : kPage; }

}  // namespace

SegmentPool::~SegmentPool() {
  while (!chunks_.empty()) remove_chunk(chunks_.begin());
}

char* SegmentPool::allocate(size_t bytes) {
  std::vector<Chunks::iterator>& open = open_[bytes];
  if (open.empty()) open.push_back(add_chunk(bytes));
  const Chunks::iterator place = open.back();
  Chunk& chunk = place->second;
  char* block = place->first + chunk.touched * bytes;
  if (chunk.free.empty()) {
    ++chunk.touched;
  } else {
    block = chunk.free.back();
    chunk.free.pop_back();
  }
  ++chunk.used;
  if (chunk.used == chunk.bytes / bytes) open.pop_back();
  return block;
}

void SegmentPool::release(char* block, size_t bytes) {
  const auto place = std::prev(chunks_.upper_bound(block));
  Chunk& chunk = place->second;
  ASSERT(block < place->first + chunk.bytes && chunk.block_bytes == bytes,
         "a block that is not of this pool");
  std::vector<Chunks::iterator>& open = open_[bytes];
  if (chunk.used == chunk.bytes / bytes) open.push_back(place);
  chunk.free.push_back(block);
  if (--chunk.used > 0) return;
  std::erase(open, place);
  remove_chunk(place);
}

// Chunks grow with what the pool holds, so that the room left in the chunks of the few block sizes
// stays a fraction of it.
SegmentPool::Chunks::iterator SegmentPool::add_chunk(size_t block_bytes) {
  size_t bytes = std::clamp(std::bit_floor(bytes_ / 8), kFirstChunk, kHugePage);
  bytes = std::max(bytes, std::bit_ceil(block_bytes));
  const size_t alignment = alignment_of(bytes);
  void* memory = memory_ != nullptr ? memory_->allocate(bytes, alignment)
                                    : ::operator new(bytes, std::align_val_t(alignment));
  bytes_ += bytes;
  return chunks_.emplace(static_cast<char*>(memory), Chunk{bytes, block_bytes}).first;
}

void SegmentPool::remove_chunk(Chunks::iterator chunk) {
  const size_t bytes = chunk->second.bytes;
  if (memory_ != nullptr) {
    memory_->release(chunk->first, bytes, alignment_of(bytes));
  } else {
    ::operator delete(chunk->first, std::align_val_t(alignment_of(bytes)));
  }
  bytes_ -= bytes;
  chunks_.erase(chunk);
}

}  // namespace wallaroo::state
