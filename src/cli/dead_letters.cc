#include "cli/dead_letters.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "base/json_text.h"

namespace wallaroo::cli {
namespace {

/// What is wrong with the line; empty when it is a letter.
std::string parse(std::string_view line, DeadLetter& letter) {
  auto fields = base::parse_flat_json(line);
  if (!fields) return "it is not an object of texts and whole numbers in JSON";
  for (base::JsonField& field : *fields) {
    letter.fields.emplace_back(std::move(field.name), std::move(field.value));
  }
  return letter.field("stage").empty() || letter.field("error").empty()
             ? "it has no stage or no error"
             : "";
}

}  // namespace

std::string DeadLetter::field(const std::string& name) const {
  const auto found = std::ranges::find(fields, name, [](const auto& field) { return field.first; });
  return found == fields.end() ? "" : found->second;
}

Result<DeadLetters> read_dead_letters(const std::string& path, const DeadLetterFilter& filter) {
  std::ifstream file(path, std::ios::binary);
  if (!file || file.peek() == std::ifstream::traits_type::eof()) {
    // An empty file holds no letters; a directory opens, but cannot be read.
    if (file.is_open() && file.eof() && !file.bad()) return DeadLetters{};
    return fail(ErrorCode::io, "cannot read '" + path + "': " + std::strerror(errno) +
                                   "; name the file that the worker was given by --dead-letters");
  }
  return parse_dead_letters(file, filter);
}

DeadLetters parse_dead_letters(std::istream& lines, const DeadLetterFilter& filter) {
  DeadLetters found;
  std::string line;
  for (uint64_t number = 1; std::getline(lines, line); ++number) {
    DeadLetter letter{.line = number, .fields = {}};
    const std::string wrong = parse(line, letter);
    if (!wrong.empty()) {
      found.unreadable.push_back("line " + std::to_string(number) + " is no dead letter: " + wrong);
    } else if (filter.wants(letter)) {
      found.letters.push_back(std::move(letter));
    }
  }
  return found;
}

}  // namespace wallaroo::cli
