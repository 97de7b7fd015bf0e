#include "connect/file/file_sink.h"

#include <gtest/gtest.h>

#include <memory>

#include "connect/tcp/fake_net.h"

namespace wallaroo::connect {
namespace {

class FileSinkTest : public testing::Test {
 protected:
  /// Called before the first use of sink().
  flow::Options options;
  FileSinkSpec spec{.path = "out.txt", .framing = Framing::lines};
  FakeServices core;
  flow::SinkCounters counters;

  FileSink& sink() {
    if (!sink_) {
      sink_ =
          std::make_unique<FileSink>(FileSinkSetup{"sink 'out'", spec, options}, core, counters);
      EXPECT_TRUE(sink_->start().has_value());
    }
    return *sink_;
  }
  void write(std::string_view line) {
    sink().buffer() << line << '\n';
    sink().commit(1);
  }
  io::Progress step(int64_t now_ns = 0) { return sink().step({now_ns, now_ns}); }
  std::string& content() { return core.fake_disk.content; }

 private:
  std::unique_ptr<FileSink> sink_;
};

TEST_F(FileSinkTest, what_comes_while_an_append_is_under_way_goes_out_together) {
  write("one");
  EXPECT_EQ(step(), io::Progress::some);
  write("two");
  write("three");
  EXPECT_EQ(step(), io::Progress::none) << "the disk is at work";
  EXPECT_EQ(core.work_disk(), 1u);
  EXPECT_EQ(content(), "one\n");
  EXPECT_EQ(step(), io::Progress::some);
  EXPECT_EQ(core.work_disk(), 1u);
  EXPECT_EQ(content(), "one\ntwo\nthree\n");
  EXPECT_EQ(step(), io::Progress::none);
  EXPECT_EQ(counters.bytes.get(), content().size());
}

TEST_F(FileSinkTest, ends_when_everything_is_safe_on_the_disk) {
  write("one");
  sink().finish();
  step();
  core.work_disk();
  EXPECT_FALSE(sink().ended());
  step();
  EXPECT_EQ(core.fake_disk.syncs, 0);
  core.work_disk();
  EXPECT_EQ(core.fake_disk.syncs, 1);
  step();
  EXPECT_TRUE(sink().ended());
}

TEST_F(FileSinkTest, ends_at_once_when_nothing_was_written) {
  sink().finish();
  step();
  EXPECT_TRUE(sink().ended());
  EXPECT_TRUE(core.fake_disk.submitted.empty());
}

TEST_F(FileSinkTest, a_full_disk_is_tried_again_with_longer_and_longer_pauses) {
  write("one");
  core.fake_disk.error = "No space left on device";
  step(0);
  core.work_disk(0);
  EXPECT_EQ(sink().deadline_ns(), options.reconnect_min_ns);
  write("two");
  EXPECT_EQ(step(options.reconnect_min_ns - 1), io::Progress::none);
  step(options.reconnect_min_ns);
  core.work_disk(options.reconnect_min_ns);
  EXPECT_EQ(sink().deadline_ns(), 3 * options.reconnect_min_ns);
  EXPECT_EQ(counters.write_failures.get(), 2u);
  EXPECT_EQ(core.logged("sink 'out' cannot write to 'out.txt': No space left on device; messages "
                        "wait and it tries again (make room on the disk)"),
            1u)
      << "an outage is told once";
  core.fake_disk.error.clear();
  step(3 * options.reconnect_min_ns);
  core.work_disk();
  step(3 * options.reconnect_min_ns);
  core.work_disk();
  EXPECT_EQ(content(), "one\ntwo\n");
  EXPECT_EQ(core.logged("sink 'out' writes to 'out.txt' again"), 1u);
}

TEST_F(FileSinkTest, a_disk_that_stays_full_is_told_again_each_minute) {
  constexpr int64_t kMinuteNs = 60'000'000'000;
  write("one");
  core.fake_disk.error = "No space left on device";
  for (int64_t now_ns = 0; now_ns <= 3 * kMinuteNs; now_ns += options.reconnect_max_ns) {
    step(now_ns);
    core.work_disk(now_ns);
  }
  EXPECT_EQ(core.logged("cannot write to 'out.txt'"), 4u);
}

TEST_F(FileSinkTest, is_full_at_its_limit_of_bytes_not_written) {
  options.sink_buffer_bytes_max = 10;
  write("four");
  EXPECT_FALSE(sink().full());
  step();
  write("four");
  EXPECT_TRUE(sink().full()) << "what is under way counts";
  core.work_disk();
  EXPECT_FALSE(sink().full());
}

TEST_F(FileSinkTest, replaces_or_appends_as_asked_and_only_core_0_empties_the_file) {
  content() = "old\n";
  sink();
  EXPECT_EQ(content(), "");
  spec.append = true;
  FileSink behind(FileSinkSetup{"sink 'out'", spec, options}, core, counters);
  ASSERT_TRUE(behind.start().has_value());
  spec.append = false;
  FakeServices second(2, 1);
  FileSink other(FileSinkSetup{"sink 'out'", spec, options}, second, counters);
  ASSERT_TRUE(other.start().has_value());
  EXPECT_EQ(core.fake_disk.modes, (std::vector{io::OpenMode::replace, io::OpenMode::append}));
  EXPECT_EQ(second.fake_disk.modes, std::vector{io::OpenMode::append});
}

TEST_F(FileSinkTest, a_line_that_others_left_incomplete_is_ended_first) {
  spec.append = true;
  content() = "half a li";
  write("one");
  step();
  core.work_disk();
  EXPECT_EQ(content(), "half a li\none\n");
}

TEST_F(FileSinkTest, a_path_that_cannot_be_opened_is_an_error_that_says_where_it_was_named) {
  core.fake_disk.missing = true;
  FileSink writer(FileSinkSetup{"sink 'out'", spec, options}, core, counters);
  const auto started = writer.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_NE(started.error().message.find("sink 'out' cannot open 'out.txt'"), std::string::npos);
  EXPECT_NE(started.error().message.find("name another in the program"), std::string::npos);
}

}  // namespace
}  // namespace wallaroo::connect
