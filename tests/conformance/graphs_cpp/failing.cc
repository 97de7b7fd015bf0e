// Programs whose functions fail, under each policy.
#include "conformance/graphs_cpp/graphs.h"

namespace conformance {
namespace {

std::optional<std::string_view> decode(std::string_view line) {
  if (line.starts_with("burst")) throw std::runtime_error("the decoder burst");
  return line.starts_with("refuse") ? std::nullopt : std::optional(line);
}

std::string_view check(std::string_view line) {
  if (line.starts_with("bad")) throw std::runtime_error("no bad words");
  if (line.starts_with("panic")) throw std::runtime_error("a word of panic");
  return line;
}

/// Fails after it has written something.
void encode(std::string_view line, wl::Bytes& out) {
  out << line.substr(0, line.size() / 2);
  if (line.starts_with("unwritable")) throw std::runtime_error("it cannot be written");
  if (line.starts_with("burn")) throw std::runtime_error("the encoder burnt");
  out << line.substr(line.size() / 2);
}

void failing(wl::Application& app, wl::OnError policy) {
  app.on_error(policy);
  app.pipeline("p").source("lines", listen(decode)).to("check", check).sink("out", connect(encode));
}

std::string_view key_of(std::string_view line) {
  if (line.starts_with("nokey")) throw std::runtime_error("it has no key");
  return line;
}

Count count(std::string_view line, uint64_t& n) {
  ++n;
  if (line.starts_with("nopanic")) throw std::runtime_error("a count of panic");
  if (line.starts_with("nocount")) throw std::runtime_error("it does not count");
  return {std::string(line), n};
}

void stage_policies(wl::Application& app) {
  app.pipeline("p")
      .source("lines", listen(decode))
      .on_error(wl::OnError::drop)
      .to("check", check)
      .on_error(wl::OnError::dead_letter)
      .key_by(key_of)
      .on_error(wl::OnError::fail)
      .state<uint64_t>("count", count)
      .on_error(wl::OnError::dead_letter)
      .sink("out", connect([](const Count& counted, wl::Bytes& out) {
              encode(counted.key, out);
              out << ' ' << counted.n;
            }),
            wl::OnError::drop);
}

/// The values behind key_by are structs, as their dead letters show.
struct Tagged {
  uint16_t size = 0;
  std::string text;
};

void failing_structs(wl::Application& app) {
  app.on_error(wl::OnError::dead_letter);
  lines_of(app)
      .to("tag",
          [](std::string_view line) {
            return Tagged{static_cast<uint16_t>(line.size()), std::string(line)};
          })
      .key_by([](const Tagged& tagged) {
        if (tagged.size == 0) throw std::runtime_error("a key of panic");
        return int64_t{tagged.size} - 10;
      })
      .state<uint64_t>("count",
                       [](const Tagged& tagged, uint64_t& n) { return count(tagged.text, n); })
      .sink("out", connect(write_count));
}

}  // namespace

Programs failing_programs() {
  return {{"failing_drop", [](wl::Application& app) { failing(app, wl::OnError::drop); }},
          {"failing_letters", [](wl::Application& app) { failing(app, wl::OnError::dead_letter); }},
          {"failing_fail", [](wl::Application& app) { failing(app, wl::OnError::fail); }},
          {"stage_policies", stage_policies, {{"count", text_of<uint64_t>("count")}}},
          {"failing_structs", failing_structs}};
}

}  // namespace conformance
