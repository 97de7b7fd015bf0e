// The programs of the conformance suite, in C++. bindings/go has the same under the same names;
// what each does is in tests/conformance/README.md.
#pragma once

#include <wallaroo/testkit.h>
#include <wallaroo/wallaroo.h>

#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conformance {

/// The state of a key as text; nothing when there is none.
using StateText =
    std::function<std::optional<std::string>(const wl::testkit::Harness&, const std::string& key)>;

struct Program {
  std::string name;
  std::function<void(wl::Application&)> build;
  std::map<std::string, StateText> states{};  ///< of stages whose states cases look at
};
using Programs = std::vector<Program>;

Programs stateless_programs();
Programs failing_programs();
Programs keyed_programs();
Programs joined_programs();
Programs timed_programs();

/// A key and how often it has come; written as "key n".
struct Count {
  std::string key;
  uint64_t n = 0;
};

inline void write_count(const Count& count, wl::Bytes& out) { out << count.key << ' ' << count.n; }

template <class Decoder>
auto listen(Decoder decoder, const char* address = ":7010") {
  return wl::tcp::listen(address, wl::framing::lines, decoder);
}
template <class Encoder>
auto connect(Encoder encoder, const char* address = ":7002") {
  return wl::tcp::connect(address, wl::framing::lines, encoder);
}

/// The source that most programs have.
inline wl::Stream<std::string_view> lines_of(wl::Application& app) {
  return app.pipeline("p").source("lines", listen(wl::text));
}

inline std::string_view whole(std::string_view line) { return line; }

inline std::string upper(std::string_view text) {
  std::string changed(text);
  for (char& c : changed) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return changed;
}

/// What stands before the first space, and behind it.
inline std::pair<std::string_view, std::string_view> halves(std::string_view line) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return {line, {}};
  return {line.substr(0, space), line.substr(space + 1)};
}

/// A decimal number that fits, and nothing else.
template <class N>
std::optional<N> number(std::string_view digits) {
  N value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

template <class S>
StateText text_of(std::string stage) {
  return [stage](const wl::testkit::Harness& harness, const std::string& key) {
    const auto state = harness.state<S>(stage, key);
    return state ? std::optional(std::to_string(*state)) : std::nullopt;
  };
}

}  // namespace conformance
