#include "engine.h"

#include <wallaroo/wallaroo.h>

#include <cstring>
#include <optional>
#include <unordered_map>

#include "examples/cpp/word_count/word_count.h"
#include "measure.h"
#include "yardstick/keyed.h"
#include "yardstick/net.h"

namespace wallaroo::bench {
namespace {

// Reads the clocks when the second pass begins and when it has read its last message: what is under
// way at either moment is the same.
class SecondPass {
 public:
  explicit SecondPass(std::uint64_t messages) : begin_(messages), end_(2 * messages) {}

  void message() {
    if (seen_ == begin_) start_ = now();
    if (++seen_ == end_) stop_ = now();
  }
  EngineCost cost(std::uint64_t units) const {
    const auto n = static_cast<double>(units);
    return {static_cast<double>(stop_.cpu - start_.cpu) / n,
            static_cast<double>(stop_.wall - start_.wall) / n};
  }

 private:
  struct Clocks {
    std::uint64_t cpu = 0, wall = 0;
  };
  static Clocks now() { return {thread_cpu_ns(), now_ns()}; }

  const std::uint64_t begin_, end_;
  std::uint64_t seen_ = 0;
  Clocks start_, stop_;
};

void run(Application& app) {
  const auto ran = app.run({.cores = 1, .quiet = true});
  if (!ran) die("the engine does not run: " + ran.error().message);
}

struct Update {
  std::uint64_t key = 0;
  KeyedValue value;
};

void write_update(const Update& update, Bytes& out) {
  out.append(reinterpret_cast<const char*>(&update), sizeof update);
}

// `make` gives the keys. With an output every new state goes there, otherwise nothing goes out.
template <class Make>
void run_keyed(Make make, std::shared_ptr<MemoryOutput> output) {
  Application app("keyed");
  const bool tell = output != nullptr;
  const auto updates =
      app.pipeline("keyed")
          .source("keys", generator(std::move(make)))
          .key_by([](std::uint64_t key) { return key; })
          .template state<KeyedValue>("add", [tell](std::uint64_t key, KeyedValue& value) {
            value.count += 1;
            value.sum += key & 0xFF;
            return tell ? std::optional(Update{key, value}) : std::nullopt;
          });
  if (tell) updates.sink("updates", memory::sink(std::move(output), framing::raw, write_update));
  run(app);
}

}  // namespace

EngineWordCount::EngineWordCount(const Text& text) : words_(text.words()) {
  auto messages = std::make_shared<std::vector<std::string>>();
  messages->reserve(text.messages());
  for (std::uint64_t i = 0; i < text.messages(); ++i) {
    messages->emplace_back(text.frames, text.offsets[i] + sizeof(std::uint32_t),
                           text.offsets[i + 1] - text.offsets[i] - sizeof(std::uint32_t));
  }
  messages_ = std::move(messages);
}

EngineCost EngineWordCount::cost() const {
  SecondPass pass(messages_->size());
  const auto decode = [&pass](std::string_view message) {
    pass.message();
    return message;
  };
  const auto output = std::make_shared<MemoryOutput>();
  output->keep = false;
  Application app("word-count");
  const auto lines = app.pipeline("words").source(
      "lines", Source<decltype(decode)>{MemorySourceSpec{messages_, 2}, decode});
  count_words(lines).sink("totals", memory::sink(output, framing::lines, write_total));
  run(app);
  return pass.cost(words_);
}

std::string EngineWordCount::output() const {
  const auto output = std::make_shared<MemoryOutput>();
  Application app("word-count");
  const auto lines = app.pipeline("words").source(
      "lines", Source<wallaroo::Text>{MemorySourceSpec{messages_, 1}, text});
  count_words(lines).sink("totals", memory::sink(output, framing::lines, write_total));
  run(app);
  const Bytes& bytes = output->by_core[0];
  return {bytes.data(), bytes.size()};
}

EngineCost engine_keyed_cost(const std::vector<std::uint64_t>& keys) {
  SecondPass pass(keys.size());
  const auto make = [&](std::uint64_t number) -> std::optional<std::uint64_t> {
    if (number == 2 * keys.size()) return std::nullopt;
    pass.message();
    return keys[number < keys.size() ? number : number - keys.size()];
  };
  run_keyed(make, nullptr);
  return pass.cost(keys.size());
}

std::uint64_t engine_keyed_checksum(const std::vector<std::uint64_t>& keys) {
  const auto make = [&](std::uint64_t number) -> std::optional<std::uint64_t> {
    if (number == keys.size()) return std::nullopt;
    return keys[number];
  };
  const auto output = std::make_shared<MemoryOutput>();
  run_keyed(make, output);
  const Bytes& bytes = output->by_core[0];
  std::unordered_map<std::uint64_t, KeyedValue> states;
  for (std::size_t at = 0; at + sizeof(Update) <= bytes.size(); at += sizeof(Update)) {
    Update update;
    std::memcpy(&update, bytes.data() + at, sizeof update);
    states[update.key] = update.value;
  }
  std::uint64_t sum = 0;
  for (const auto& [key, value] : states) sum += checksum_of(key, value);
  return sum;
}

}  // namespace wallaroo::bench
