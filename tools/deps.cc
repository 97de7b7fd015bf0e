// Reads every #include and fails on an edge between modules that the table does not allow, on a
// cycle between files, and on a system or library header outside its home. Usage: deps ROOT
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>

#include "tools/source_tree.h"

namespace wallaroo::tools {
namespace {

using Names = std::set<std::string>;

Names words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

// The only edges between modules. `include` (the public headers) is a leaf that everything may
// include; a module may always include itself.
const std::map<std::string, Names>& allowed_edges() {
  static const std::map<std::string, Names> table = {
      {"include", {}},
      {"base", {}},
      {"io", words("base")},
      {"json", words("base")},
      {"wire", words("base")},
      {"plan", words("base")},
      {"state", words("base wire")},
      {"flow", words("base io wire plan state")},
      {"cluster", words("base io wire plan")},
      {"guest", words("base wire plan state")},
      {"connect", words("base io wire flow")},
      {"worker", words("base io wire plan state flow cluster connect")},
      {"os", words("base io")},
      {"api", words("worker os json guest base io wire plan state flow cluster connect")},
      {"cli", words("api os io base")},
      {"sim", words("base io wire plan state flow guest cluster connect worker")},
      {"testkit", words("base io wire plan state flow guest connect worker")},
      {"fuzz", words("cli api worker os json guest base io wire plan state flow cluster connect")},
  };
  return table;
}

// Headers that may be included anywhere: the pure part of the standard library, and libraries
// that neither block nor know the machine.
bool is_free(const std::string& header) {
  static const Names standard = words(
      "algorithm any array bit bitset cassert cctype cerrno cfloat charconv chrono cinttypes "
      "climits cmath compare complex concepts coroutine cstdarg cstddef cstdint cstdio cstdlib "
      "cstring deque exception execution expected filesystem forward_list fstream functional "
      "initializer_list iomanip ios iosfwd iostream istream iterator limits list locale map memory "
      "memory_resource new numbers numeric optional ostream queue ranges ratio regex set "
      "source_location span sstream stack stdexcept string string_view streambuf system_error "
      "tuple "
      "type_traits typeindex typeinfo utility valarray variant vector version "
      "stddef.h stdint.h string.h immintrin.h cxxabi.h");
  if (standard.contains(header)) return true;
  static const std::regex library(
      R"((fmt|boost/pfr|tl|boost/container|boost/core)/.*|boost/pfr\.hpp|xxhash\.h|zstd\.h|lz4\.h)");
  return std::regex_match(header, library);
}

struct Home {
  std::regex header;
  std::string what;
  Names places;  // modules, or paths of files
};

const std::vector<Home>& homes() {
  static const std::vector<Home> table = {
      {std::regex("atomic"), "atomics", words("src/base/ring.h src/base/counter.h fuzz os")},
      {std::regex("thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|"
                  "stop_token|pthread\\.h|sched\\.h"),
       "threads and locks", words("os")},
      {std::regex("ctime|time\\.h"), "clocks", words("os")},
      {std::regex("csignal|signal\\.h"), "signals", words("os api cli")},
      {std::regex(
           "(sys|netinet|arpa|net|linux)/.*|netdb\\.h|poll\\.h|unistd\\.h|fcntl\\.h|ifaddrs\\.h|"
           "dirent\\.h|dlfcn\\.h|execinfo\\.h"),
       "the operating system", words("os")},
      {std::regex("spdlog/.*"), "spdlog", words("os")},
      {std::regex("boost/(asio|beast)(/.*|\\.hpp)"), "Asio and Beast", words("os")},
      {std::regex("curl/.*|openssl/.*|librdkafka/.*|rocksdb/.*"), "a client library", words("os")},
      {std::regex("boost/(json|url)(/.*|\\.hpp)"), "JSON", words("os api cli worker guest")},
      {std::regex("simdjson\\.h"), "the JSON parser", words("json")},
      {std::regex("new_(cpp|go)_template\\.h"), "a header that CMake generates", words("cli")},
      {std::regex("CLI/.*|toml\\+\\+/.*|toml\\.hpp"), "options and configuration",
       words("cli api")},
      {std::regex("random|unordered_map|unordered_set|boost/unordered.*"),
       "a container or generator whose order depends on the machine",
       {}},
  };
  return table;
}

struct Include {
  bool system;
  std::string header;
  size_t line;
};

std::vector<Include> includes_of(const SourceFile& file) {
  static const std::regex directive(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  std::vector<Include> found;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    std::smatch match;
    if (std::regex_match(file.lines[i], match, directive))
      found.push_back({match[1] == "<", match[2], i + 1});
  }
  return found;
}

class Checker {
 public:
  explicit Checker(const std::filesystem::path& root)
      : files_(read_tree(root, {"include", "src", "sim", "testkit", "fuzz", "examples"})) {
    for (const SourceFile& file : files_) by_path_[file.path] = &file;
  }

