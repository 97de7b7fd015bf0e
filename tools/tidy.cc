// Bans that a compiler does not know, and limits on length. Usage: tidy ROOT
#include <algorithm>
#include <cstdio>
#include <regex>

#include "tools/source_tree.h"

namespace wallaroo::tools {
namespace {

constexpr size_t kHeaderLinesMax = 200;
constexpr size_t kSourceLinesMax = 600;
constexpr size_t kFunctionLinesMax = 70;

struct Ban {
  std::regex pattern;
  const char* why;
  std::set<std::string> places;    // modules it holds in; empty: everywhere
  std::set<std::string> excepted;  // modules or files where it is allowed
  bool in_tests = false;
};

const std::set<std::string> kEngine = {"include", "base", "io",      "wire",    "plan",
                                       "state",   "flow", "cluster", "connect", "worker",
                                       "os",      "api",  "cli",     "sim"};

const std::vector<Ban>& bans() {
  static const std::vector<Ban> table = {
      {std::regex(R"(\bthrow\b(?!\s*;))"),
       "expected failures are a Result, bugs an ASSERT",
       kEngine,
       {"include/wallaroo/connectors.h", "include/wallaroo/emit.h", "include/wallaroo/json.h",
        "sim"}},
      {std::regex(R"(\bgetenv\s*\()"), "options arrive as arguments", kEngine, {"cli", "os"}},
      {std::regex(R"(\b(s?rand|rand_r|random)\s*\(|\brandom_device\b)"),
       "randomness comes from base/rng.h and a seed",
       kEngine,
       {}},
      {std::regex(R"((_clock|Clock)::now\b|\bclock_gettime\b|\bgettimeofday\b)"),
       "time is an argument; only os reads a clock",
       kEngine,
       {"os", "sim/main.cc"}},
      {std::regex(R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b)"),
       "only os waits",
       kEngine,
       {"os"}},
      {std::regex(R"(\bthread_local\b)"), "nothing hides in the thread", kEngine, {}},
      {std::regex(R"(\b(co_await|co_yield|co_return)\b)"),
       "no coroutines in the engine",
       kEngine,
       {"os"}},
      {std::regex(R"(\bstd::(cout|cerr|clog)\b)"),
       "only the programs talk",
       kEngine,
       {"cli", "api", "sim"}},
  };
  return table;
}

struct Function {
  size_t line;
  size_t lines;
};

// Follows the braces: a block opened by something with parentheses, while only namespaces and
// types are open, is a function.
class FunctionFinder {
 public:
  void character(char c, size_t line) {
    if (c == '{') {
      open();
    } else if (c == '}') {
      close(line);
    } else if (c == ';') {
      head_.clear();
    } else if (!head_.empty() || !std::isspace(static_cast<unsigned char>(c))) {
      if (head_.empty()) head_line_ = line;
      head_ += c;
    }
  }

  std::vector<Function> found;

 private:
  // "template <...>" may come before what is declared.
  static std::string declared(const std::string& head) {
    if (!head.starts_with("template")) return head;
    int nested = 0;
    for (size_t i = 0; i < head.size(); ++i) {
      nested += head[i] == '<' ? 1 : head[i] == '>' ? -1 : 0;
      if (head[i] == '>' && nested == 0)
        return declared(head.substr(std::min(head.find_first_not_of(" \n", i + 1), head.size())));
    }
    return head;
  }

  void open() {
    static const std::regex scope(R"((namespace|class|struct|union|enum|extern)\b[^]*)");
    const std::string head = declared(head_);
    const size_t last = head.find_last_not_of(" \n");
    const bool value = last != std::string::npos && head[last] == '=';
    const bool function = head.find('(') != std::string::npos && !std::regex_match(head, scope);
    ++depth_;
    if (function_depth_ == 0 && function && !value) {
      function_depth_ = depth_;
      function_line_ = head_line_;
    }
    head_.clear();
  }

