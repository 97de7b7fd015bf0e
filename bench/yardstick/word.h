#pragma once
// What a word is, one byte at a time; every counter must agree with it.
// Split on space and newline; lower-case ASCII; trim ASCII punctuation at both ends.

namespace wallaroo::bench {

constexpr bool is_separator(char c) { return c == ' ' || c == '\n'; }
constexpr bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace wallaroo::bench
