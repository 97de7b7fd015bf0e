#include "cli/go_build.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string_view>

#include "cli/commands.h"
#include "os/command.h"

namespace wallaroo::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples = R"(Examples:
  wallaroo go build word_count
  wallaroo go build . -o bin/word_count -race
)";

// The last of the package's files, so that it runs behind every other init. It imports "C" because
// go build gives the compiler files that do behind those that do not, and the program's own file
// does.
constexpr const char* kHostFile = "zzz_wallaroo_host.go";
constexpr const char* kHost = R"(package main

import "C"

import (
	"unsafe"

	"wallarooapi/host"
)

func init() { host.Main(func() unsafe.Pointer { return unsafe.Pointer(ApplicationSetup()) }) }
)";

constexpr const char* kApi = "wallarooapi";
constexpr const char* kEngine = "wallaroo.example/wallaroo";

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Result<void> write_file(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (out) return {};
  return fail(ErrorCode::io, "cannot write '" + path.string() + "'; check the free space");
}

/// Looks whether the directory holds a program of 2018.
Result<void> check_program(const fs::path& directory) {
  std::error_code error;
  bool any = false;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".go" || name.ends_with("_test.go")) continue;
    any = true;
    if (read_file(entry.path()).find("//export ApplicationSetup") != std::string::npos) return {};
  }
  if (error) {
    return fail(ErrorCode::bad_option,
                "cannot read the directory '" + directory.string() + "': " + error.message());
  }
  if (!any) {
    return fail(ErrorCode::bad_option, "there are no Go files in '" + directory.string() +
                                           "'; name the directory of the program's package main");
  }
  return fail(ErrorCode::bad_option,
              "no file in '" + directory.string() +
                  "' exports ApplicationSetup, as programs of the Go API of 2018 do: a line "
                  "'//export ApplicationSetup' before 'func ApplicationSetup() *C.char'. Programs "
                  "that use wallaroo.example/wallaroo are built by go build");
}

/// The nearest file or directory `name` in `from` or above it; empty when there is none.
fs::path above(const fs::path& from, const char* name) {
  std::error_code error;
  for (fs::path at = from;; at = at.parent_path()) {
    if (fs::exists(at / name, error)) return at / name;
    if (at == at.root_path()) return {};
  }
}

std::string joined(const std::vector<std::string>& paths) {
  std::string all;
  for (const std::string& path : paths)
    if (!path.empty()) all += (all.empty() ? "" : ":") + path;
  return all;
}

/// The words of a line of go.mod, without its comment. Text in quotes is one word.
std::vector<std::string> words_of(std::string_view line) {
  constexpr std::string_view kEnds = " \t\r()\"`";
  std::vector<std::string> words;
  while (!line.empty() && !line.starts_with("//")) {
    size_t size = 1;
    if (line[0] == '"' || line[0] == '`') {
      const size_t end = std::min(line.find(line[0], 1), line.size());
      words.emplace_back(line.substr(1, end - 1));
      size = end + 1;
    } else if (line[0] == '(' || line[0] == ')') {
      words.emplace_back(line.substr(0, 1));
    } else if (kEnds.find(line[0]) == std::string_view::npos) {
      size = std::min({line.find_first_of(kEnds), line.find("//"), line.size()});
      words.emplace_back(line.substr(0, size));
    }
    line.remove_prefix(std::min(size, line.size()));
  }
  return words;
}

/// Whether go.mod says where the module is, or is its own.
bool names(const std::string& go_mod, const std::string& module) {
  std::istringstream lines(go_mod);
  std::string line, block;
  while (std::getline(lines, line)) {
    std::vector<std::string> words = words_of(line);
    if (words.empty()) continue;
    if (words[0] == ")") {
      block.clear();
    } else if (!block.empty()) {
      words.insert(words.begin(), block);
    } else if (words.size() == 2 && words[1] == "(") {
      block = words[0];
    }
    const bool tells = words[0] == "require" || words[0] == "replace" || words[0] == "module";
    if (tells && words.size() > 1 && words[1] == module) return true;
  }
  return false;
}

/// Gives a program with a go.mod the modules that it does not name itself.
Result<void> add_modules(const fs::path& mod, const GoModules& modules, const fs::path& scratch,
                         GoCommand& command) {
  const std::string text = read_file(mod);
  std::string lines;
  const auto add = [&](const char* name, const std::string& path) {
    if (names(text, name)) return;
    lines += fmt::format("\nrequire {0} v0.0.0\nreplace {0} => {1}\n", name,
                         boost::json::serialize(boost::json::string(path)));
  };
  add(kApi, modules.compatible);
  add(kEngine, modules.module);
  if (lines.empty()) return {};
  TRY_VOID(write_file(scratch / "go.mod", text + lines));
  const fs::path sums = mod.parent_path() / "go.sum";
  std::error_code error;
  if (fs::exists(sums, error)) TRY_VOID(write_file(scratch / "go.sum", read_file(sums)));
  command.words.push_back("-modfile=" + (scratch / "go.mod").string());
  command.variables.emplace_back("GOWORK", "off");
  return {};
}

