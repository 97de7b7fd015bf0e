// What every page of the guide takes for granted.
#pragma once

#undef NDEBUG  // the pages use assert
#include <gtest/gtest.h>
#include <wallaroo/json.h>
#include <wallaroo/testkit.h>
#include <wallaroo/wallaroo.h>

#include <array>
#include <cassert>
#include <chrono>
#include <deque>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "examples/cpp/word_count/word_count.h"

/// What a block of statements may use; a page's Given adds more. Afterwards the application must be
/// one that can be built.
struct GivenApplication {
  wl::Application app{"guide"};

  void check() const {
    const auto checked = app.check();
    EXPECT_TRUE(checked.has_value()) << (checked ? "" : checked.error().message);
  }
  template <class T>
  wl::Stream<T> stream_of(const char* name) {
    return app.pipeline(name).source(
        name, wl::tcp::listen(":0", wl::framing::lines,
                              [](std::string_view) -> std::optional<T> { return T{}; }));
  }
};
