#pragma once
// Input for every measurement: made-up prose with the statistics of real text (Zipf(1.0) word
// frequencies, capitals, commas, full stops), in frames of a 32-bit big-endian length and a
// payload. The same options give the same bytes on every machine.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wallaroo::bench {

struct TextOptions {
  std::uint64_t vocabulary = 10'000;
  std::uint64_t lines = 1'000'000;
  std::uint64_t seed = 1;
};

/// Framed messages, with what a load generator must know of each.
struct Text {
  std::string frames;
  std::vector<std::uint32_t> offsets;  // of message i in frames; one more entry at the end
  std::vector<std::uint32_t> units;    // output units before message i; one more entry at the end
  std::uint64_t messages() const { return offsets.size() - 1; }
  std::uint64_t words() const { return units.back(); }
};

/// One line of 8 to 12 words a message; a unit is a word.
Text make_text(const TextOptions& options);

/// Messages `name value value ...` with names of 5 to 200 bytes; a unit is a message.
Text make_readings(std::uint64_t names, std::uint64_t messages, std::uint64_t seed);

/// Messages of `bytes` bytes including the length; a unit is a byte. For relays.
Text make_fixed_frames(std::uint64_t messages, std::size_t bytes);

/// Text that a splitter gets wrong: punctuation in and around words, long words, empty messages,
/// runs of separators, bytes that are not ASCII, NUL bytes.
Text make_nasty_text(std::uint64_t messages, std::uint64_t seed);

/// The rest of `frames` cut into pieces of whole messages of at most `bytes` (or one message).
std::string_view next_chunk(std::string_view& frames, std::size_t bytes);

inline std::uint32_t read_length(const char* p) {
  std::uint32_t big_endian = 0;
  __builtin_memcpy(&big_endian, p, sizeof big_endian);
  return __builtin_bswap32(big_endian);
}

}  // namespace wallaroo::bench
