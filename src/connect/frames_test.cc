// Telling messages apart, against a reader too simple to be wrong.
#include "connect/frames.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/rng.h"
#include "wallaroo/connectors.h"

namespace wallaroo::connect {
namespace {

using Messages = std::vector<std::string>;

constexpr uint32_t kLimit = 50;

std::string announce(uint32_t bytes) {
  std::string text(4, '\0');
  base::store_u32_be(text.data(), bytes);
  return text;
}
std::string framed(const std::string& payload) {
  return announce(static_cast<uint32_t>(payload.size())) + payload;
}

/// Not with the code under test: digit by digit in base 256.
std::string announce(const Framing& framing, uint64_t bytes) {
  std::string text(framing.header_bytes, '\0');
  for (char& digit : text) {
    digit = static_cast<char>(bytes % 256);
    bytes /= 256;
  }
  if (!framing.little_endian) std::reverse(text.begin(), text.end());
  return text;
}

struct Found {
  Messages messages;
  size_t consumed = 0;
  bool over_limit = false;
};

/// Calls find_frames until it finds nothing more. The bytes lie at the end of an allocation of
/// their own, so that a look behind them is seen by AddressSanitizer.
Found find_all(const Framing& framing, const std::string& bytes, size_t at_once = 3) {
  const auto exact = std::make_unique<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  Found found;
  std::array<Record, 8> records;
  while (true) {
    const Frames frames = find_frames(framing, kLimit, exact.get() + found.consumed,
                                      bytes.size() - found.consumed, records.data(), at_once);
    for (size_t i = 0; i < frames.count; ++i)
      found.messages.emplace_back(records[i].payload_view());
    found.consumed += frames.consumed;
    found.over_limit = frames.over_limit;
    if (frames.count == 0) return found;
  }
}

/// Byte by byte, with no idea of speed.
Found naive(const Framing& framing, const std::string& bytes) {
  Found found;
  std::string pending;
  for (size_t i = 0; i <= bytes.size(); ++i) {
    std::optional<std::string> message;
    if (framing == Framing::lines) {
      const bool complete = !pending.empty() && pending.back() == '\n';
      if (pending.size() - (complete ? 1 : 0) > kLimit) {
        found.over_limit = true;
        return found;
      }
      if (complete) message = pending.substr(0, pending.size() - 1);
      if (message && message->ends_with('\r')) message->pop_back();
    } else if (const size_t header = framing.header_bytes; pending.size() >= header) {
      std::string number = pending.substr(0, header);
      if (framing.little_endian) std::reverse(number.begin(), number.end());
      uint64_t length = 0;
      for (const char c : number) length = length * 256 + static_cast<unsigned char>(c);
      if (length > kLimit) {
        found.over_limit = true;
        return found;
      }
      if (pending.size() == header + length) message = pending.substr(header);
    }
    if (message) {
      found.consumed += pending.size();
      found.messages.push_back(*message);
      pending.clear();
    }
    if (i < bytes.size()) pending += bytes[i];
  }
  return found;
}

void expect_same(const Framing& framing, const std::string& bytes, size_t at_once = 3) {
  const Found got = find_all(framing, bytes, at_once);
  const Found expected = naive(framing, bytes);
  EXPECT_EQ(got.messages, expected.messages);
  EXPECT_EQ(got.consumed, expected.consumed);
  EXPECT_EQ(got.over_limit, expected.over_limit);
}

TEST(Frames, u32be_finds_complete_messages_only) {
  const Found found =
      find_all(Framing::u32be, framed("one") + framed("") + framed("three") + "\0\0");
  EXPECT_EQ(found.messages, (Messages{"one", "", "three"}));
  EXPECT_EQ(found.consumed, 7u + 4 + 9);
  EXPECT_FALSE(found.over_limit);
}

TEST(Frames, u32be_truncated_at_every_byte) {
  const std::string bytes = framed("one") + framed("") + framed("three");
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    SCOPED_TRACE(cut);
    const Found found = find_all(Framing::u32be, bytes.substr(0, cut));
    EXPECT_EQ(found.messages.size(), size_t{cut >= 7} + (cut >= 11) + (cut >= 20));
    EXPECT_EQ(found.consumed, cut >= 20 ? 20u : cut >= 11 ? 11u : cut >= 7 ? 7u : 0u);
    expect_same(Framing::u32be, bytes.substr(0, cut));
  }
}

TEST(Frames, u32be_limit_and_lengths_beyond) {
  EXPECT_EQ(find_all(Framing::u32be, framed(std::string(kLimit, 'x'))).messages.size(), 1u);
  for (const uint32_t length :
       {kLimit + 1, 1u << 16, 1u << 31, 0x80000001u, 0xFFFFFFFCu, 0xFFFFFFFFu}) {
    const Found found = find_all(Framing::u32be, framed("ok") + announce(length) + "abc");
    EXPECT_EQ(found.messages, Messages{"ok"});
    EXPECT_TRUE(found.over_limit) << length;
    EXPECT_EQ(found.consumed, 6u);
  }
}

TEST(Frames, u32be_refuses_as_soon_as_the_length_is_known) {
  EXPECT_FALSE(find_all(Framing::u32be, announce(kLimit + 1).substr(0, 3)).over_limit);
  EXPECT_TRUE(find_all(Framing::u32be, announce(kLimit + 1)).over_limit);
}

TEST(Frames, lines_drop_one_carriage_return_and_keep_empty_lines) {
  const Found found = find_all(Framing::lines, "a\r\n\n\r\nb\rc\nd\r\r\nrest\r");
  EXPECT_EQ(found.messages, (Messages{"a", "", "", "b\rc", "d\r"}));
  EXPECT_EQ(found.consumed, std::string("a\r\n\n\r\nb\rc\nd\r\r\n").size());
}

TEST(Frames, lines_truncated_at_every_byte) {
  const std::string bytes = "one\r\n\ntwo\nthree";
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    SCOPED_TRACE(cut);
    expect_same(Framing::lines, bytes.substr(0, cut));
  }
}

