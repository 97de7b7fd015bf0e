// Programs without state, and those that show how messages are framed.
#include <algorithm>

#include "conformance/graphs_cpp/graphs.h"

namespace conformance {
namespace {

void echo(wl::Application& app) { lines_of(app).sink("out", connect(wl::text)); }

void map(wl::Application& app) { lines_of(app).to("upper", upper).sink("out", connect(wl::text)); }

void filter(wl::Application& app) {
  lines_of(app)
      .filter("keep",
              [](std::string_view line) {
                if (line == "panic") throw std::runtime_error("a word of panic");
                return line.starts_with('k');
              })
      .sink("out", connect(wl::text));
}

void split(std::string_view line, wl::Emit<std::string_view>& emit) {
  while (!line.empty()) {
    const auto [word, rest] = halves(line);
    if (!word.empty()) emit(word);
    line = rest;
  }
}

void words(wl::Application& app) {
  lines_of(app).to_many<std::string_view>("split", split).sink("out", connect(wl::text));
}

std::optional<std::string_view> even_only(std::string_view line) {
  return line.size() % 2 == 0 ? std::optional(line) : std::nullopt;
}

void even(wl::Application& app) {
  lines_of(app).to("even", even_only).sink("out", connect(wl::text));
}

/// n gives 1 to n; -n does the same and fails then, in one of two ways.
void count_up(int64_t n, wl::Emit<int64_t>& emit) {
  const int64_t last = n < 0 ? -n : n;
  for (int64_t i = 1; i <= last; ++i) emit(i);
  if (n < -1000) throw std::runtime_error("a number of panic");
  if (n < 0) throw std::runtime_error("no negative numbers");
}

void repeat(wl::Application& app) {
  app.pipeline("p")
      .source("lines", listen(number<int64_t>))
      .to_many<int64_t>("repeat", count_up)
      .sink("out", connect([](int64_t n, wl::Bytes& out) { out << n; }));
}

void frames_u16be(wl::Application& app) {
  app.pipeline("p")
      .source("lines", wl::tcp::listen(":7010", wl::framing::u16be, wl::text))
      .sink("out", wl::tcp::connect(":7002", wl::framing::u16be, wl::text));
}

void frames_u32le(wl::Application& app) {
  app.pipeline("p")
      .source("lines", wl::tcp::listen(":7010", wl::framing::u32le, wl::text))
      .sink("out", wl::tcp::connect(":7002", wl::framing::u32le, wl::text));
}

void frames_raw(wl::Application& app) {
  lines_of(app).sink("out", wl::tcp::connect(":7002", wl::framing::raw, wl::text));
}

void two_sinks(wl::Application& app) {
  const auto lines = lines_of(app);
  lines.sink("first", connect(wl::text));
  lines.sink("second", connect([](std::string_view line, wl::Bytes& out) {
               if (line == "bad") throw std::runtime_error("no bad words");
               std::string turned(line);
               std::reverse(turned.begin(), turned.end());
               out << turned;
             }));
}

void spread(wl::Application& app) {
  lines_of(app).spread("deal").to("upper", upper).sink("out", connect(wl::text));
}

}  // namespace

Programs stateless_programs() {
  return {{"echo", echo},
          {"map", map},
          {"filter", filter},
          {"words", words},
          {"even", even},
          {"repeat", repeat},
          {"frames_u16be", frames_u16be},
          {"frames_u32le", frames_u32le},
          {"frames_raw", frames_raw},
          {"two_sinks", two_sinks},
          {"spread", spread}};
}

}  // namespace conformance
