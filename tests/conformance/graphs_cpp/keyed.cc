// Programs with keyed state: keys and states of many types.
#include <array>
#include <chrono>

#include "conformance/graphs_cpp/graphs.h"

namespace conformance {
namespace {

Count count(std::string_view key, uint64_t& n) { return {std::string(key), ++n}; }

void count_text(wl::Application& app) {
  lines_of(app).key_by(whole).state<uint64_t>("count", count).sink("out", connect(write_count));
}

/// The whole message is a number, and the key.
template <class K>
void count_number(wl::Application& app) {
  app.pipeline("p")
      .source("lines", listen(number<K>))
      .key_by([](K n) { return n; })
      .template state<uint64_t>("count",
                                [](K key, uint64_t& n) {
                                  return Count{std::to_string(key), ++n};
                                })
      .sink("out", connect(write_count));
}

void count_bool(wl::Application& app) {
  lines_of(app)
      .key_by([](std::string_view line) { return line.size() % 2 == 0; })
      .state<uint64_t>("count",
                       [](std::string_view line, uint64_t& n) {
                         return Count{line.size() % 2 == 0 ? "even" : "odd", ++n};
                       })
      .sink("out", connect(write_count));
}

std::array<uint8_t, 2> first_two(std::string_view line) {
  std::array<uint8_t, 2> bytes{};
  for (size_t i = 0; i < 2 && i < line.size(); ++i) bytes[i] = static_cast<uint8_t>(line[i]);
  return bytes;
}

void count_array(wl::Application& app) {
  lines_of(app)
      .key_by(first_two)
      .state<uint64_t>(
          "count", [](std::string_view line, uint64_t& n) { return count(line.substr(0, 2), n); })
      .sink("out", connect(write_count));
}

/// Of "name number".
struct Place {
  std::string name;
  int32_t number = 0;
};

std::optional<Place> decode_place(std::string_view line) {
  const auto [name, digits] = halves(line);
  const auto value = number<int32_t>(digits);
  if (!value) return std::nullopt;
  return Place{std::string(name), *value};
}

struct Visits {
  uint64_t n = 0;
  std::string by;
};

void count_struct(wl::Application& app) {
  app.pipeline("p")
      .source("lines", listen(decode_place))
      .key_by([](const Place& place) { return place; })
      .state<Visits>("count",
                     [](const Place& place, Visits& visits) {
                       visits.by += place.name;
                       return Count{place.name + '/' + std::to_string(place.number), ++visits.n};
                     })
      .sink("out", connect(write_count));
}

void count_closed(wl::Application& app) {
  lines_of(app)
      .key_by(whole, std::vector<std::string_view>{"red", "green", ""})
      .state<uint64_t>("count", count)
      .sink("out", connect(write_count));
}

/// One keyed stream goes to two stages with state, of which the first goes to two sinks.
void two_states(wl::Application& app) {
  const auto keyed = lines_of(app).key_by([](std::string_view line) { return halves(line).first; },
                                          std::vector<std::string_view>{"a", "b", "c"});
  const auto counts = keyed.state<uint64_t>(
      "count", [](std::string_view line, uint64_t& n) { return count(halves(line).first, n); });
  counts.sink("out", connect(write_count));
  counts.sink("again", connect(write_count, ":7003"));
  keyed
      .state<std::string>("last",
                          [](std::string_view line, std::string& last) {
                            const std::string before = last;
                            last = halves(line).second;
                            return std::string(halves(line).first) + ' ' + before;
                          })
      .sink("lasts", connect(wl::text, ":7003"));
}

struct Seen {
  uint64_t times = 0;