TEST(Frames, lines_limit_with_and_without_the_newline) {
  const std::string longest(kLimit, 'x');
  EXPECT_FALSE(find_all(Framing::lines, longest).over_limit);
  EXPECT_EQ(find_all(Framing::lines, longest + "\n").messages.size(), 1u);
  EXPECT_TRUE(find_all(Framing::lines, longest + "x").over_limit);
  const Found found = find_all(Framing::lines, "ok\n" + longest + "x\n");
  EXPECT_TRUE(found.over_limit);
  EXPECT_EQ(found.messages, Messages{"ok"});
}

TEST(Frames, no_bytes_and_no_room_find_nothing) {
  for (const Framing framing : {Framing::u32be, Framing::lines}) {
    EXPECT_EQ(find_all(framing, "").consumed, 0u);
    std::array<Record, 1> records;
    const std::string bytes = framed("x") + "\n";
    EXPECT_EQ(find_frames(framing, kLimit, bytes.data(), bytes.size(), records.data(), 0).count,
              0u);
  }
}

/// However the bytes are cut in two, what is left of the first part and the second give the rest.
TEST(Frames, every_split_point_gives_the_same_messages) {
  for (const Framing framing : {Framing::u32be, Framing::lines}) {
    const std::string bytes = framing == Framing::lines
                                  ? "one\r\n\ntwo words\n" + std::string(kLimit, 'y') + "\nlast\n"
                                  : framed("one") + framed("") + framed("two words") +
                                        framed(std::string(kLimit, 'y')) + framed("last");
    const Messages whole = find_all(framing, bytes).messages;
    ASSERT_EQ(whole.size(), 5u);
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
      SCOPED_TRACE(cut);
      Found first = find_all(framing, bytes.substr(0, cut));
      const Found second = find_all(framing, bytes.substr(first.consumed));
      first.messages.insert(first.messages.end(), second.messages.begin(), second.messages.end());
      EXPECT_EQ(first.messages, whole);
      EXPECT_EQ(first.consumed + second.consumed, bytes.size());
    }
  }
}

std::string random_bytes(base::Rng& rng, const Framing& framing) {
  std::string bytes;
  for (uint64_t i = rng.below(12); i > 0; --i) {
    std::string payload(rng.below(rng.chance(1, 5) ? 60 : 10), 'a');
    for (char& c : payload) {
      if (rng.chance(1, 4)) c = "\r\n\0\x01z"[rng.below(5)];
    }
    const uint32_t wrong = rng.chance(1, 10) ? static_cast<uint32_t>(rng.below(3)) : 0;
    if (framing.kind == Framing::Kind::length) bytes += announce(framing, payload.size() + wrong);
    bytes += payload;
    if (framing == Framing::lines) bytes += '\n';
  }
  return bytes.substr(0, bytes.size() - std::min<size_t>(bytes.size(), rng.below(3)));
}