  int run() {
    for (const SourceFile& file : files_) check(file);
    for (const SourceFile& file : files_) look_for_cycle(file.path);
    return report("deps", findings_, files_.size());
  }

 private:
  void check(const SourceFile& file) {
    const std::string module = file.module();
    const bool known = module == "examples" || allowed_edges().contains(module);
    if (!known) findings_.push_back(file.path + ": module '" + module + "' is not in the table");
    for (const Include& include : includes_of(file)) {
      const std::string path = resolve(file, include.header);
      if (!path.empty())
        check_edge(file, include, path);
      else if (!file.is_test() && module != "examples")
        check_home(file, include);
    }
  }

  // The file of the tree that is meant, or nothing for a header from outside.
  std::string resolve(const SourceFile& file, const std::string& header) const {
    const std::string folder = file.path.substr(0, file.path.rfind('/') + 1);
    for (const std::string& place :
         {std::string("src/"), std::string("include/"), std::string(), folder})
      if (by_path_.contains(place + header)) return place + header;
    return {};
  }

  void check_edge(const SourceFile& file, const Include& include, const std::string& path) {
    const std::string from = file.module();
    const std::string to = by_path_.at(path)->module();
    edges_[file.path].push_back(path);
    if (from == to || to == "include") return;
    if (file.is_test() && to == "testkit") return;
    const auto row = allowed_edges().find(from);
    if (row != allowed_edges().end() && row->second.contains(to)) return;
    complain(file, include, "'" + from + "' may not include '" + to + "'");
  }

  void check_home(const SourceFile& file, const Include& include) {
    if (is_free(include.header)) return;
    for (const Home& home : homes()) {
      if (!std::regex_match(include.header, home.header)) continue;
      if (home.places.contains(file.module()) || home.places.contains(file.path)) return;
      std::string places;
      for (const std::string& place : home.places) places += " " + place;
      return complain(file, include,
                      home.what + (places.empty() ? " has no place in the engine"
                                                  : " may be used only in:" + places));
    }
    complain(file, include,
             "unknown header; a new dependency needs a decision in docs/adr and a row here");
  }

  void complain(const SourceFile& file, const Include& include, const std::string& why) {
    findings_.push_back(file.path + ":" + std::to_string(include.line) + ": " + include.header +
                        ": " + why);
  }

  // A header that includes foo_impl.h at its end is what foo_impl.h completes, not a cycle.
  bool is_head_of(const std::string& head, const std::string& path) {
    const auto& below = edges_[head];
    return by_path_.at(path)->is_template_source() &&
           std::find(below.begin(), below.end(), path) != below.end();
  }

  // Depth first; a file met again on the way down closes a cycle.
  void look_for_cycle(const std::string& path) {
    if (done_.contains(path)) return;
    if (!on_way_.insert(path).second) {
      findings_.push_back(path + ": includes itself through other files");
      return;
    }
    for (const std::string& next : edges_[path])
      if (!is_head_of(next, path)) look_for_cycle(next);
    on_way_.erase(path);
    done_.insert(path);
  }

  std::vector<SourceFile> files_;
  std::map<std::string, const SourceFile*> by_path_;
  std::map<std::string, std::vector<std::string>> edges_;
  std::vector<std::string> findings_;
  Names done_;
  Names on_way_;
};

}  // namespace
}  // namespace wallaroo::tools

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: deps ROOT\n");
    return 2;
  }
  return wallaroo::tools::Checker(argv[1]).run();
}
