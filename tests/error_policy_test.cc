// What becomes of messages on which user code fails: drop, and fail with the place named.
#include <gtest/gtest.h>
#include <wallaroo/wallaroo.h>

#include <memory>
#include <stdexcept>

namespace {

using wl::OnError;
using Messages = std::vector<std::string>;

const Messages kWords = {"one", "two", "bad", "four"};

std::string upper_unless_bad(std::string_view word) {
  if (word == "bad") throw std::runtime_error("no bad words");
  std::string upper(word);
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  return upper;
}

void write_text(std::string_view word, wl::Bytes& out) { out << word; }

/// An application on kWords whose pipeline `build` completes, and what came out of it.
struct Trial {
  explicit Trial(uint32_t core_count = 1) : cores(core_count) {}

  template <class Build>
  wl::Result<void> operator()(Build build, Messages words = kWords) {
    wl::Application app("policies");
    auto output = std::make_shared<wl::MemoryOutput>();
    build(app, app.pipeline("p").source("words", wl::memory::source(std::move(words), wl::text)),
          wl::memory::sink(output, wl::framing::lines, write_text));
    auto done = app.run({.cores = cores, .quiet = quiet});
    for (const wl::Bytes& bytes : output->by_core) written += bytes.view();
    return done;
  }

  uint32_t cores;
  bool quiet = true;
  std::string written;
};

void expect_failure(const wl::Result<void>& done, std::string_view message) {
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message, message);
  EXPECT_EQ(done.error().code, wl::ErrorCode::user_function);
}

TEST(ErrorPolicy, drops_the_message_and_goes_on_unless_told_otherwise) {
  Trial run;
  run.quiet = false;
  testing::internal::CaptureStderr();
  const auto done = run(
      [](auto&, auto words, auto sink) { words.to("upper", upper_unless_bad).sink("out", sink); });
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(done.has_value());
  EXPECT_EQ(run.written, "ONE\nTWO\nFOUR\n");
  EXPECT_NE(log.find("'upper' failed on message 3 of source 'words' (connection 0 on core 0): no "
                     "bad words; the message is dropped and counted (stage 'words')"),
            std::string::npos)
      << log;
}

TEST(ErrorPolicy, takes_back_what_the_failing_message_had_put_out) {
  Trial run;
  const auto done = run([](auto&, auto words, auto sink) {
    words
        .template to_many<std::string>("double",
                                       [](std::string_view word, wl::Emit<std::string>& emit) {
                                         emit(std::string(word));
                                         emit(upper_unless_bad(word));
                                       })
        .sink("out", sink);
  });
  EXPECT_TRUE(done.has_value());
  EXPECT_EQ(run.written, "one\nONE\ntwo\nTWO\nfour\nFOUR\n");
}

TEST(ErrorPolicy, fail_stops_at_the_message_and_names_it) {
  Trial run;
  const auto done = run([](auto&, auto words, auto sink) {
    words.to("upper", upper_unless_bad).on_error(OnError::fail).sink("out", sink);
  });
  expect_failure(done,
                 "'upper' failed on message 3 of source 'words' (connection 0 on core 0): no bad "
                 "words; the worker stops, because the error policy of 'upper' (stage 'words') is "
                 "fail");
  EXPECT_EQ(run.written, "ONE\nTWO\n") << "what came before it is passed on, nothing behind it";
}

TEST(ErrorPolicy, fail_behind_a_computation_that_puts_out_several_names_the_message_of_the_source) {
  Trial run;
  const auto done = run([](auto&, auto words, auto sink) {
    words
        .template to_many<std::string>("double",
                                       [](std::string_view word, wl::Emit<std::string>& emit) {
                                         emit(std::string(word));
                                         emit(std::string(word));
                                       })
        .to("upper", [](const std::string& word) { return upper_unless_bad(word); })
        .on_error(OnError::fail)
        .sink("out", sink);
  });
  ASSERT_FALSE(done.has_value());
  EXPECT_NE(done.error().message.find("message 3 of source 'words'"), std::string::npos)
      << done.error().message;
  EXPECT_EQ(run.written, "ONE\nONE\nTWO\nTWO\n");
}

TEST(ErrorPolicy, fail_holds_for_messages_that_the_decoder_refuses) {
  wl::Application app("policies");
  app.pipeline("p")
      .source("words", wl::memory::source(kWords,
                                          [](std::string_view word) {
                                            return word == "bad" ? std::nullopt
                                                                 : std::optional<std::string>(word);
                                          }))
      .on_error(OnError::fail);
  expect_failure(
      app.run({.quiet = true}),
      "'words' failed on message 3 of source 'words' (connection 0 on core 0): it cannot "
      "be decoded; the worker stops, because the error policy of 'words' (stage "
      "'words') is fail");
}

struct Total {
  uint64_t count = 0;
};

uint64_t count_unless_bad(std::string_view word, Total& total) {
  if (word == "bad") throw std::runtime_error("no\nbad words");
  return ++total.count;
}

