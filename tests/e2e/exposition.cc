#include "exposition.h"

#include <charconv>
#include <optional>
#include <regex>
#include <set>

namespace wallaroo::e2e {
namespace {

class Parser {
 public:
  Exposition run(std::string_view text) {
    if (text.empty() || text.back() != '\n') mistake("", "does not end with a newline");
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      line(std::string(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    for (const auto& [family, type] : types_) {
      if (!has_samples_.contains(family)) mistake(family, "is declared and has no sample");
      if (!helps_.contains(family)) mistake(family, "has no HELP");
      if ((type == "counter") != family.ends_with("_total"))
        mistake(family, "counters, and only counters, end with _total");
    }
    return std::move(found_);
  }

 private:
  void mistake(const std::string& where, const std::string& what) {
    found_.mistakes.push_back(where + ": " + what);
  }

  void line(const std::string& text) {
    static const std::regex help(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S(.*\S)?))");
    static const std::regex type(
        R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary))");
    std::smatch match;
    if (std::regex_match(text, match, help)) {
      if (!helps_.insert(match[1]).second) mistake(text, "a second HELP");
      if (has_samples_.contains(match[1])) mistake(text, "HELP behind samples");
    } else if (std::regex_match(text, match, type)) {
      if (!types_.emplace(match[1], match[2]).second) mistake(text, "a second TYPE");
      if (has_samples_.contains(match[1])) mistake(text, "TYPE behind samples");
      family_ = match[1];
    } else {
      sample(text);
    }
  }

  void sample(const std::string& text) {
    static const std::regex form(R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([^]*)\})? (\S+))");
    std::smatch match;
    if (!std::regex_match(text, match, form)) return mistake(text, "is no sample");
    const std::string name = match[1];
    if (!belongs(name)) mistake(text, "stands apart from the TYPE of its family");
    has_samples_.insert(family_);
    if (match[2].matched) labels(text, match[3]);
    const auto value = number(match[4]);
    if (!value) return mistake(text, "its value is no number");
    if (types_[family_] == "counter" && *value < 0) mistake(text, "a counter below 0");
    if (!found_.samples.emplace(name + match[2].str(), *value).second)
      mistake(text, "a second sample of the same series");
  }

  bool belongs(const std::string& name) {
    if (name == family_) return true;
    return types_[family_] == "summary" && (name == family_ + "_sum" || name == family_ + "_count");
  }

  void labels(const std::string& text, std::string all) {
    static const std::regex label(R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,|$))re");
    std::set<std::string> names;
    std::smatch match;
    while (!all.empty()) {
      if (!std::regex_search(all, match, label, std::regex_constants::match_continuous))
        return mistake(text, "its labels are malformed");
      if (!names.insert(match[1]).second) mistake(text, "a label twice");
      all = match.suffix();
    }
  }

  static std::optional<double> number(const std::string& text) {
    if (text == "NaN" || text == "+Inf" || text == "-Inf") return 0;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

  Exposition found_;
  std::string family_;
  std::set<std::string> helps_;
  std::map<std::string, std::string> types_;
  std::set<std::string> has_samples_;
};

}  // namespace

Exposition read_exposition(std::string_view text) { return Parser().run(text); }

}  // namespace wallaroo::e2e
