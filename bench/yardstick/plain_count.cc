#include "yardstick/plain_count.h"

#include <charconv>

#include "yardstick/text.h"
#include "yardstick/word.h"

namespace wallaroo::bench {

void PlainCount::count(std::string_view frames, std::string& out) {
  while (!frames.empty()) {
    const std::size_t length = read_length(frames.data());
    count_message(frames.substr(4, length), out);
    frames.remove_prefix(4 + length);
  }
}

void PlainCount::count_message(std::string_view message, std::string& out) {
  const char* p = message.data();
  const char* const end = p + message.size();
  while (p < end) {
    while (p < end && is_separator(*p)) ++p;
    const char* begin = p;
    while (p < end && !is_separator(*p)) ++p;
    if (p > begin) count_word(begin, p, out);
  }
}

void PlainCount::count_word(const char* begin, const char* end, std::string& out) {
  while (begin < end && is_punctuation(*begin)) ++begin;
  while (begin < end && is_punctuation(end[-1])) --end;
  if (begin == end) return;
  word_.assign(begin, end);
  for (char& c : word_) c = lower(c);
  auto found = counts_.find(std::string_view(word_));
  if (found == counts_.end()) found = counts_.emplace(word_, 0).first;
  char digits[24];
  const auto printed = std::to_chars(digits, digits + sizeof digits, ++found->second);
  out += word_;
  out += " => ";
  out.append(digits, printed.ptr);
  out += '\n';
}

}  // namespace wallaroo::bench
