// Telling messages apart, against a reader too simple to be wrong.
#include "connect/tcp/frames.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/rng.h"

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

struct Found {
  Messages messages;
  size_t consumed = 0;
  bool over_limit = false;
};

/// Calls find_frames until it finds nothing more. The bytes lie at the end of an allocation of
/// their own, so that a look behind them is seen by AddressSanitizer.
Found find_all(Framing framing, const std::string& bytes, size_t at_once = 3) {
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
Found naive(Framing framing, const std::string& bytes) {
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
    } else if (pending.size() >= 4) {
      uint64_t length = 0;
      for (size_t k = 0; k < 4; ++k) length = length * 256 + static_cast<unsigned char>(pending[k]);
      if (length > kLimit) {
        found.over_limit = true;
        return found;
      }
      if (pending.size() == 4 + length) message = pending.substr(4);
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

void expect_same(Framing framing, const std::string& bytes, size_t at_once = 3) {
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

std::string random_bytes(base::Rng& rng, Framing framing) {
  std::string bytes;
  for (uint64_t i = rng.below(12); i > 0; --i) {
    std::string payload(rng.below(rng.chance(1, 5) ? 60 : 10), 'a');
    for (char& c : payload) {
      if (rng.chance(1, 4)) c = "\r\n\0\x01z"[rng.below(5)];
    }
    const uint32_t wrong = rng.chance(1, 10) ? static_cast<uint32_t>(rng.below(3)) : 0;
    if (framing == Framing::u32be) bytes += announce(static_cast<uint32_t>(payload.size()) + wrong);
    bytes += payload;
    if (framing == Framing::lines) bytes += '\n';
  }
  return bytes.substr(0, bytes.size() - std::min<size_t>(bytes.size(), rng.below(3)));
}

TEST(Frames, agrees_with_the_naive_reader) {
  base::Rng rng(2);
  for (int run = 0; run < 20'000 && !testing::Test::HasFailure(); ++run) {
    SCOPED_TRACE(run);
    const Framing framing = rng.chance(1, 2) ? Framing::lines : Framing::u32be;
    expect_same(framing, random_bytes(rng, framing), rng.between(1, 8));
  }
}

}  // namespace
}  // namespace wallaroo::connect
