// Messages behind lengths that are too short for some of them.
#include <gtest/gtest.h>
#include <wallaroo/wallaroo.h>

#include <memory>

namespace {

std::string written(const wl::Framing& framing, const std::vector<std::string>& messages) {
  wl::Application app("framing");
  auto output = std::make_shared<wl::MemoryOutput>();
  app.pipeline("p")
      .source("in", wl::memory::source(messages, wl::text))
      .sink("out", wl::memory::sink(output, framing, wl::text));
  const auto done = app.run({.quiet = true});
  EXPECT_TRUE(done.has_value()) << done.error().message;
  return std::string(output->by_core[0].view());
}

TEST(Framing, a_message_too_long_for_its_length_is_dropped_and_the_others_go_out) {
  const std::string fits(255, 'x');
  EXPECT_EQ(written(wl::framing::u8, {"a", fits + "y", "", fits}),
            std::string("\1a\0\xff", 4) + fits);
}

TEST(Framing, lengths_are_written_in_their_order) {
  EXPECT_EQ(written(wl::framing::u16be, {"ab"}), std::string("\0\2ab", 4));
  EXPECT_EQ(written(wl::framing::u16le, {"ab"}), std::string("\2\0ab", 4));
  EXPECT_EQ(written(wl::framing::length_be(3), {"ab"}), std::string("\0\0\2ab", 5));
  EXPECT_EQ(written(wl::framing::u64le, {"a"}), std::string("\1\0\0\0\0\0\0\0a", 9));
  EXPECT_EQ(written(wl::framing::raw, {"a", "b"}), "ab");
}

}  // namespace
