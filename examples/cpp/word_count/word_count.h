// Counts words: after each occurrence of a word its total goes out.
#pragma once

#include <wallaroo/wallaroo.h>

#include "words.h"

struct WordTotal {
  std::string_view word;
  uint64_t total = 0;
};

inline wl::Stream<WordTotal> count_words(const wl::Stream<std::string_view>& lines) {
  return lines
      .to_many<std::string_view>(
          "split", [](std::string_view line, auto& emit) { words::split(line, emit); })
      .key_by([](std::string_view word) { return word; })
      .state<uint64_t>("count", [](std::string_view word, uint64_t& total) {
        return WordTotal{word, ++total};
      });
}

constexpr auto write_total = [](const WordTotal& value, wl::Bytes& out) {
  out << value.word << " => " << value.total;
};
