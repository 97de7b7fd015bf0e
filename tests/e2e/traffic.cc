#include "traffic.h"

#include <gtest/gtest.h>

#include <charconv>
#include <string_view>

namespace wallaroo::e2e {
namespace {

constexpr uint64_t kKeys = 5;

bool number_from(std::string_view text, uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

/// "key:number[:padding] => count"
bool read_line(std::string_view line, Results& results) {
  const size_t arrow = line.find(" => ");
  const size_t colon = line.find(':');
  if (arrow == std::string_view::npos || colon == std::string_view::npos || colon > arrow)
    return false;
  const size_t end = std::min(line.find(':', colon + 1), arrow);
  uint64_t number = 0;
  uint64_t count = 0;
  if (!number_from(line.substr(colon + 1, end - colon - 1), number) ||
      !number_from(line.substr(arrow + 4), count)) {
    return false;
  }
  results.by_key[std::string(line.substr(0, colon))].emplace_back(number, count);
  return true;
}

}  // namespace

Results read_results(const std::vector<std::string>& streams, bool cut) {
  Results results;
  for (const std::string& stream : streams) {
    std::string_view left = stream;
    while (!left.empty()) {
      const size_t end = left.find('\n');
      const std::string_view line = left.substr(0, end);
      if (end == std::string_view::npos) {
        if (!cut) results.malformed.emplace_back(line);
        break;
      }
      if (!read_line(line, results)) results.malformed.emplace_back(line);
      left.remove_prefix(end + 1);
    }
  }
  return results;
}

Honest::Honest(uint16_t port, std::string name, bool lines)
    : client_(port), name_(std::move(name)), lines_(lines) {
  EXPECT_TRUE(client_.connected());
}

std::string Honest::message(const std::string& name, uint64_t number, size_t padding) {
  std::string text = name + std::to_string(number % kKeys) + ':' + std::to_string(number);
  if (padding > 0) text.append(":").append(padding, 'x');
  return text;
}

void Honest::send(size_t messages, size_t padding) {
  std::string bytes;
  for (size_t i = 0; i < messages; ++i) {
    const std::string text = message(name_, sent_++, padding);
    bytes += lines_ ? text + '\n' : frame(text);
  }
  EXPECT_TRUE(client_.send(bytes)) << name_ << " cannot send";
}

std::string Honest::complaint(const Results& results) const {
  return e2e::complaint(name_, sent_, results);
}

std::string complaint(const std::string& name, size_t sent, const Results& results) {
  for (uint64_t key = 0; key < kKeys; ++key) {
    const std::string key_name = name + std::to_string(key);
    const auto found = results.by_key.find(key_name);
    const KeyResults got = found == results.by_key.end() ? KeyResults() : found->second;
    const size_t expected = sent / kKeys + (key < sent % kKeys ? 1 : 0);
    for (size_t i = 0; i < std::max(got.size(), expected); ++i) {
      if (i < got.size() && i < expected && got[i] == std::pair(key + i * kKeys, i + 1)) continue;
      return "key " + key_name + ": " + std::to_string(got.size()) + " results instead of " +
             std::to_string(expected) + ", wrong from the " + std::to_string(i + 1) + "th on";
    }
  }
  return "";
}

}  // namespace wallaroo::e2e