  std::string on_event(const Place&, wl::Context& context) {
    ++times;
    context.timer("end", context.event_time() + std::chrono::hours(1));
    return said(context);
  }
  std::string on_timer(std::string_view, wl::Context& context) const {
    return said(context) + " at the end";
  }
  std::string said(wl::Context& context) const {
    const auto key = context.key<Place>();
    return key.name + '/' + std::to_string(key.number) + ' ' + std::to_string(times);
  }
};

/// A process asks for its key, which is a struct.
void keys_seen(wl::Application& app) {
  app.pipeline("p")
      .source("lines", listen(decode_place))
      .key_by([](const Place& place) { return place; })
      .process<Seen>("seen")
      .sink("out", connect(wl::text));
}

/// All that has come for the key; each message puts out the whole list, one text a message.
void tell(std::string_view line, std::vector<std::string>& told, wl::Emit<std::string>& emit) {
  const auto [key, text] = halves(line);
  told.emplace_back(text);
  for (size_t i = 0; i < told.size(); ++i) {
    emit(std::string(key) + ' ' + std::to_string(i + 1) + ' ' + told[i]);
  }
  if (text == "panic") throw std::runtime_error("a word of panic");
  if (text == "bad") throw std::runtime_error("no bad words");
}

void history(wl::Application& app) {
  app.on_error(wl::OnError::dead_letter);
  lines_of(app)
      .key_by([](std::string_view line) { return halves(line).first; })
      .state_many<std::vector<std::string>, std::string>("tell", tell)
      .sink("out", connect(wl::text));
}

/// How many keys have come n times, for each n.
void rekey(wl::Application& app) {
  lines_of(app)
      .key_by(whole)
      .state<uint64_t>("count", count)
      .key_by(&Count::n)
      .state<uint64_t>("times",
                       [](const Count& counted, uint64_t& m) {
                         return Count{std::to_string(counted.n), ++m};
                       })
      .sink("out", connect(write_count));
}

void no_sink(wl::Application& app) { lines_of(app).key_by(whole).state<uint64_t>("count", count); }

struct Everything {
  int8_t small = 0;
  uint16_t medium = 0;
  double real = 0;
  bool flag = false;
  std::string text;
  std::vector<std::string> list;
  std::map<std::string, uint64_t> seen;
  std::optional<int32_t> maybe;
  std::array<uint8_t, 3> three{};
  std::chrono::nanoseconds lasts{};
  std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds> at;
};

void change(std::string_view text, Everything& all) {
  const size_t size = text.size();
  --all.small;
  all.medium = static_cast<uint16_t>(all.medium + 40'000);
  all.real += 0.5;
  all.flag = !all.flag;
  all.text = text;
  all.list.emplace_back(text);
  ++all.seen[std::string(text)];
  all.maybe = size % 2 == 0 ? std::optional(-static_cast<int32_t>(size)) : std::nullopt;
  ++all.three[size % 3];
  all.lasts += std::chrono::milliseconds(size);
  all.at = decltype(all.at)(std::chrono::seconds(size));
}

std::string show(const Everything& all) {
  wl::Bytes out;
  out << all.small << ' ' << all.medium << ' ' << all.real << ' ' << int{all.flag} << ' '
      << std::string_view(all.text) << " [";
  for (const std::string& text : all.list) out << std::string_view(text) << ';';
  out << "] {";
  for (const auto& [text, times] : all.seen) out << std::string_view(text) << '=' << times << ';';
  out << "} ";
  if (all.maybe) out << *all.maybe;
  for (const uint8_t n : all.three) out << '/' << n;
  out << ' ' << all.lasts.count() << ' ' << all.at.time_since_epoch().count();
  return std::string(out.view());
}

void state_types(wl::Application& app) {
  lines_of(app)
      .key_by([](std::string_view line) { return halves(line).first; })
      .state<Everything>("change",
                         [](std::string_view line, Everything& all) {
                           const auto [key, text] = halves(line);
                           change(text, all);
                           return std::string(key) + ' ' + show(all);
                         })
      .sink("out", connect(wl::text));
}

std::optional<std::string> show_types(const wl::testkit::Harness& harness, const std::string& key) {
  const auto state = harness.state<Everything>("change", key);
  return state ? std::optional(show(*state)) : std::nullopt;
}

}  // namespace

Programs keyed_programs() {
  return {{"count_text", count_text, {{"count", text_of<uint64_t>("count")}}},
          {"count_u64", count_number<uint64_t>},
          {"count_i64", count_number<int64_t>},
          {"count_i8", count_number<int8_t>},
          {"count_bool", count_bool},
          {"count_array", count_array},
          {"count_struct", count_struct},
          {"count_closed", count_closed, {{"count", text_of<uint64_t>("count")}}},
          {"two_states", two_states, {{"count", text_of<uint64_t>("count")}}},
          {"keys_seen", keys_seen},
          {"history", history},
          {"rekey", rekey, {{"count", text_of<uint64_t>("count")}}},
          {"no_sink", no_sink, {{"count", text_of<uint64_t>("count")}}},
          {"state_types", state_types, {{"change", show_types}}}};
}

}  // namespace conformance
