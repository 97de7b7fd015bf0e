#include "cli/go_modules.h"

#include <filesystem>

namespace wallaroo::cli {
namespace {

namespace fs = std::filesystem;

/// The folder of wallaroo-c.pc below the library folders of `prefix`; empty when there is none.
fs::path pkg_config_below(const fs::path& prefix) {
  std::error_code error;
  for (const char* folder : {"lib/pkgconfig", "lib64/pkgconfig"}) {
    if (fs::exists(prefix / folder / "wallaroo-c.pc", error)) return prefix / folder;
  }
  const fs::path libraries = prefix / "lib";  // Debian's have the machine's name in between
  for (const auto& entry : fs::directory_iterator(libraries, error)) {
    const fs::path folder = entry.path() / "pkgconfig";
    if (fs::exists(folder / "wallaroo-c.pc", error)) return folder;
  }
  return {};
}

}  // namespace

Result<GoModules> find_go_modules(const std::string& program) {
  std::error_code error;
  const fs::path exe = fs::canonical(program, error);
  const fs::path prefix = exe.parent_path().parent_path();
  const fs::path installed = prefix / "share/wallaroo/go";
  if (fs::exists(installed / "go.mod", error)) {
    return GoModules{installed.string(), (prefix / "share/wallaroo/go2018").string(),
                     pkg_config_below(prefix).string()};
  }
  // build/PRESET/src/cli/wallaroo
  const fs::path build = prefix.parent_path();
  const fs::path tree = build.parent_path().parent_path();
  if (fs::exists(tree / "bindings/go/go.mod", error)) {
    return GoModules{(tree / "bindings/go").string(), (tree / "bindings/go2018").string(),
                     (build / "bindings/pkgconfig").string()};
  }
  return fail(ErrorCode::io,
              "the Go modules of Wallaroo are not where this program is installed ('" +
                  installed.string() +
                  "'); install Wallaroo with ./dev install PREFIX and use the "
                  "program in PREFIX/bin");
}

}  // namespace wallaroo::cli
