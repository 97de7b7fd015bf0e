// Applications that read and write files.
#include <gtest/gtest.h>
#include <unistd.h>
#include <wallaroo/wallaroo.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

namespace {

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    std::string pattern = testing::TempDir() + "files-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~FilesTest() override {
    ::unlink(path("in").c_str());
    ::unlink(path("out").c_str());
    ::rmdir(folder_.c_str());
  }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
  }
  std::string content(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(path(name), std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  std::string folder_;
};

struct Counted {
  std::string word;
  uint64_t times = 0;
};

void build_count(wl::Application& app, wl::Setting in, wl::Setting out, wl::Framing framing,
                 const wl::FileSinkSpec& options = {}) {
  app.pipeline("count")
      .source("words", wl::file::read(std::move(in), framing, wl::text))
      .key_by([](std::string_view word) { return word; })
      .state<uint64_t>("count",
                       [](std::string_view word, uint64_t& times) {
                         return Counted{std::string(word), ++times};
                       })
      .sink("counts", wl::file::write(
                          std::move(out), framing,
                          [](const Counted& counted, wl::Bytes& bytes) {
                            bytes << counted.word << ' ' << counted.times;
                          },
                          options));
}

/// The counts of each word, in the order in which they were written.
std::map<std::string, std::vector<uint64_t>> counts_in(std::istream& lines) {
  std::map<std::string, std::vector<uint64_t>> counts;
  std::string word;
  uint64_t times = 0;
  while (lines >> word >> times) counts[word].push_back(times);
  return counts;
}

TEST_F(FilesTest, every_line_is_counted_in_order_on_any_number_of_cores) {
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += "word" + std::to_string(i % 97) + "\n";
  lines += "last";
  write("in", lines);
  for (const uint32_t cores : {1u, 2u, 3u}) {
    wl::Application app("files");
    build_count(app, path("in"), path("out"), wl::framing::lines);
    const auto done = app.run({.cores = cores, .quiet = true});
    ASSERT_TRUE(done.has_value()) << done.error().message;
    std::ifstream out(path("out"));
    const auto counts = counts_in(out);
    ASSERT_EQ(counts.size(), 98u) << cores << " cores";
    uint64_t total = 0;
    for (const auto& [word, times] : counts) {
      for (size_t i = 0; i < times.size(); ++i) ASSERT_EQ(times[i], i + 1) << word;
      total += times.size();
    }
    EXPECT_EQ(total, 20'001u) << cores << " cores";
  }
}

TEST_F(FilesTest, framed_messages_go_through_as_they_are) {
  write("in", std::string("\0\0\0\3a\nb\0\0\0\0\0\0\0\2\xff\0", 17));
  wl::Application app("files");
  app.pipeline("copy")
      .source("in", wl::file::read(path("in"), wl::framing::u32be, wl::text))
      .sink("out", wl::file::write(path("out"), wl::framing::u16le, wl::text));
  ASSERT_TRUE(app.run({.quiet = true}).has_value());
  EXPECT_EQ(content("out"), std::string("\3\0a\nb\0\0\2\0\xff\0", 11));
}

TEST_F(FilesTest, a_sink_replaces_what_was_there_or_appends_to_it) {
  write("in", "fish\n");
  write("out", "old\n");
  wl::Application appends("files");
  build_count(appends, path("in"), path("out"), wl::framing::lines, {.append = true});
  ASSERT_TRUE(appends.run({.quiet = true}).has_value());
  EXPECT_EQ(content("out"), "old\nfish 1\n");
  wl::Application replaces("files");
  build_count(replaces, path("in"), path("out"), wl::framing::lines);
  ASSERT_TRUE(replaces.run({.quiet = true}).has_value());
  EXPECT_EQ(content("out"), "fish 1\n");
}

TEST_F(FilesTest, a_missing_file_is_refused_with_what_to_do) {
  wl::Application app("files");
  build_count(app, app.flag("input", path("none")), path("out"), wl::framing::lines);
  const auto done = app.run({.quiet = true});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message, "source 'words' cannot open '" + path("none") +
                                      "' for reading: No such file or directory; name another by "
                                      "--input");
}

TEST_F(FilesTest, a_message_over_the_limit_fails_the_run) {
  write("in", "short\n" + std::string(100, 'x') + "\n");
  wl::Application app("files");
  app.pipeline("p").source(
      "in", wl::file::read(path("in"), wl::framing::lines, wl::text, {.frame_bytes_max = 50}));
  const auto done = app.run({.quiet = true});
  ASSERT_FALSE(done.has_value());
  EXPECT_NE(done.error().message.find("message 2 is longer than one may be (50 bytes)"),
            std::string::npos)
      << done.error().message;
}

TEST_F(FilesTest, framings_that_cannot_work_are_refused) {
  wl::Application app("files");
  app.pipeline("p")
      .source("in", wl::file::read(path("in"), wl::framing::raw, wl::text))
      .sink("out",
            wl::file::write(
                path("out"),
                wl::framing::header(2, [](std::string_view) { return std::optional<uint64_t>(0); }),
                wl::text));
  const auto checked = app.check();
  ASSERT_FALSE(checked.has_value());
  EXPECT_NE(checked.error().message.find("'in': raw framing"), std::string::npos);
  EXPECT_NE(checked.error().message.find("'out': a header framing"), std::string::npos)
      << checked.error().message;
}

TEST_F(FilesTest, a_file_that_is_read_and_written_is_refused_before_it_is_emptied) {
  write("in", "fish\n");
  wl::Application same("files");
  build_count(same, path("in"), path("in"), wl::framing::lines);
  const auto done = same.run({.quiet = true});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message, "source 'words' and sink 'counts' use the same file, '" +
                                      path("in") +
                                      "', which is written; give each a file of its own");
  ASSERT_EQ(::link(path("in").c_str(), path("out").c_str()), 0);
  wl::Application linked("files");
  build_count(linked, path("in"), path("out"), wl::framing::lines);
  EXPECT_FALSE(linked.run({.quiet = true}).has_value());
  EXPECT_EQ(content("in"), "fish\n");
  ::unlink(path("out").c_str());
  wl::Application letters("files");
  build_count(letters, path("in"), path("out"), wl::framing::lines);
  EXPECT_FALSE(letters.run({.quiet = true, .dead_letters = path("./out")}).has_value());
  EXPECT_TRUE(letters.run({.quiet = true, .dead_letters = "/dev/null"}).has_value());
}

TEST_F(FilesTest, paths_that_cannot_be_looked_at_are_not_the_same_file) {
  write("in", "fish\n");
  wl::Application app("files");
  build_count(app, path("in/below"), path("in/beside"), wl::framing::lines);
  const auto done = app.run({.quiet = true});
  ASSERT_FALSE(done.has_value());
  EXPECT_NE(done.error().message.find("Not a directory"), std::string::npos)
      << done.error().message;
}

TEST_F(FilesTest, what_was_dropped_is_summed_up_when_the_run_ends) {
  write("in", "1\nx\n2\ny\n");
  wl::Application app("files");
  app.pipeline("p").source(
      "numbers", wl::file::read(path("in"), wl::framing::lines, [](std::string_view digits) {
        return digits < "a" ? std::optional<int>(1) : std::nullopt;
      }));
  testing::internal::CaptureStderr();
  ASSERT_TRUE(app.run({}).has_value());
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("in all, at source 'numbers': undecodable 2"), std::string::npos) << log;
}

}  // namespace
