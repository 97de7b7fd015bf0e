#include "yardstick/plain_count.h"

#include <charconv>
#include <cstring>

#include "yardstick/text.h"
#include "yardstick/word.h"

namespace wallaroo::bench {
namespace {

constexpr std::size_t kDigitsMax = 20;

}  // namespace

char* PlainCount::count(std::string_view frames, char* out) {
  while (!frames.empty()) {
    const std::size_t length = read_length(frames.data());
    out = count_message(frames.substr(4, length), out);
    frames.remove_prefix(4 + length);
  }
  return out;
}

inline char* PlainCount::count_message(std::string_view message, char* out) {
  if (word_.size() < message.size()) word_.resize(message.size());
  char* const token = word_.data();
  const char* p = message.data();
  const char* const end = p + message.size();
  while (p < end) {
    char* token_end = token;
    while (p < end && !is_separator(*p)) *token_end++ = lower(*p++);
    ++p;
    if (token_end > token) out = count_token(token, token_end, out);
  }
  return out;
}

char* PlainCount::count_token(const char* begin, const char* end, char* out) {
  while (begin < end && is_punctuation(*begin)) ++begin;
  while (begin < end && is_punctuation(end[-1])) --end;
  if (begin == end) return out;
  const std::string_view word(begin, static_cast<std::size_t>(end - begin));
  auto found = counts_.find(word);
  if (found == counts_.end()) found = counts_.emplace(word, 0).first;
  std::memcpy(out, word.data(), word.size());
  out += word.size();
  std::memcpy(out, " => ", 4);
  out = std::to_chars(out + 4, out + 4 + kDigitsMax, ++found->second).ptr;
  *out++ = '\n';
  return out;
}

}  // namespace wallaroo::bench