  void close(size_t line) {
    if (function_depth_ > 0 && depth_ == function_depth_) {
      found.push_back({function_line_ + 1, line - function_line_ + 1});
      function_depth_ = 0;
    }
    if (depth_ > 0) --depth_;
    head_.clear();
  }

  std::string head_;
  size_t head_line_ = 0;
  size_t depth_ = 0;
  size_t function_depth_ = 0;  // 0: outside functions
  size_t function_line_ = 0;
};

std::vector<Function> functions_of(const SourceFile& file, const std::vector<std::string>& code) {
  FunctionFinder finder;
  bool preprocessor = false;
  for (size_t i = 0; i < code.size(); ++i) {
    preprocessor = preprocessor || code[i].starts_with("#");
    if (!preprocessor)
      for (const char c : code[i] + "\n") finder.character(c, i);
    preprocessor = preprocessor && file.lines[i].ends_with("\\");
  }
  return finder.found;
}

class Checker {
 public:
  explicit Checker(const std::filesystem::path& root)
      : files_(read_tree(root, {"include", "src", "sim", "testkit", "tests", "fuzz", "bench",
                                "examples", "tools"})) {}

  int run() {
    for (const SourceFile& file : files_) {
      const std::vector<std::string> code = code_of(file);
      check_length(file);
      check_marks(file);
      check_bans(file, code);
      check_header(file, code);
      check_functions(file, code);
    }
    return report("tidy", findings_, files_.size());
  }

 private:
  void complain(const SourceFile& file, size_t line, const std::string& why) {
    findings_.push_back(file.path + ":" + std::to_string(line) + ": " + why);
  }

  void check_length(const SourceFile& file) {
    const size_t limit = file.is_interface() ? kHeaderLinesMax : kSourceLinesMax;
    if (file.lines.size() > limit)
      complain(file, file.lines.size(),
               "longer than " + std::to_string(limit) + " lines; divide it");
  }

  // Work left over belongs in the tracker, not in the text. The words are spelt apart here.
  void check_marks(const SourceFile& file) {
    static const std::regex marks(
        "\\b(TO"
        "DO|FIX"
        "ME|X"
        "XX)\\b");
    for (size_t i = 0; i < file.lines.size(); ++i)
      if (std::regex_search(file.lines[i], marks))
        complain(file, i + 1, "a mark of unfinished work");
  }

  void check_bans(const SourceFile& file, const std::vector<std::string>& code) {
    for (const Ban& ban : bans()) {
      if (!ban.places.empty() && !ban.places.contains(file.module())) continue;
      if (ban.excepted.contains(file.module()) || ban.excepted.contains(file.path)) continue;
      if (file.is_test() && !ban.in_tests) continue;
      for (size_t i = 0; i < code.size(); ++i) {
        std::smatch match;
        if (std::regex_search(code[i], match, ban.pattern))
          complain(file, i + 1, "'" + match.str() + "' is banned here: " + ban.why);
      }
    }
  }

  void check_header(const SourceFile& file, const std::vector<std::string>& code) {
    if (!file.is_header()) return;
    bool once = false;
    for (size_t i = 0; i < code.size(); ++i) {
      once = once || code[i].starts_with("#pragma once");
      if (code[i].find("using namespace") != std::string::npos)
        complain(file, i + 1, "'using namespace' in a header");
    }
    if (!once) complain(file, 1, "a header without #pragma once");
  }

  void check_functions(const SourceFile& file, const std::vector<std::string>& code) {
    for (const Function& function : functions_of(file, code))
      if (function.lines > kFunctionLinesMax)
        complain(file, function.line,
                 "function of " + std::to_string(function.lines) + " lines, more than " +
                     std::to_string(kFunctionLinesMax) + "; divide it");
  }

  std::vector<SourceFile> files_;
  std::vector<std::string> findings_;
};

}  // namespace
}  // namespace wallaroo::tools

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: tidy ROOT\n");
    return 2;
  }
  return wallaroo::tools::Checker(argv[1]).run();
}
