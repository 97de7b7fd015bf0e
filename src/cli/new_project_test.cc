// Projects are written into a scratch directory; that they build and run is install_test's to show.
#include "cli/new_project.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/go_modules.h"

namespace wallaroo::cli {
namespace {

namespace fs = std::filesystem;

class NewProject : public testing::Test {
 protected:
  NewProject() { fs::create_directories(scratch_); }
  ~NewProject() override { fs::remove_all(scratch_); }

  static std::string read(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path scratch_ = fs::temp_directory_path() / ("new_project_test." + std::to_string(getpid()));
};

TEST_F(NewProject, names_everything_after_the_directory) {
  const fs::path directory = scratch_ / "below" / "parcel-count";
  ASSERT_TRUE(new_project("cpp", directory.string() + "/"));
  EXPECT_NE(read(directory / "main.cc").find("Application app(\"parcel-count\")"),
            std::string::npos);
  EXPECT_NE(read(directory / "CMakeLists.txt").find("add_executable(parcel-count "),
            std::string::npos);
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    EXPECT_EQ(read(entry.path()).find("@NAME@"), std::string::npos) << entry.path();
    EXPECT_NE(entry.path().extension(), ".in");
  }
}

TEST_F(NewProject, uses_an_empty_directory_but_touches_no_other) {
  EXPECT_TRUE(new_project("cpp", (scratch_ / "one").string()));
  const auto again = new_project("cpp", (scratch_ / "one").string());
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("there already and not empty"), std::string::npos);
  fs::create_directories(scratch_ / "two");
  EXPECT_TRUE(new_project("cpp", (scratch_ / "two").string()));
  std::ofstream(scratch_ / "file") << "text";
  EXPECT_FALSE(new_project("cpp", (scratch_ / "file").string()));
  EXPECT_EQ(read(scratch_ / "file"), "text");
}

TEST_F(NewProject, refuses_names_that_cmake_or_the_engine_would_refuse) {
  for (const char* name : {"Upper", "1st", "two words", "semi;colon", "-dash", "test", "all"}) {
    const auto result = new_project("cpp", (scratch_ / name).string());
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code, ErrorCode::bad_option);
    EXPECT_FALSE(fs::exists(scratch_ / name));
  }
}

TEST_F(NewProject, refuses_other_languages_and_says_which_there_are) {
  const auto result = new_project("cobol", (scratch_ / "old").string());
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("for 'cpp' and 'go'"), std::string::npos);
}

TEST_F(NewProject, tells_a_project_in_go_where_the_module_lies) {
  const fs::path directory = scratch_ / "hello";
  ASSERT_TRUE(new_project("go", directory.string()));
  const std::string module = read(directory / "go.mod");
  EXPECT_NE(module.find("module hello\n"), std::string::npos) << module;
  const std::string arrow = "=> ";
  const size_t at = module.find(arrow) + arrow.size();
  const fs::path target = module.substr(at, module.find('\n', at) - at);
  EXPECT_TRUE(fs::exists(target / "go.mod")) << target;
  EXPECT_EQ(read(directory / "README.md").find("@PKGCONFIG@"), std::string::npos);
}

TEST_F(NewProject, says_so_when_the_go_modules_are_not_beside_the_program) {
  fs::create_directories(scratch_ / "bin");
  std::ofstream(scratch_ / "bin/wallaroo") << "program";
  const auto found = find_go_modules((scratch_ / "bin/wallaroo").string());
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("share/wallaroo/go"), std::string::npos);
}

TEST_F(NewProject, says_which_file_could_not_be_written) {
  std::ofstream(scratch_ / "file") << "text";
  const auto result = new_project("cpp", (scratch_ / "file" / "below").string());
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("file/below"), std::string::npos);
}

}  // namespace
}  // namespace wallaroo::cli
