#include "connect/file/file_source.h"

#include <memory>

#include "connect/fake_chain_test.h"
#include "connect/tcp/fake_net.h"

namespace wallaroo::connect {
namespace {

class FileSourceTest : public testing::Test {
 protected:
  /// Called before the first use of source().
  flow::Options options;
  FileSourceSpec spec{.path = "words.txt", .framing = Framing::lines};
  FakeServices core;
  FakeChain chain;
  flow::SourceCounters counters;

  FileSource& source() {
    if (!source_) {
      source_ = std::make_unique<FileSource>(FileSourceSetup{"in", 0, spec, options}, core, chain,
                                             counters);
      EXPECT_TRUE(source_->start().has_value());
    }
    return *source_;
  }
  /// Until it neither works nor waits for the disk.
  void run(int64_t now_ns = 0) {
    for (int turn = 0; turn < 10'000; ++turn) {
      const bool worked = source().step({now_ns, now_ns}, 4) != io::Progress::none;
      if (core.work_disk(now_ns) == 0 && !worked) return;
    }
    ADD_FAILURE() << "the source does not come to rest";
  }

 private:
  std::unique_ptr<FileSource> source_;
};

TEST_F(FileSourceTest, reads_the_same_messages_whatever_a_read_gives) {
  const Messages expected = {"one", "", "three", "a longer line"};
  for (const uint32_t bytes : {1u, 2u, 3u, 7u, 100u}) {
    FakeServices services;
    FakeChain taker;
    services.fake_disk.content = "one\n\nthree\r\na longer line\n";
    flow::Options small = options;
    small.file_read_bytes = bytes;
    FileSource reader(FileSourceSetup{"in", 0, spec, small}, services, taker, counters);
    ASSERT_TRUE(reader.start().has_value());
    for (int turn = 0; turn < 1'000 && !reader.ended(); ++turn) {
      (void)reader.step({}, 1);
      services.work_disk();
    }
    EXPECT_TRUE(reader.ended() && reader.exhausted());
    EXPECT_EQ(taker.messages, expected) << "in pieces of " << bytes;
  }
}

TEST_F(FileSourceTest, a_last_line_without_newline_is_a_message) {
  core.fake_disk.content = "one\ntwo";
  run();
  EXPECT_EQ(chain.messages, (Messages{"one", "two"}));
  EXPECT_TRUE(source().ended());
  EXPECT_EQ(counters.frames_truncated.get(), 0u);
  EXPECT_EQ(counters.messages.get(), 2u);
  EXPECT_EQ(counters.bytes.get(), 7u);
}

TEST_F(FileSourceTest, a_frame_cut_off_by_the_end_is_dropped_and_counted) {
  spec.framing = Framing::u32be;
  core.fake_disk.content = std::string("\0\0\0\2ab\0\0\0\5abc", 13);
  run();
  EXPECT_EQ(chain.messages, Messages{"ab"});
  EXPECT_TRUE(source().exhausted());
  EXPECT_EQ(counters.frames_truncated.get(), 1u);
  EXPECT_EQ(core.logged("'words.txt' ends inside a message; its 7 bytes are dropped"), 1u);
}

TEST_F(FileSourceTest, a_message_over_the_limit_stops_the_worker) {
  spec.frame_bytes_max = 5;
  core.fake_disk.content = "short\nlonger\nshort\n";
  run();
  EXPECT_EQ(chain.messages, Messages{"short"});
  EXPECT_EQ(core.failed,
            "source 'in': 'words.txt' cannot be told apart: message 2 is longer than "
            "one may be (5 bytes); the worker stops, because the rest would be missing");
  EXPECT_EQ(counters.frames_over_limit.get(), 1u);
}

TEST_F(FileSourceTest, a_read_that_fails_stops_the_worker) {
  core.fake_disk.content = "one\n";
  core.fake_disk.error = "Input/output error";
  run();
  EXPECT_TRUE(source().ended());
  EXPECT_EQ(core.failed,
            "source 'in': 'words.txt' cannot be read behind byte 0: Input/output error; the worker "
            "stops, because the rest would be missing");
  EXPECT_EQ(counters.read_failures.get(), 1u);
}

TEST_F(FileSourceTest, of_a_file_that_shrinks_no_half_line_counts) {
  options.file_read_bytes = 6;
  core.fake_disk.content = "one\ntwo\nthree\n";
  (void)source().step({}, 1);
  core.work_disk();
  core.fake_disk.content.resize(2);
  run();
  EXPECT_EQ(chain.messages, Messages{"one"}) << "'tw' is not a line of the file";
  EXPECT_TRUE(source().exhausted());
  EXPECT_EQ(counters.files_shrunk.get(), 1u);
  EXPECT_EQ(core.logged("shrank from at least 6 to 2 bytes while it was read; what was there and "
                        "not yet read is missing"),
            1u);
}

TEST_F(FileSourceTest, a_file_that_is_followed_gives_more_when_it_grows) {
  spec.follow = true;
  core.fake_disk.content = "one\ntw";
  run(0);
  EXPECT_EQ(chain.messages, Messages{"one"}) << "the last line may be incomplete";
  EXPECT_FALSE(source().ended());
  EXPECT_EQ(source().deadline_ns(), options.file_poll_ns);
  core.fake_disk.content += "o\nthree\n";
  run(options.file_poll_ns - 1);
  EXPECT_EQ(chain.messages.size(), 1u) << "it is not looked at before its time";
  run(options.file_poll_ns);
  EXPECT_EQ(chain.messages, (Messages{"one", "two", "three"}));
  source().drain();
  run(options.file_poll_ns + 1);
  EXPECT_TRUE(source().ended());
  EXPECT_FALSE(source().exhausted()) << "there may be more";
}

TEST_F(FileSourceTest, a_file_that_is_followed_and_shrinks_is_read_again) {
  spec.follow = true;
  core.fake_disk.content = "one\ntwo\nth";
  run(0);
  core.fake_disk.content = "new\n";
  run(options.file_poll_ns);
  run(2 * options.file_poll_ns);
  EXPECT_EQ(chain.messages, (Messages{"one", "two", "new"}));
  EXPECT_EQ(counters.files_shrunk.get(), 1u);
}

TEST_F(FileSourceTest, waits_while_its_chain_is_blocked) {
  core.fake_disk.content = "one\ntwo\nthree\n";
  chain.room = 2;
  run();
  EXPECT_EQ(chain.messages, (Messages{"one", "two"}));
  chain.room = SIZE_MAX;
  run();
  EXPECT_EQ(chain.messages, (Messages{"one", "two", "three"}));
}

TEST_F(FileSourceTest, a_drain_runs_what_was_read_and_reads_no_more) {
  options.file_read_bytes = 8;
  core.fake_disk.content = "one\ntwo\nthree\n";
  (void)source().step({}, 1);
  source().drain();
  run();
  EXPECT_EQ(chain.messages, (Messages{"one", "two"}));
  EXPECT_TRUE(source().ended());
  EXPECT_FALSE(source().exhausted());
}

TEST_F(FileSourceTest, one_core_reads_it) {
  FakeServices other(2, 1);
  FakeChain taker;
  FileSource idle(FileSourceSetup{"in", 0, spec, options}, other, taker, counters);
  ASSERT_TRUE(idle.start().has_value());
  EXPECT_TRUE(idle.ended() && idle.exhausted());
  EXPECT_TRUE(other.fake_disk.modes.empty());
}

TEST_F(FileSourceTest, a_missing_file_is_an_error_that_names_the_flag) {
  spec.path = Setting("input", "gone.txt");
  core.fake_disk.missing = true;
  FileSource reader(FileSourceSetup{"in", 0, spec, options}, core, chain, counters);
  const auto started = reader.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().message,
            "source 'in' cannot open 'gone.txt' for reading: not there; name another by --input");
}

}  // namespace
}  // namespace wallaroo::connect
