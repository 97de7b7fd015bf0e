// What the methods of streams take and return, run in the harness.
#include <gtest/gtest.h>
#include <wallaroo/testkit.h>
#include <wallaroo/wallaroo.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
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

using Names = wl::Stream<std::string_view>;

/// An application whose source `names` goes through what `build` makes.
template <class Build>
Harness names_through(Build build, uint32_t cores = 1) {
  wl::Application app("names");
  build(app.pipeline("p").source("names", wl::tcp::listen(":0", wl::framing::lines, wl::text)));
  return Harness(app, {.cores = cores});
}

std::string_view whole(std::string_view name) { return name; }

void count(std::string_view name, uint64_t& messages) {
  if (name == "bad") throw std::runtime_error("a bad name");
  ++messages;
}

TEST(FunctionWithoutResult, keeps_its_state) {
  for (const uint32_t cores : {1u, 3u}) {
    Harness run = names_through(
        [](const Names& names) { names.key_by(whole).state<uint64_t>("count", count); }, cores);
    for (uint64_t i = 0; i < 1'000; ++i) run.feed("names", i % 4 == 0 ? "ann" : "bob");
    run.drain();
    run.reload_states();
    run.feed("names", {"ann", "cid"});
    run.finish();
    EXPECT_EQ(run.state<uint64_t>("count", "ann"), 251u);
    EXPECT_EQ(run.state<uint64_t>("count", "bob"), 750u);
    EXPECT_EQ(run.state<uint64_t>("count", "cid"), 1u);
    EXPECT_TRUE(run.sinks().empty());
  }
}

TEST(FunctionWithoutResult, shares_its_state_with_one_that_has_some) {
  Harness run = names_through([](const Names& names) {
    names.key_by(whole).state<uint64_t>("count", wl::shared("counts"), count);
    names.filter("asked", [](std::string_view name) { return name == "ann"; })
        .key_by(whole)
        .state<uint64_t>("tell", wl::shared("counts"),
                         [](std::string_view, uint64_t& messages) { return messages; })
        .sink("told", wl::tcp::connect(":0", wl::framing::lines,
                                       [](uint64_t n, wl::Bytes& out) { out << n; }));
  });
  for (const char* name : {"ann", "bob", "ann"}) {
    run.feed("names", name);
    run.drain();
  }
  EXPECT_EQ(run.state<uint64_t>("count", "ann"), 2u);
  EXPECT_EQ(run.output("told").size(), 2u);
}

TEST(FunctionWithoutResult, may_be_a_computation) {
  uint64_t bytes = 0;
  Harness run = names_through([&](const Names& names) {
    const wl::Stream<void> ended =
        names.to("weigh", [&](std::string_view name) { bytes += name.size(); });
    ended.on_error(wl::OnError::fail);
  });
  for (int i = 0; i < 300; ++i) run.feed("names", "ann");
  run.drain();
  EXPECT_EQ(bytes, 900u);
}

struct Silent {
  uint64_t messages = 0;
  uint64_t rings = 0;

  void on_event(std::string_view, wl::Context& context) {
    ++messages;
    context.timer("ring", context.event_time());
  }
  void on_timer(std::string_view, wl::Context&) { ++rings; }
};

TEST(FunctionWithoutResult, may_be_both_functions_of_a_process) {
  Harness run =
      names_through([](const Names& names) { names.key_by(whole).process<Silent>("note"); });
  run.feed("names", {"ann", "ann"});
  run.finish();
  const auto ann = run.state<Silent>("note", "ann");
  ASSERT_TRUE(ann.has_value());
  EXPECT_EQ(ann->messages, 2u);
  EXPECT_EQ(ann->rings, 1u);
}

TEST(FunctionWithoutResult, fails_as_its_policy_says) {
  Harness letters = names_through([](const Names& names) {
    names.key_by(whole).state<uint64_t>("count", count).on_error(wl::OnError::dead_letter);
  });
  letters.feed("names", {"ann", "bad", "ann"});
  letters.drain();
  EXPECT_EQ(letters.state<uint64_t>("count", "ann"), 2u);
  ASSERT_EQ(letters.dead_letters().size(), 1u);
  EXPECT_EQ(letters.dead_letters()[0].error, "a bad name");
  EXPECT_EQ(letters.dead_letters()[0].key, "bad");

  uint64_t seen = 0;
  Harness stopped = names_through([&](const Names& names) {
    names
        .to("see",
            [&](std::string_view name) {
              if (name == "bad") throw std::runtime_error("a bad name");
              ++seen;
            })
        .on_error(wl::OnError::fail);
  });
  stopped.feed("names", {"ann", "bad", "ann"});
  stopped.drain();
  EXPECT_EQ(seen, 1u);
  EXPECT_TRUE(stopped.failure().has_value());
}

}  // namespace
