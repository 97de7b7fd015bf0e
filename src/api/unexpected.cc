#include "api/unexpected.h"

#include <CLI/App.hpp>

#include "base/nearest.h"
#include "base/printable.h"

namespace wallaroo::api {

std::string describe_unexpected(const std::vector<std::string>& extras, const CLI::App& command) {
  constexpr size_t kShownBytesMax = 200;  // of an argument
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  std::string text = "did not expect";
  for (const std::string& word : extras) text += ' ' + base::printable(word, kShownBytesMax);
  for (const std::string& word : extras) {
    const std::string_view meant = word.starts_with("--") ? base::nearest(word, known) : "";
    if (!meant.empty()) return text + "; did you mean " + std::string(meant) + "?";
  }
  return text;
}

}  // namespace wallaroo::api
