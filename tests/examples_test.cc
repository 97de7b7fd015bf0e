// The small examples on one to three cores: what their input files give is what their expected
// files say. Messages are dealt over the cores, so lines are compared as sets, and running totals
// by the last one of each key.
#include <gtest/gtest.h>
#include <wallaroo/testkit.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "alerts/alerts.h"
#include "alphabet/alphabet.h"
#include "celsius/celsius.h"
#include "purchases/purchases.h"
#include "reverse/reverse.h"

namespace {

using Lines = std::vector<std::string>;

Lines read_lines(const std::string& file) {
  std::ifstream in(std::string(WALLAROO_EXAMPLES) + "/" + file);
  EXPECT_TRUE(in.good()) << file;
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Lines sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// A number as bytes, big-endian.
std::string big_endian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

class Examples : public testing::TestWithParam<uint32_t> {
 protected:
  template <class Read, class Build, class Write>
  Lines run(const Lines& messages, Read read, Build build, Write write) {
    wl::Application app("example");
    build(app.pipeline("p").source("in", wl::tcp::listen(":0", wl::framing::lines, read)))
        .sink("out", wl::tcp::connect(":0", wl::framing::lines, write));
    wl::testkit::Harness harness(app, {.cores = GetParam()});
    for (uint32_t i = 0; i < messages.size(); ++i) harness.feed("in", messages[i], i);
    harness.finish();
    return harness.output("out");
  }
};

TEST_P(Examples, reverse) {
  const Lines lines = run(read_lines("reverse/input.txt"), wl::text, reverse, wl::text);
  EXPECT_EQ(sorted(lines), sorted(read_lines("reverse/expected.txt")));
}

TEST_P(Examples, celsius) {
  Lines messages = {"not four bytes"};
  for (const std::string& line : read_lines("celsius/input.txt")) {
    messages.push_back(big_endian(std::bit_cast<uint32_t>(std::stof(line))));
  }
  const Lines lines = run(messages, read_celsius, to_fahrenheit, write_fahrenheit);
  EXPECT_EQ(sorted(lines), sorted(read_lines("celsius/expected.txt")));
}

TEST_P(Examples, alphabet) {
  Lines messages;
  for (const std::string& line : read_lines("alphabet/input.txt")) {
    messages.push_back(line[0] + big_endian(static_cast<uint32_t>(std::stoul(line.substr(2)))));
  }
  std::map<char, uint64_t> totals;
  for (const std::string& line : run(messages, read_vote, add_votes, write_total)) {
    totals[line[0]] = std::stoull(line.substr(5));  // a letter's lines come in order
  }
  Lines last;
  for (const auto& [letter, total] : totals) {
    last.push_back(std::string(1, letter) + " => " + std::to_string(total));
  }
  EXPECT_EQ(last, read_lines("alphabet/expected.txt"));
}

TEST_P(Examples, alerts) {
  const Lines lines =
      run(read_lines("alerts/input.txt"), read_transaction, find_alerts, write_alert);
  EXPECT_EQ(sorted(lines), sorted(read_lines("alerts/expected.txt")));
}

TEST_P(Examples, purchases) {
  std::map<std::string, std::string> last;  // a customer's lines come in order
  for (const std::string& line : run(read_lines("purchases/input.txt"), wl::json::decode<Purchase>,
                                     add_up, wl::json::encode)) {
    last[wl::json::parse<Total>(line).value().customer] = line;
  }
  Lines lines;
  for (const auto& [customer, line] : last) lines.push_back(line);
  EXPECT_EQ(lines, read_lines("purchases/expected.txt"));
}

INSTANTIATE_TEST_SUITE_P(OnCores, Examples, testing::Values(1u, 2u, 3u));

}  // namespace
