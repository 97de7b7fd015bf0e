// Dead letters: what is written about a message that failed, and that nothing of it is lost.
#include <gtest/gtest.h>
#include <unistd.h>
#include <wallaroo/wallaroo.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace {

namespace json = boost::json;
using wl::OnError;
using Messages = std::vector<std::string>;

/// A folder of its own, removed with what tests put into it.
class DeadLettersTest : public testing::Test {
 protected:
  DeadLettersTest() {
    std::string pattern = testing::TempDir() + "letters-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~DeadLettersTest() override {
    ::unlink(file().c_str());
    ::rmdir(folder_.c_str());
  }

  std::string file() const { return folder_ + "/letters.jsonl"; }
  std::vector<json::object> letters() const {
    std::vector<json::object> all;
    std::ifstream in(file());
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line).as_object());
    return all;
  }

 private:
  std::string folder_;
};

std::string text(const json::object& letter, const char* name) {
  return letter.contains(name) ? std::string(letter.at(name).as_string()) : "(absent)";
}

std::string refuse_bad(std::string_view word) {
  if (word.starts_with("bad")) throw std::runtime_error("no \"bad\" words");
  return std::string(word);
}

TEST_F(DeadLettersTest, hold_the_message_of_the_source_and_its_place) {
  wl::Application app("letters");
  app.dead_letters(file());
  auto output = std::make_shared<wl::MemoryOutput>();
  app.pipeline("p")
      .source("words", wl::memory::source({"one", "bad\n\xff", "three"}, wl::text))
      .to_many<std::string>("twice",
                            [](std::string_view word, wl::Emit<std::string>& emit) {
                              emit(std::string(word));
                              emit(std::string(word) + "!");
                            })
      .to("check", [](const std::string& word) { return refuse_bad(word); })
      .on_error(OnError::dead_letter)
      .sink("out", wl::memory::sink(output, wl::framing::lines,
                                    [](const std::string& w, wl::Bytes& out) { out << w; }));
  ASSERT_TRUE(app.run({.quiet = true}).has_value());
  EXPECT_EQ(output->by_core[0].view(), "one\none!\nthree\nthree!\n");
  const auto found = letters();
  ASSERT_EQ(found.size(), 2u);
  const json::object& letter = found[0];
  EXPECT_EQ(text(letter, "application"), "letters");
  EXPECT_EQ(text(letter, "pipeline"), "p");
  EXPECT_EQ(text(letter, "stage"), "words");
  EXPECT_EQ(text(letter, "function"), "check");
  EXPECT_EQ(text(letter, "error"), "no \"bad\" words");
  EXPECT_EQ(text(letter, "source"), "words");
  EXPECT_EQ(letter.at("message").to_number<int>(), 2);
  EXPECT_EQ(text(letter, "payload_of"), "source");
  EXPECT_EQ(text(letter, "payload_base64"), "YmFkCv8=");
  EXPECT_EQ(text(letter, "time").size(), std::string("2026-11-25T22:36:04.123456789Z").size());
  EXPECT_FALSE(letter.contains("key"));
}

struct Total {
  uint64_t count = 0;
};

TEST_F(DeadLettersTest, behind_a_key_they_hold_the_key_and_the_value_that_came_in) {
  wl::Application app("letters");
  app.dead_letters(file());
  app.on_error(OnError::dead_letter);
  app.pipeline("p")
      .source("words", wl::memory::source({"one", "bad", "one"}, wl::text))
      .key_by([](std::string_view word) { return word.size(); })
      .state<Total>("count", [](std::string_view word, Total& total) {
        (void)refuse_bad(word);
        return ++total.count;
      });
  ASSERT_TRUE(app.run({.cores = 2, .quiet = true}).has_value());
  const auto found = letters();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(text(found[0], "stage"), "count");
  EXPECT_EQ(found[0].at("key").to_number<int>(), 3);
  EXPECT_EQ(text(found[0], "payload"), "bad");
  EXPECT_EQ(text(found[0], "payload_of"), "stage");
  EXPECT_TRUE(found[0].contains("message_from"));
}

TEST_F(DeadLettersTest, take_what_a_decoder_refuses_and_stand_behind_what_was_there) {
  {
    std::ofstream old(file());
    old << "{\"torn";
  }
  wl::Application app("letters");
  app.pipeline("p")
      .source("numbers", wl::memory::source({"1", "x", "2"},
                                            [](std::string_view digits) {
                                              return digits == "x" ? std::nullopt
                                                                   : std::optional<int>(1);
                                            }))
      .on_error(OnError::dead_letter);
  ASSERT_TRUE(app.run({.quiet = true, .dead_letters = file()}).has_value());
  std::ifstream in(file());
  std::string first;
  std::string second;
  std::getline(in, first);
  std::getline(in, second);
  EXPECT_EQ(first, "{\"torn");
  const json::object letter = json::parse(second).as_object();
  EXPECT_EQ(text(letter, "error"), "it cannot be decoded");
  EXPECT_EQ(text(letter, "payload"), "x");
}

struct Bomb {
  bool armed = false;

  void on_event(std::string_view, wl::Context& context) {
    context.timer("boom", wl::Time{} + std::chrono::seconds(1));
  }
  std::optional<int> on_timer(std::string_view, wl::Context&) { throw std::runtime_error("bang"); }
};

TEST_F(DeadLettersTest, of_a_timer_hold_its_name_and_key) {
  wl::Application app("letters");
  app.dead_letters(file());
  app.pipeline("p")
      .source("words", wl::memory::source({"fuse"}, wl::text))
      .key_by([](std::string_view word) { return word; })
      .process<Bomb>("bomb")
      .on_error(OnError::dead_letter);
  ASSERT_TRUE(app.run({.quiet = true}).has_value());
  const auto found = letters();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(text(found[0], "timer"), "boom");
  EXPECT_EQ(text(found[0], "key"), "fuse");
  EXPECT_FALSE(found[0].contains("payload"));
  EXPECT_FALSE(found[0].contains("source"));
}

TEST_F(DeadLettersTest, every_message_that_fails_has_one_on_any_number_of_cores) {
  Messages words;
  for (int i = 0; i < 3000; ++i) words.push_back((i % 3 == 0 ? "bad" : "good") + std::to_string(i));
  for (const uint32_t cores : {1u, 2u, 3u}) {
    ::unlink(file().c_str());
    wl::Application app("letters");
    app.dead_letters(file());
    app.on_error(OnError::dead_letter);
    app.pipeline("p")
        .source("words", wl::memory::source(words, wl::text))
        .key_by([](std::string_view word) { return word; })
        .state<Total>("count", [](std::string_view word, Total& total) {
          (void)refuse_bad(word);
          return ++total.count;
        });
    ASSERT_TRUE(app.run({.cores = cores, .quiet = true}).has_value());
    std::multiset<std::string> failed;
    for (const json::object& letter : letters()) failed.insert(text(letter, "payload"));
    std::multiset<std::string> expected;
    for (int i = 0; i < 3000; i += 3) expected.insert("bad" + std::to_string(i));
    EXPECT_EQ(failed, expected) << cores << " cores";
  }
}

TEST_F(DeadLettersTest, without_a_file_are_refused_before_anything_runs) {
  wl::Application app("letters");
  app.pipeline("p")
      .source("words", wl::memory::source({"one"}, wl::text))
      .to("check", refuse_bad)
      .on_error(OnError::dead_letter);
  const auto done = app.run({.quiet = true});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message,
            "messages on which 'check' fails are to become dead letters, but no file is named for "
            "them; name one by --dead-letters or in the program");
}

}  // namespace
