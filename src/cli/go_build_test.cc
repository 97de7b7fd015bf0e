// What go is asked to do. That programs built so run is examples/go2018's to show.
#include "cli/go_build.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace wallaroo::cli {
namespace {

namespace fs = std::filesystem;

const GoModules kModules{"/modules/go", "/modules/go2018", "/modules/pkgconfig"};

class GoBuildTest : public testing::Test {
 protected:
  GoBuildTest() { fs::create_directories(scratch()); }
  ~GoBuildTest() override { fs::remove_all(top_); }

  fs::path scratch() const { return top_ / "scratch"; }

  /// Writes a program into `directory`, which is returned.
  fs::path program(const std::string& directory,
                   const std::string& text = "//export ApplicationSetup\n") {
    fs::create_directories(top_ / directory);
    std::ofstream(top_ / directory / "program.go") << text;
    return top_ / directory;
  }

  Result<GoCommand> prepare(const fs::path& directory, const std::string& output = "/out/program") {
    return prepare_go_build({directory.string(), output, {"-race"}}, kModules, scratch().string(),
                            [](const std::string& name) {
                              return name == "HOME" ? std::string("/home/ann") : std::string();
                            });
  }

  static std::string variable(const GoCommand& command, const std::string& name) {
    for (const auto& [known, value] : command.variables)
      if (known == name) return value;
    return "(absent)";
  }

  static bool has(const GoCommand& command, const std::string& word) {
    return std::find(command.words.begin(), command.words.end(), word) != command.words.end();
  }