TEST(Frames, every_width_and_order_finds_its_messages_and_refuses_the_greatest_length) {
  for (uint32_t width = 1; width <= 8; ++width) {
    for (const Framing& framing : {framing::length_be(width), framing::length_le(width)}) {
      SCOPED_TRACE(width);
      std::string bytes;
      for (const char* payload : {"one", "", "three"}) {
        bytes += announce(framing, std::string(payload).size()) + payload;
      }
      EXPECT_EQ(find_all(framing, bytes).messages, (Messages{"one", "", "three"}));
      for (size_t cut = 0; cut < bytes.size(); ++cut) expect_same(framing, bytes.substr(0, cut));
      EXPECT_TRUE(find_all(framing, std::string(width, '\xff') + "abc").over_limit);
    }
  }
}

/// "NN:" and NN bytes.
std::optional<uint64_t> two_digits(std::string_view header) {
  if (header[2] != ':') return std::nullopt;
  return static_cast<uint64_t>((header[0] - '0') * 10 + header[1] - '0');
}

TEST(Frames, a_header_of_ones_own_belongs_to_the_message) {
  const Framing framing = framing::header(3, two_digits);
  const Found found = find_all(framing, "03:abc00:02:de9");
  EXPECT_EQ(found.messages, (Messages{"03:abc", "00:", "02:de"}));
  EXPECT_EQ(found.consumed, 14u);
  EXPECT_FALSE(found.over_limit);
  EXPECT_TRUE(find_all(framing, "99:").over_limit);
  std::array<Record, 4> records;
  const std::string bytes = "01:x01;y";
  const Frames frames =
      find_frames(framing, kLimit, bytes.data(), bytes.size(), records.data(), records.size());
  EXPECT_EQ(frames.count, 1u);
  EXPECT_TRUE(frames.senseless);
}

/// Messages end with a bar and begin with a letter.
class BarFinder final : public MessageFinder {
 public:
  size_t find(std::string_view bytes, uint32_t bytes_max, Span* found, size_t max,
              Problem& problem) const override {
    size_t count = 0;
    for (size_t at = 0; count < max && at < bytes.size();) {
      const size_t end = std::min(bytes.find('|', at), bytes.size());
      if (bytes[at] < 'a') problem = Problem::senseless;
      if (end - at > bytes_max) problem = Problem::over_limit;
      if (problem != Problem::none || end == bytes.size()) break;
      found[count++] = {at, end + 1};
      at = end + 1;
    }
    return count;
  }
};

TEST(Frames, a_finder_tells_messages_apart) {
  const BarFinder finder;
  const Framing framing{.kind = Framing::Kind::finder, .header_bytes = 0, .finder = &finder};
  const Found found = find_all(framing, "ab|c|def|gh|ij");
  EXPECT_EQ(found.messages, (Messages{"ab|", "c|", "def|", "gh|"}));
  EXPECT_EQ(found.consumed, 12u) << "a part of a message waits for the rest";
  EXPECT_FALSE(found.over_limit);
  EXPECT_TRUE(find_all(framing, std::string(kLimit + 1, 'x')).over_limit);
  std::array<Record, 4> records;
  const std::string bytes = "ab|7|";
  const Frames frames =
      find_frames(framing, kLimit, bytes.data(), bytes.size(), records.data(), records.size());
  EXPECT_EQ(frames.count, 1u);
  EXPECT_EQ(frames.consumed, 3u);
  EXPECT_TRUE(frames.senseless);
  EXPECT_FALSE(frames.over_limit);
}

TEST(Frames, agrees_with_the_naive_reader) {
  base::Rng rng(2);
  for (int run = 0; run < 20'000 && !testing::Test::HasFailure(); ++run) {
    SCOPED_TRACE(run);
    const auto width = static_cast<uint32_t>(rng.between(1, 8));
    const Framing length = rng.chance(1, 2) ? framing::length_be(width) : framing::length_le(width);
    const Framing framing = rng.chance(1, 2) ? Framing::lines : length;
    expect_same(framing, random_bytes(rng, framing), rng.between(1, 8));
  }
}

}  // namespace
}  // namespace wallaroo::connect
