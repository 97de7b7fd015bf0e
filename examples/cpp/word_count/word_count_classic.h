// The same totals in the shape of the first word counts: 27 keys known beforehand, 'a' to 'z' and
// '!' for everything else; the state of each is a dictionary.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "word_count.h"

struct Dictionary {
  std::map<std::string, uint64_t, std::less<>> totals;

  WordTotal add(std::string_view word) {
    auto entry = totals.find(word);
    if (entry == totals.end()) entry = totals.emplace(word, 0).first;
    return {word, ++entry->second};
  }
};

constexpr auto letter_of = [](std::string_view word) {
  return word[0] >= 'a' && word[0] <= 'z' ? word[0] : '!';
};

inline std::vector<char> letters() {
  std::vector<char> all = {'!'};
  for (char c = 'a'; c <= 'z'; ++c) all.push_back(c);
  return all;
}

inline wl::Stream<WordTotal> count_words_by_letter(const wl::Stream<std::string_view>& lines) {
  return lines
      .to_many<std::string_view>(
          "split", [](std::string_view line, auto& emit) { words::split(line, emit); })
      .key_by(letter_of, letters())
      .state<Dictionary>("count", [](std::string_view word, Dictionary& dictionary) {
        return dictionary.add(word);
      });
}