  static std::string read(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path top_ =
      fs::canonical(fs::temp_directory_path()) / ("go_build_test." + std::to_string(getpid()));
};

TEST(GoBuildWords, are_a_directory_an_output_and_flags_of_go) {
  const auto build = parse_go_build({"dir", "-ldflags", "-s -w", "-o", "file", "-race"});
  ASSERT_TRUE(build);
  EXPECT_EQ(build->directory, "dir");
  EXPECT_EQ(build->output, "file");
  EXPECT_EQ(build->flags, (std::vector<std::string>{"-ldflags", "-s -w", "-race"}));
  EXPECT_EQ(parse_go_build({"-o=file"})->directory, ".");
  EXPECT_FALSE(parse_go_build({"dir", "-o"}));
  EXPECT_FALSE(parse_go_build({"dir", "-overlay=mine"}));
}

TEST_F(GoBuildTest, adds_the_file_that_runs_the_program) {
  const auto command = prepare(program("p"));
  ASSERT_TRUE(command) << command.error().message;
  EXPECT_EQ(command->directory, (top_ / "p").string());
  EXPECT_EQ(command->words[2], "-overlay=" + (scratch() / "overlay.json").string());
  EXPECT_EQ(read(scratch() / "overlay.json"),
            "{\"Replace\":{\"" + (top_ / "p/zzz_wallaroo_host.go").string() + "\":\"" +
                (scratch() / "zzz_wallaroo_host.go").string() + "\"}}");
  const std::string host = read(scratch() / "zzz_wallaroo_host.go");
  EXPECT_NE(host.find("ApplicationSetup()"), std::string::npos);
  EXPECT_NE(host.find("import \"C\""), std::string::npos);
  EXPECT_TRUE(has(*command, "-race"));
  EXPECT_TRUE(has(*command, "/out/program"));
  EXPECT_EQ(variable(*command, "PKG_CONFIG_PATH"), "/modules/pkgconfig");
}

TEST_F(GoBuildTest, calls_the_program_as_its_directory) {
  const auto command = prepare(program("parcels"), "");
  ASSERT_TRUE(command);
  EXPECT_TRUE(has(*command, (fs::current_path() / "parcels").string()));
}

TEST_F(GoBuildTest, gives_a_program_without_go_mod_a_gopath) {
  const auto command = prepare(program("work/src/parcels"));
  ASSERT_TRUE(command);
  EXPECT_EQ(variable(*command, "GO111MODULE"), "off");
  EXPECT_EQ(variable(*command, "GOPATH"),
            (scratch() / "gopath").string() + ":" + (top_ / "work").string() + ":/home/ann/go");
  EXPECT_EQ(fs::read_symlink(scratch() / "gopath/src/wallarooapi"), "/modules/go2018");
  EXPECT_EQ(fs::read_symlink(scratch() / "gopath/src/wallaroo.example/wallaroo"), "/modules/go");
}

TEST_F(GoBuildTest, gives_a_go_mod_the_modules_that_it_does_not_name) {
  const fs::path directory = program("module/parcels");
  std::ofstream(top_ / "module/go.mod") << "module parcels";
  std::ofstream(top_ / "module/go.sum") << "sums\n";
  const auto command = prepare(directory);
  ASSERT_TRUE(command);
  EXPECT_TRUE(has(*command, "-modfile=" + (scratch() / "go.mod").string()));
  EXPECT_EQ(read(scratch() / "go.mod"),
            "module parcels\nrequire wallarooapi v0.0.0\nreplace wallarooapi => "
            "\"/modules/go2018\"\n\nrequire wallaroo.example/wallaroo v0.0.0\nreplace "
            "wallaroo.example/wallaroo => \"/modules/go\"\n");
  EXPECT_EQ(read(scratch() / "go.sum"), "sums\n");
  EXPECT_EQ(variable(*command, "GOWORK"), "off");
  EXPECT_EQ(variable(*command, "GO111MODULE"), "(absent)");
}

TEST_F(GoBuildTest, leaves_a_go_mod_that_names_the_modules) {
  const fs::path directory = program("parcels");
  std::ofstream(directory / "go.mod") << "module parcels\nreplace wallarooapi => ../shim\n"
                                         "replace wallaroo.example/wallaroo => ../engine\n";
  const auto command = prepare(directory);
  ASSERT_TRUE(command);
  EXPECT_FALSE(fs::exists(scratch() / "go.mod"));
}

TEST_F(GoBuildTest, finds_the_modules_in_every_form_of_go_mod) {
  const fs::path directory = program("parcels");
  for (const char* text :
       {"module parcels\nrequire (\n\twallarooapi v0.0.0 // of 2018\n\twallaroo.example/wallaroo "
        "v0.0.0\n)\n",
        "module parcels\nreplace(\n  \"wallarooapi\" => ../shim\n  `wallaroo.example/wallaroo` "
        "v0.0.0 "
        "=> ../engine\n)",
        "module wallarooapi\r\nrequire wallaroo.example/wallaroo v0.0.0// here\r\n"}) {
    std::ofstream(directory / "go.mod") << text;
    ASSERT_TRUE(prepare(directory));
    EXPECT_FALSE(fs::exists(scratch() / "go.mod")) << text;
  }
}

TEST_F(GoBuildTest, adds_the_modules_where_other_names_hold_theirs) {
  const fs::path directory = program("parcels");
  for (const char* text :
       {"module example.com/wallarooapi-reverse\n", "module parcels // for wallarooapi\n",
        "module parcels\n// require wallarooapi v0.0.0\n//replace wallarooapi => ../shim\n",
        "module parcels\nrequire example.com/wallarooapi v1.0.0\nreplace old => wallarooapi "
        "v1.0.0\n",
        "module parcels\nexclude wallarooapi v1.0.0\nretract (\n  v1.0.0 // wallarooapi\n)\n",
        "module parcels\nrequire (\n)\nwallarooapi v0.0.0\n", "module parcels\nrequire \"", ""}) {
    std::ofstream(directory / "go.mod") << text;
    ASSERT_TRUE(prepare(directory));
    EXPECT_EQ(read(scratch() / "go.mod").find(std::string(text) + "\nrequire wallarooapi v0.0.0\n"),
              0u)
        << text;
    fs::remove(scratch() / "go.mod");
  }
}

TEST_F(GoBuildTest, says_what_is_no_program_of_2018) {
  const auto why = [this](const fs::path& directory) { return prepare(directory).error().message; };
  EXPECT_NE(why(top_ / "absent").find("No such file or directory"), std::string::npos);
  EXPECT_NE(why(scratch()).find("there are no Go files in"), std::string::npos);
  EXPECT_NE(why(program("new", "package main\n")).find("exports ApplicationSetup"),
            std::string::npos);
}

}  // namespace
}  // namespace wallaroo::cli
