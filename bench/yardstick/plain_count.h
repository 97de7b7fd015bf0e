#pragma once
// The word count an able programmer writes in an afternoon: one loop over the words, a library map
// with string keys and a good hash, counts printed with to_chars. The yardstick of the first row.
#define XXH_INLINE_ALL
#include <xxh3.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace wallaroo::bench {

class PlainCount {
 public:
  /// Counts the words of whole messages and writes one line `word => count` for each word. `out`
  /// must have room for 16 bytes a byte of input. Returns the end of what was written.
  char* count(std::string_view frames, char* out);
  /// One token between separators, lower case; nothing happens when it is all punctuation.
  char* count_token(const char* begin, const char* end, char* out);
  std::size_t distinct() const { return counts_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view word) const {
      return XXH3_64bits(word.data(), word.size());
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
  };
  char* count_message(std::string_view message, char* out);

  boost::unordered_flat_map<std::string, std::uint64_t, Hash, Equal> counts_;
  std::string word_;
};

}  // namespace wallaroo::bench
