// The shipped word counts, both forms, on one to three cores, against a plain loop over the text
// that shares no code with them.
#include "word_count/word_count.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cctype>
#include <map>
#include <memory>

#include "word_count/word_count_classic.h"

namespace {

using Totals = std::map<std::string, uint64_t>;

// The rule of a word, written for clarity.
std::vector<std::string> plain_words(const std::string& line) {
  std::vector<std::string> found;
  std::string word;
  const auto finish = [&] {
    while (!word.empty() && std::ispunct(static_cast<unsigned char>(word.back()))) word.pop_back();
    while (!word.empty() && std::ispunct(static_cast<unsigned char>(word.front())))
      word.erase(0, 1);
    if (!word.empty()) found.push_back(word);
    word.clear();
  };
  for (const char c : line) {
    if (c == ' ' || c == '\n') {
      finish();
    } else {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  finish();
  return found;
}

Totals plain_totals(const std::vector<std::string>& lines) {
  Totals totals;
  for (const std::string& line : lines) {
    for (const std::string& word : plain_words(line)) ++totals[word];
  }
  return totals;
}

// Stands for wallaroo::Emit where only splitting is tested.
struct Collected {
  std::unique_ptr<char[]> memory;
  std::vector<std::string> words;

  std::span<char> buffer(size_t bytes) {
    memory = std::make_unique<char[]>(bytes);
    return {memory.get(), bytes};
  }
  void operator()(std::string_view word) { words.emplace_back(word); }
};
std::vector<std::string> split(const std::string& line) {
  Collected collected;
  words::split(line, collected);
  return collected.words;
}

TEST(Words, are_lower_case_and_trimmed_but_keep_what_is_inside) {
  EXPECT_EQ(
      split("  The \"GNU\"  licence (don't\nPANIC!) -- e.g. o'clock... @[`{~ "),
      (std::vector<std::string>{"the", "gnu", "licence", "don't", "panic", "e.g", "o'clock"}));
  EXPECT_EQ(split("a\tb \xC3\x84rger\x80"), (std::vector<std::string>{"a\tb", "\xC3\x84rger\x80"}));
  EXPECT_TRUE(split("").empty());
  EXPECT_TRUE(split(" \n...\n ").empty());
}

TEST(Words, of_every_length_at_every_place_of_a_block) {
  for (size_t before = 0; before < 70; ++before) {
    for (size_t length = 1; length < 70; ++length) {
      const std::string word(length, 'w');
      const std::string spaces(before, ' ');
      ASSERT_EQ(split(spaces + word), std::vector<std::string>{word});
      ASSERT_EQ(split(spaces + word + " x"), (std::vector<std::string>{word, "x"}));
    }
  }
}

TEST(Words, are_those_of_a_plain_loop) {
  EXPECT_TRUE(rc::check([] {
    const auto letter = rc::gen::elementOf(std::string("aZ@[`{z 9' \n.\x7f\x80\xff\t\r ("));
    const auto line = *rc::gen::container<std::string>(letter);
    RC_ASSERT(split(line) == plain_words(line));
    const auto bytes = *rc::gen::arbitrary<std::string>();
    RC_ASSERT(split(bytes) == plain_words(bytes));
  }));
}

// Lines of 0 to 19 words out of 500, common ones first, some with capitals and punctuation.
std::vector<std::string> made_text(size_t lines) {
  std::vector<std::string> text(lines);
  uint64_t random = 1;
  const auto draw = [&random](uint64_t below) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return (random >> 33) % below;
  };
  for (std::string& line : text) {
    for (uint64_t n = draw(20); n > 0; --n) {
      std::string word = std::to_string(draw(1 + draw(500)));
      word.insert(0, 1, static_cast<char>((draw(4) == 0 ? 'A' : 'a') + draw(26) % 5));
      line += draw(9) == 0 ? '(' + word + "), " : word + ' ';
    }
  }
  return text;
}

using Count = wl::Stream<WordTotal> (*)(const wl::Stream<std::string_view>&);

// Runs a word count and returns the last total of each word; totals must have come as 1, 2, 3...
Totals run(Count count, uint32_t cores, const std::vector<std::string>& text) {
  wl::Application app("word-count");
  auto output = std::make_shared<wl::MemoryOutput>();
  const auto lines = app.pipeline("words").source("lines", wl::memory::source(text, wl::text));
  count(lines).sink("totals", wl::memory::sink(output, wl::framing::lines, write_total));
  const auto done = app.run({.cores = cores, .quiet = true});
  EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().message);
  Totals totals;
  for (const wl::Bytes& bytes : output->by_core) {
    std::string_view left = bytes.view();
    while (!left.empty()) {
      const std::string_view line = left.substr(0, left.find('\n'));
      left.remove_prefix(line.size() + 1);
      const size_t arrow = line.find(" => ");
      EXPECT_NE(arrow, std::string_view::npos) << line;
      uint64_t& total = totals[std::string(line.substr(0, arrow))];
      EXPECT_EQ(std::to_string(++total), line.substr(arrow + 4)) << line;
    }
  }
  return totals;
}

class WordCount : public testing::TestWithParam<uint32_t> {};

TEST_P(WordCount, of_the_readme_is_as_it_says) {
  EXPECT_EQ(run(count_words, GetParam(), {"The cat. \"The dog!\""}),
            (Totals{{"the", 2}, {"cat", 1}, {"dog", 1}}));
}

TEST_P(WordCount, both_forms_have_the_totals_of_a_plain_loop) {
  const std::vector<std::string> text = made_text(3000);
  const Totals expected = plain_totals(text);
  EXPECT_EQ(run(count_words, GetParam(), text), expected);
  EXPECT_EQ(run(count_words_by_letter, GetParam(), text), expected);
}

INSTANTIATE_TEST_SUITE_P(OnCores, WordCount, testing::Values(1, 2, 3));

}  // namespace