/// Gives a program without go.mod a GOPATH in which the modules are.
Result<void> add_gopath(const fs::path& directory, const GoModules& modules,
                        const fs::path& scratch, const std::string& gopath, const std::string& home,
                        GoCommand& command) {
  const fs::path source = scratch / "gopath" / "src";
  std::error_code error;
  fs::create_directories((source / kEngine).parent_path(), error);
  if (!error) fs::create_directory_symlink(modules.compatible, source / kApi, error);
  if (!error) fs::create_directory_symlink(modules.module, source / kEngine, error);
  if (error)
    return fail(ErrorCode::io, "cannot write '" + source.string() + "': " + error.message());
  std::string workspace;  // the program's own packages, when it lies in WORKSPACE/src/...
  for (fs::path at = directory; at != at.root_path(); at = at.parent_path()) {
    if (at.filename() == "src") workspace = at.parent_path().string();
  }
  const std::string usual = gopath.empty() && !home.empty() ? home + "/go" : gopath;
  command.variables.emplace_back("GO111MODULE", "off");
  command.variables.emplace_back("GOPATH",
                                 joined({(scratch / "gopath").string(), workspace, usual}));
  return {};
}

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

/// A directory for the time of a build.
class Scratch {
 public:
  Scratch() : path_((fs::temp_directory_path() / "wallaroo-go-build.XXXXXX").string()) {
    made_ = mkdtemp(path_.data()) != nullptr;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    if (made_) fs::remove_all(path_, ignored);
  }
  bool made() const { return made_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

}  // namespace

Result<GoBuild> parse_go_build(const std::vector<std::string>& words) {
  GoBuild build;
  size_t at = 0;
  if (!words.empty() && !words[0].starts_with('-')) build.directory = words[at++];
  for (; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (word == "-o" && at + 1 == words.size())
      return fail(ErrorCode::bad_option, "-o needs a file");
    if (word == "-o") {
      build.output = words[++at];
    } else if (word.starts_with("-o=")) {
      build.output = word.substr(3);
    } else if (word.starts_with("-overlay") || word.starts_with("--overlay")) {
      return fail(ErrorCode::bad_option, "-overlay is what wallaroo go build uses itself");
    } else {
      build.flags.emplace_back(word);
    }
  }
  return build;
}

Result<GoCommand> prepare_go_build(const GoBuild& build, const GoModules& modules,
                                   const std::string& scratch,
                                   std::string (*variable)(const std::string& name)) {
  std::error_code error;
  const fs::path directory = fs::canonical(build.directory, error);
  if (error) {
    return fail(ErrorCode::bad_option,
                "cannot read the directory '" + build.directory + "': " + error.message());
  }
  TRY_VOID(check_program(directory));
  const fs::path files = scratch;
  TRY_VOID(write_file(files / kHostFile, kHost));
  const boost::json::object overlay{
      {"Replace", {{(directory / kHostFile).string(), (files / kHostFile).string()}}}};
  TRY_VOID(write_file(files / "overlay.json", boost::json::serialize(overlay)));

  GoCommand command{.words = {"go", "build", "-overlay=" + (files / "overlay.json").string()},
                    .directory = directory.string(),
                    .variables = {}};
  const fs::path mod = above(directory, "go.mod");
  if (mod.empty() || variable("GO111MODULE") == "off") {
    TRY_VOID(add_gopath(directory, modules, files, variable("GOPATH"), variable("HOME"), command));
  } else {
    TRY_VOID(add_modules(mod, modules, files, command));
  }
  command.variables.emplace_back("PKG_CONFIG_PATH",
                                 joined({modules.pkg_config, variable("PKG_CONFIG_PATH")}));
  const fs::path output =
      fs::absolute(build.output.empty() ? directory.filename() : fs::path(build.output), error);
  command.words.insert(command.words.end(), {"-o", output.string()});
  command.words.insert(command.words.end(), build.flags.begin(), build.flags.end());
  command.words.emplace_back(".");
  return command;
}

Result<int> go_build(const GoBuild& build) {
  TRY(modules, find_go_modules());
  const Scratch scratch;
  if (!scratch.made()) {
    return fail(ErrorCode::io, "cannot make the directory '" + scratch.path() +
                                   "'; set TMPDIR to a directory that can be written");
  }
  TRY(prepared, prepare_go_build(build, modules, scratch.path(), environment));
  os::Command command{.words = prepared.words, .directory = prepared.directory, .variables = {}};
  for (const auto& [name, value] : prepared.variables) command.variables.push_back({name, value});
  const auto code = os::run_command(command);
  if (code) return code;
  return fail(code.error().code,
              code.error().message + "; install Go 1.19 or later, and have it in PATH");
}

void add_go(CLI::App& app, ExitCode& exit) {
  CLI::App* group = app.add_subcommand("go", "Build programs of the Go API of 2018");
  group->require_subcommand(1);
  CLI::App* command =
      group->add_subcommand("build", "go build for a program that exports ApplicationSetup");
  command->footer(fmt::format("{}\nWords: [DIR] [-o FILE] [FLAG OF go build...]\n", kExamples));
  command->prefix_command();
  command->callback([command, &exit] {
    const auto build = parse_go_build(command->remaining());
    const auto code = build ? go_build(*build) : Result<int>(tl::unexpected(build.error()));
    if (!code) {
      exit = report(code.error());
    } else if (*code != 0) {
      exit = ExitCode::failed;
    }
  });
}

}  // namespace wallaroo::cli
