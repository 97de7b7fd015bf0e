// Timers that a program sets in on_timer for a time that has come already.
#include <gtest/gtest.h>
#include <wallaroo/wallaroo.h>

#include <memory>

namespace {

constexpr uint64_t kRingsMax = 1'000'000;
constexpr int kOtherMessages = 5'000;

/// How often the other pipeline has been called.
int g_other_messages = 0;

struct Alarm {
  uint64_t rings = 0;

  void on_event(const std::string&, wl::Context& context) {
    context.timer("again", wl::Time{} + std::chrono::seconds(1));
  }
  std::optional<uint64_t> on_timer(std::string_view, wl::Context& context) {
    if (++rings == kRingsMax || g_other_messages == kOtherMessages) return rings;
    context.timer("again", wl::Time{} + std::chrono::seconds(1));
    return std::nullopt;
  }
};

TEST(Timers, one_that_sets_itself_for_the_past_leaves_the_core_to_others) {
  g_other_messages = 0;
  wl::Application app("alarms");
  auto rings = std::make_shared<wl::MemoryOutput>();
  app.pipeline("alarms")
      .source("names", wl::generator([](uint64_t) -> std::optional<std::string> {
                if (g_other_messages == kOtherMessages) return std::nullopt;
                return "ann";
              }))
      .key_by([](const std::string& name) -> std::string_view { return name; })
      .process<Alarm>("ring")
      .sink("rings", wl::memory::sink(rings, wl::framing::lines,
                                      [](uint64_t count, wl::Bytes& out) { out << count; }));
  const std::vector<std::string> lines(kOtherMessages, "x");
  app.pipeline("others")
      .source("others", wl::memory::source(lines, wl::text))
      .to("count", [](std::string_view line) {
        ++g_other_messages;
        return line;
      });
  const auto done = app.run({.cores = 1, .quiet = true});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  ASSERT_EQ(rings->by_core.size(), 1u);
  EXPECT_EQ(g_other_messages, kOtherMessages);
  EXPECT_EQ(rings->by_core[0].view().find(std::to_string(kRingsMax)), std::string_view::npos);
}

}  // namespace
