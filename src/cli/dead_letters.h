// Files of dead letters, as a worker writes them: a line of JSON for each message that failed.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace wallaroo::cli {

struct DeadLetter {
  uint64_t line = 0;  // of the file, from 1: what people call it by
  /// Every field as it stands in the file, except for those in base64, which are decoded.
  std::vector<std::pair<std::string, std::string>> fields;

  /// Empty when there is no such field.
  std::string field(const std::string& name) const;
  /// The payload is the message as its source took it in, so that it can be sent there again.
  bool is_message() const { return field("payload_of") == "source"; }
};

struct DeadLetters {
  std::vector<DeadLetter> letters;
  std::vector<std::string> unreadable;  // for each line that holds none: which and why
};

/// Which letters are wanted; all where a name is empty.
struct DeadLetterFilter {
  std::string stage{};  // or the function in it that failed
  std::string source{};

  bool wants(const DeadLetter& letter) const {
    return (stage.empty() || letter.field("stage") == stage || letter.field("function") == stage) &&
           (source.empty() || letter.field("source") == source);
  }
};

DeadLetters parse_dead_letters(std::istream& lines, const DeadLetterFilter& filter);
/// The same of a file.
Result<DeadLetters> read_dead_letters(const std::string& path, const DeadLetterFilter& filter);

}  // namespace wallaroo::cli