TEST(ErrorPolicy, fail_in_a_state_computation_names_the_key) {
  Trial run;
  const auto done = run([](auto&, auto words, auto) {
    words.key_by([](std::string_view word) { return word; })
        .template state<Total>("count", count_unless_bad)
        .on_error(OnError::fail);
  });
  expect_failure(done,
                 "'count' failed on a message at or soon after number 1 of source 'words' "
                 "(connection 0 on core 0), key 'bad': no\\x0abad words; the worker stops, because "
                 "the error policy of 'count' (stage 'count') is fail");
}

TEST(ErrorPolicy, numbers_that_are_keys_are_shown_as_numbers) {
  Trial run;
  const auto done = run([](auto&, auto words, auto) {
    words.key_by([](std::string_view word) { return -static_cast<int64_t>(word.size()); })
        .template state<Total>("count", count_unless_bad)
        .on_error(OnError::fail);
  });
  ASSERT_FALSE(done.has_value());
  EXPECT_NE(done.error().message.find(", key '-3': "), std::string::npos) << done.error().message;
}

TEST(ErrorPolicy, a_function_of_key_by_and_an_encoder_have_theirs) {
  Trial by_key;
  const auto key_failed = by_key([](auto&, auto words, auto) {
    words.key_by(upper_unless_bad)
        .on_error(OnError::fail)
        .template state<Total>("count", [](std::string_view, Total& t) { return ++t.count; });
  });
  ASSERT_FALSE(key_failed.has_value());
  EXPECT_EQ(key_failed.error().message.find("'key-by' failed on message 3 of source 'words'"), 0u)
      << key_failed.error().message;

  wl::Application app("policies");
  auto output = std::make_shared<wl::MemoryOutput>();
  app.pipeline("p")
      .source("words", wl::memory::source(kWords, wl::text))
      .sink("out",
            wl::memory::sink(
                output, wl::framing::lines,
                [](std::string_view word, wl::Bytes& out) { out << upper_unless_bad(word); }),
            OnError::fail);
  const auto encoder_failed = app.run({.quiet = true});
  ASSERT_FALSE(encoder_failed.has_value());
  EXPECT_EQ(encoder_failed.error().message.find("'out' failed on message 3 of source 'words'"), 0u)
      << encoder_failed.error().message;
  EXPECT_EQ(output->by_core[0].view(), "ONE\nTWO\n");
}

struct Bomb {
  bool armed = false;

  void on_event(std::string_view, wl::Context& context) {
    context.timer("boom", wl::Time{} + std::chrono::seconds(1));
  }
  std::optional<int> on_timer(std::string_view, wl::Context&) { throw std::runtime_error("bang"); }
};

TEST(ErrorPolicy, fail_in_a_timer_names_timer_and_key) {
  Trial run;
  const auto done = run(
      [](auto&, auto words, auto) {
        words.key_by([](std::string_view word) { return word; })
            .template process<Bomb>("bomb")
            .on_error(OnError::fail);
      },
      {"fuse"});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message.find("'bomb' failed on timer 'boom', key 'fuse': bang"), 0u)
      << done.error().message;
}

TEST(ErrorPolicy, that_of_the_application_holds_where_a_stage_has_none) {
  Trial fails;
  const auto failed = fails([](wl::Application& app, auto words, auto sink) {
    app.on_error(OnError::fail);
    words.to("upper", upper_unless_bad).sink("out", sink);
  });
  EXPECT_FALSE(failed.has_value());
  Trial drops;
  const auto dropped = drops([](wl::Application& app, auto words, auto sink) {
    app.on_error(OnError::fail);
    words.to("upper", upper_unless_bad).on_error(OnError::drop).sink("out", sink);
  });
  EXPECT_TRUE(dropped.has_value());
  EXPECT_EQ(drops.written, "ONE\nTWO\nFOUR\n");
}

TEST(ErrorPolicy, fail_ends_every_core_with_work_in_all_of_them) {
  Messages words(20'000, "good");
  words[10'000] = "bad";
  Trial run(3);
  const auto done = run(
      [](auto&, auto stream, auto) {
        stream.key_by([](std::string_view word) { return word; })
            .template state<Total>("count", count_unless_bad)
            .on_error(OnError::fail);
      },
      std::move(words));
  ASSERT_FALSE(done.has_value());
  EXPECT_NE(done.error().message.find("key 'bad'"), std::string::npos) << done.error().message;
}

TEST(ErrorPolicy, fail_does_not_wait_for_ever_for_a_receiver_that_is_not_there) {
  wl::Application app("policies");
  app.pipeline("p")
      .source("words", wl::memory::source(kWords, wl::text))
      .to("upper", upper_unless_bad)
      .on_error(OnError::fail)
      .sink("out", wl::tcp::connect("127.0.0.1:1", wl::framing::lines, write_text));
  EXPECT_FALSE(app.run({.quiet = true}).has_value());
}

}  // namespace
