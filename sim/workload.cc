#include "sim/workload.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "sim/interpreter.h"

namespace wallaroo::sim {
namespace {

using Make = std::unique_ptr<Workload> (*)(base::Rng&);
constexpr std::array<Make, 13> kWorkloads = {
    make_word_count, make_fold,           make_series,       make_fan_out, make_windows,
    make_branches,   make_sessions,       make_shared_state, make_files,   make_datagrams,
    make_guest_fold, make_guest_sessions, make_stops};

}  // namespace

size_t workload_kinds() { return kWorkloads.size(); }

Framing draw_framing(base::Rng& rng) {
  constexpr Framing kChoices[] = {framing::u32be, framing::lines, framing::u16le, framing::u64le,
                                  framing::length_be(3)};
  return kChoices[rng.below(std::size(kChoices))];
}

std::unique_ptr<Workload> make_workload(size_t kind, base::Rng& rng) {
  return kWorkloads[kind](rng);
}

std::string framed(const Framing& framing, const std::string& message) {
  Bytes out;
  detail::encode_message(text, framing, std::string_view(message), out);
  return std::string(out.view());
}

std::string_view split_messages(const Framing& framing, std::string_view bytes,
                                std::vector<std::string>& out) {
  const bool lines = framing.kind == Framing::Kind::lines;
  for (;;) {
    const size_t header = framing.header_bytes;
    size_t length = 0;
    if (lines) {
      length = bytes.find('\n');
      if (length == std::string_view::npos) return bytes;
    } else {
      if (bytes.size() < header) return bytes;
      for (size_t i = 0; i < header; ++i) {
        const size_t place = framing.little_endian ? header - 1 - i : i;
        length = length * 256 + static_cast<uint8_t>(bytes[place]);
      }
      if (bytes.size() - header < length) return bytes;
    }
    out.emplace_back(bytes.substr(header, length));
    bytes.remove_prefix(header + length + (lines ? 1 : 0));
  }
}

namespace {

std::string compare(std::vector<std::string> expected, std::vector<std::string> written) {
  std::ranges::sort(expected);
  std::ranges::sort(written);
  if (expected == written) return {};
  std::vector<std::string> missing;
  std::vector<std::string> extra;
  std::ranges::set_difference(expected, written, std::back_inserter(missing));
  std::ranges::set_difference(written, expected, std::back_inserter(extra));
  return std::to_string(missing.size()) + " results missing" +
         (missing.empty() ? "" : " (first: " + missing.front() + ")") + ", " +
         std::to_string(extra.size()) + " too many" +
         (extra.empty() ? "" : " (first: " + extra.front() + ")") + ", of " +
         std::to_string(expected.size());
}

}  // namespace

std::string compare_with_interpreter(const Graph& graph, const Evidence& evidence,
                                     const std::vector<Output>& outputs) {
  Interpreter interpreter(graph);
  for (const Taken& taken : evidence.taken) {
    for (const std::string& message : taken.messages) interpreter.feed(taken.source, message);
  }
  interpreter.finish();
  for (const Output& output : outputs) {
    std::string bytes;
    for (const std::string& run : interpreter.output(output.sink)) bytes += run;
    std::vector<std::string> expected;
    split_messages(output.framing, bytes, expected);
    const auto written = evidence.written.find(output.sink);
    std::string wrong =
        compare(std::move(expected),
                written == evidence.written.end() ? std::vector<std::string>() : written->second);
    if (!wrong.empty()) return output.sink + ": " + wrong;
  }
  return {};
}

}  // namespace wallaroo::sim
