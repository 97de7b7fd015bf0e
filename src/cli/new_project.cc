#include "cli/new_project.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/go_modules.h"
#include "new_cpp_template.h"
#include "new_go_template.h"

namespace wallaroo::cli {
namespace {

namespace fs = std::filesystem;

// Names of applications, CMake targets and programs at once, so the narrowest rule of them.
bool usable_name(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  constexpr std::string_view kOfCMake[] = {"all",        "clean",         "depend",
                                           "edit_cache", "help",          "install",
                                           "package",    "rebuild_cache", "test"};
  return !name.empty() && kLetters.find(name[0]) != std::string_view::npos &&
         name.find_first_not_of(kAllowed) == std::string_view::npos &&
         std::find(std::begin(kOfCMake), std::end(kOfCMake), name) == std::end(kOfCMake);
}

Result<std::string> name_of(const std::string& directory) {
  fs::path path = fs::path(directory).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  std::string name = path.filename().string();
  if (usable_name(name)) return name;
  return fail(
      ErrorCode::bad_option,
      "cannot name a project '" + name + "' after the directory '" + directory +
          "': a name begins with a lower case letter and goes on with such letters, digits, '-' "
          "and '_', and is no word that means something to a build, such as 'test' or 'all'; "
          "choose another directory, for example 'hello'");
}

Result<void> check_free(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory, error) && !error) return {};
  if (!error && fs::is_directory(directory, error) && fs::is_empty(directory, error)) return {};
  return fail(ErrorCode::bad_option,
              "cannot make a project in '" + directory.string() +
                  "': " + (error ? error.message() : "it is there already and not empty") +
                  "; name a new directory");
}

/// What stands for what in a template.
using Names = std::vector<std::pair<std::string_view, std::string>>;

std::string fill_in(std::string text, const Names& names) {
  for (const auto& [placeholder, name] : names) {
    for (size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos; at += name.size()) {
      text.replace(at, placeholder.size(), name);
    }
  }
  return text;
}

Result<void> write_file(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (!error) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    out.close();
    if (out) return {};
    error = std::error_code(errno, std::generic_category());
  }
  return fail(ErrorCode::io, "cannot write '" + path.string() + "': " + error.message() +
                                 "; check the directory's permissions and the free space");
}

template <class Template>
Result<void> write_template(const Template& files, const std::string& directory,
                            const Names& names) {
  for (const auto& file : files) {
    TRY_VOID(write_file(fs::path(directory) / file.path, fill_in(file.text, names)));
  }
  return {};
}

}  // namespace

Result<void> new_project(const std::string& language, const std::string& directory) {
  if (language != "cpp" && language != "go") {
    return fail(ErrorCode::bad_option, "cannot make a project in the language '" + language +
                                           "': there are templates for 'cpp' and 'go'; run: "
                                           "wallaroo new cpp " +
                                           directory);
  }
  TRY(name, name_of(directory));
  TRY_VOID(check_free(directory));
  Names names = {{"@NAME@", name}};
  if (language == "cpp") return write_template(kCppTemplate, directory, names);
  TRY(go, find_go_modules());
  names.emplace_back("@MODULE@", go.module);
  names.emplace_back("@PKGCONFIG@", go.pkg_config);
  return write_template(kGoTemplate, directory, names);
}

}  // namespace wallaroo::cli
