// Files of dead letters, as `wallaroo dead-letters` reads them.
#include <algorithm>
#include <sstream>

#include "base/json_text.h"
#include "cli/dead_letters.h"
#include "fuzz/targets.h"

namespace wallaroo::fuzz {
namespace {

cli::DeadLetters parse(std::string_view text, const std::string& stage = {}) {
  std::istringstream lines{std::string(text)};
  return cli::parse_dead_letters(lines, {.stage = stage});
}

size_t count_lines(std::string_view text) {
  const auto newlines = static_cast<size_t>(std::ranges::count(text, '\n'));
  return newlines + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

/// Nothing when the format has no way to write it: a name that says of itself to be in base64.
std::string written(const cli::DeadLetter& letter) {
  std::string line = "{";
  for (const auto& [name, value] : letter.fields) {
    if (name.ends_with("_base64")) return {};
    if (line.size() > 1) line += ',';
    base::append_json_bytes(line, name, value);
  }
  return line + '}';
}

void check_letter(const cli::DeadLetter& letter) {
  ASSERT(!letter.field("stage").empty() && !letter.field("error").empty(),
         "a letter says where and why");
  const std::string line = written(letter);
  if (line.empty()) return;
  const cli::DeadLetters again = parse(line);
  ASSERT(again.letters.size() == 1 && again.letters[0].line == 1 &&
             again.letters[0].fields == letter.fields,
         "what is written is read");
}

void check_stage(std::string_view text, const cli::DeadLetters& all, const std::string& stage) {
  const cli::DeadLetters some = parse(text, stage);
  ASSERT(some.unreadable == all.unreadable, "a line is readable whatever is asked for");
  size_t next = 0;
  for (const cli::DeadLetter& letter : all.letters) {
    if (letter.field("stage") != stage && letter.field("function") != stage) continue;
    ASSERT(next < some.letters.size() && some.letters[next].line == letter.line &&
               some.letters[next].fields == letter.fields,
           "the letters of a stage are those of all that name it");
    ++next;
  }
  ASSERT(next == some.letters.size(), "no letter of another stage is among them");
}

}  // namespace

void fuzz_letters(const uint8_t* data, size_t bytes) {
  const std::string_view text(reinterpret_cast<const char*>(data), bytes);
  cli::DeadLetters all;
  {
    const MemoryLimit limit(64 * 1024 + 256 * bytes);
    all = parse(text);
  }
  const size_t lines = count_lines(text);
  ASSERT(all.letters.size() + all.unreadable.size() == lines, "every line is told of once");
  uint64_t last = 0;
  for (const cli::DeadLetter& letter : all.letters) {
    ASSERT(letter.line > last && letter.line <= lines, "letters come in the order of their lines");
    last = letter.line;
    check_letter(letter);
  }
  if (!all.letters.empty()) check_stage(text, all, all.letters.back().field("stage"));
}

std::vector<std::string> letters_seeds() {
  return {R"({"stage":"s","error":"e","message":17,"payload_of":"source","payload_base64":"/wE="})"
          "\n",
          "{\"torn\n"
          R"({"stage":"a","error":"e\n\"\\\u0001","key":-3})"
          "\n\n"
          R"({"stage":"b","error":"e"})",
          "{}\n[]\n", R"({"stage":"a"})"};
}

}  // namespace wallaroo::fuzz
