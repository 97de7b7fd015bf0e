// What the methods of streams take and return, run in the harness.
#include <gtest/gtest.h>
#include <wallaroo/testkit.h>
#include <wallaroo/wallaroo.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using wl::testkit::Harness;
using Lines = std::vector<std::string>;

struct Place {
  std::string name;
  uint64_t number = 0;
};
struct Parcel {
  std::string region;
  uint64_t depot = 0;
  uint8_t shelf = 0;
  Place place;
};

/// Of "region number".
Parcel read_parcel(std::string_view line) {
  const size_t space = line.find(' ');
  const auto number = static_cast<uint64_t>(std::stoul(std::string(line.substr(space + 1))));
  const std::string region(line.substr(0, space));
  return {region, number, static_cast<uint8_t>(number), {region, number}};
}

const Lines kParcels = {"north 1", "south 2", "west 3", "north 1"};

/// What came to the states behind `key_by(parcels)`, and how much did not.
template <class KeyBy>
std::pair<Lines, uint64_t> listed(KeyBy key_by) {
  wl::Application app("parcels");
  key_by(
      app.pipeline("p").source("parcels", wl::tcp::listen(":0", wl::framing::lines, read_parcel)))
      .template state<uint64_t>("count",
                                [](const Parcel& parcel, uint64_t& count) {
                                  return parcel.region + ' ' + std::to_string(++count);
                                })
      .sink("counts", wl::tcp::connect(":0", wl::framing::lines, wl::text));
  Harness run(app);
  run.feed("parcels", kParcels);
  run.drain();
  return {run.output("counts"), run.counter("parcels", "keys_not_listed")};
}

const std::pair<Lines, uint64_t> kWithoutWest = {{"north 1", "south 1", "north 2"}, 1};

TEST(KeyBy, takes_a_list_of_texts_in_braces) {
  const std::string north = "north";
  EXPECT_EQ(listed([](auto parcels) {
              return parcels.key_by(&Parcel::region, {"north", "south"});
            }),
            kWithoutWest);
  EXPECT_EQ(listed([&](auto parcels) {
              return parcels.key_by(&Parcel::region, {north, "south"});
            }),
            kWithoutWest);
  EXPECT_EQ(listed([](auto parcels) {
              return parcels.key_by(
                  [](const Parcel& parcel) -> std::string_view { return parcel.region; },
                  {"north", "south"});
            }),
            kWithoutWest);
}

TEST(KeyBy, takes_a_list_of_one) {
  const std::pair<Lines, uint64_t> north_alone = {{"north 1", "north 2"}, 2};
  EXPECT_EQ(listed([](auto parcels) { return parcels.key_by(&Parcel::region, {"north"}); }),
            north_alone);
  EXPECT_EQ(listed([](auto parcels) { return parcels.key_by(&Parcel::depot, {1}); }), north_alone);
}

TEST(KeyBy, takes_a_list_of_numbers_in_braces) {
  EXPECT_EQ(listed([](auto parcels) {
              return parcels.key_by(&Parcel::depot, {1, 2});
            }),
            kWithoutWest);
  EXPECT_EQ(listed([](auto parcels) {
              return parcels.key_by(&Parcel::shelf, {1, 2});
            }),
            kWithoutWest);
  EXPECT_EQ(listed([](auto parcels) {
              return parcels.key_by([](const auto& parcel) { return parcel.depot; }, {1u, 2u});
            }),
            kWithoutWest);
}

TEST(KeyBy, takes_a_list_of_structs_in_braces) {
  EXPECT_EQ(listed([](auto parcels) {
              return parcels.key_by(&Parcel::place, {{"north", 1}, {"south", 2}});
            }),
            kWithoutWest);
  EXPECT_EQ(listed([](auto parcels) {
              return parcels.key_by(&Parcel::place, {Place{"north", 1}, Place{"south", 2}});
            }),
            kWithoutWest);
}

TEST(KeyBy, takes_a_list_made_before) {
  const std::vector<std::string_view> regions = {"north", "south"};
  const std::vector<uint64_t> depots = {1, 2};
  EXPECT_EQ(listed([&](auto parcels) {
              return parcels.key_by(
                  [](const Parcel& parcel) -> std::string_view { return parcel.region; }, regions);
            }),
            kWithoutWest);
  EXPECT_EQ(listed([&](auto parcels) { return parcels.key_by(&Parcel::depot, depots); }),
            kWithoutWest);
}

TEST(KeyBy, with_an_empty_list_in_braces_is_refused_as_with_any_other) {
  wl::Application app("parcels");
  app.pipeline("p")
      .source("parcels", wl::tcp::listen(":0", wl::framing::lines, read_parcel))
      .key_by(&Parcel::region, {})
      .state<uint64_t>("count", [](const Parcel&, uint64_t& count) { return ++count; });
  const auto checked = app.check();
  ASSERT_FALSE(checked.has_value());
  EXPECT_NE(checked.error().message.find("an empty list of keys"), std::string::npos);
}

}  // namespace
