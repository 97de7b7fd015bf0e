#include "wallaroo/testkit/stage_contract.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "wallaroo/testkit/harness.h"

namespace wallaroo::testkit {
namespace {

using Messages = std::vector<std::string>;
using Results = std::map<std::string, Messages>;  // by what they are called in the report

/// One way of running the case.
struct Variant {
  std::string name;
  HarnessOptions options;
  bool drain_between = false;
  bool reload_between = false;
};

constexpr HarnessOptions kTight{.batch_messages_max = 1, .credits_per_channel = 1, .ring_slots = 1};

std::vector<Variant> variants_of(const StageCase& stage_case) {
  std::vector<Variant> variants = {
      {"one message at a time", {.batch_messages_max = 1}, true},
      {"everything at once", {}},
      {"everything at once in batches of 1", {.batch_messages_max = 1}},
      {"everything at once in batches of 3", {.batch_messages_max = 3}},
      {"no room but for one batch of 1", kTight},
      {"sinks that push back", {.batch_messages_max = 2, .sinks_push_back = true}},
      {"states stored and loaded between messages", {.partitions = 4}, true, true},
  };
  for (const uint32_t cores : {2u, 3u}) {
    const std::string on = " on " + std::to_string(cores) + " cores";
    variants.push_back({"one message at a time" + on, {.cores = cores}, true});
    variants.push_back({"everything at once" + on, {.cores = cores}});
    Variant tight{"no room but for one batch of 1" + on, kTight};
    tight.options.cores = cores;
    tight.options.sinks_push_back = true;
    variants.push_back(tight);
  }
  for (uint32_t seed = 1; seed <= stage_case.seeds; ++seed) {
    Variant drawn{"interleaving of seed " + std::to_string(seed) + " on 3 cores", {}};
    drawn.options = {.cores = 3, .seed = seed, .batch_messages_max = 1 + seed % 5};
    drawn.options.credits_per_channel = 1 + seed % 3;
    drawn.options.sinks_push_back = seed % 2 == 0;
    variants.push_back(drawn);
  }
  return variants;
}

void put_in(Harness& harness, const StageCase::Message& message,
            const std::set<std::string>& generators) {
  if (harness.now() < message.at) harness.advance_to(message.at);
  if (!generators.contains(message.source)) {
    harness.feed(message.source, message.bytes, message.connection);
    return;
  }
  uint64_t count = 0;
  const char* end = message.bytes.data() + message.bytes.size();
  if (std::from_chars(message.bytes.data(), end, count).ptr != end || message.bytes.empty()) {
    throw Mistake("the bytes for the generator '" + message.source +
                  "' must be how many values it makes, not '" + message.bytes + "'");
  }
  harness.generate(message.source, count);
}

/// A sink's messages in an order that does not depend on cores: by key, or sorted.
void gather_output(const Harness& harness, const StageCase& stage_case, const std::string& sink,
                   Results& results) {
  Messages messages = harness.output(sink);
  if (!stage_case.key_of) {
    std::sort(messages.begin(), messages.end());
    results["the sink '" + sink + "'"] = std::move(messages);
    return;
  }
  results["the sink '" + sink + "'"] = {};  // even when it got nothing
  for (std::string& message : messages) {
    const std::string key = stage_case.key_of(sink, message);
    results["key '" + key + "' at the sink '" + sink + "'"].push_back(std::move(message));
  }
}

std::string printable(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += std::string("\\x") + kDigits[byte >> 4] + kDigits[byte & 15];
    }
  }
  return text;
}

void gather_counts(const Harness& harness, Results& results) {
  std::vector<std::string> stages = harness.sources();
  const std::vector<std::string> with_state = harness.stages_with_state();
  stages.insert(stages.end(), with_state.begin(), with_state.end());
  for (const std::string& stage : stages) {
    for (const char* counter : {"user_errors", "undecodable", "keys_not_listed"}) {
      results[std::string(counter) + " of '" + stage + "'"] = {
          std::to_string(harness.counter(stage, counter))};
    }
  }
}

Results run(const Variant& variant, const std::function<void(Application&)>& build,
            const StageCase& stage_case) {
  Application app("stage contract");
  build(app);
  std::set<std::string> generators;
  for (const Node& node : app.graph().nodes) {
    if (std::holds_alternative<GeneratorSpec>(node.source)) generators.insert(node.name);
  }
  Harness harness(app, variant.options);
  for (const StageCase::Message& message : stage_case.input) {
    put_in(harness, message, generators);
    if (variant.drain_between) harness.drain();
    if (variant.reload_between) harness.reload_states();
  }
  harness.drain();
  Results results;
  if (const auto failure = harness.failure()) results["what stops the worker"] = {failure->message};
  if (stage_case.compare_states) {
    for (const std::string& stage : harness.stages_with_state()) {
      for (const auto& [key, state] : harness.encoded_states(stage)) {
        results["the state of key '" + printable(key) + "' of '" + stage + "'"] = {state};
      }
    }
  }
  harness.finish();
  for (const std::string& sink : harness.sinks()) {
    gather_output(harness, stage_case, sink, results);
  }
  gather_counts(harness, results);
  return results;
}

std::string shown(const Messages& messages) {
  constexpr size_t kShownMax = 20;
  std::string text = "[";
  for (size_t i = 0; i < messages.size() && i < kShownMax; ++i) {
    text += (i == 0 ? "" : ", ") + printable(messages[i]);
  }
  if (messages.size() > kShownMax) text += ", ... " + std::to_string(messages.size()) + " in all";
  return text + "]";
}

std::string difference(const std::string& what, const Messages& expected, const Messages& found) {
  size_t first = 0;
  while (first < expected.size() && first < found.size() && expected[first] == found[first]) {
    ++first;
  }
  return what + " differs from number " + std::to_string(first + 1) + " on:\n  expected " +
         shown(expected) + "\n  found    " + shown(found);
}

/// Empty when they are the same.
std::string compare(const Results& expected, const Results& found) {
  const Messages none;
  for (const auto& [what, messages] : expected) {
    const auto other = found.find(what);
    const Messages& there = other == found.end() ? none : other->second;
    if (messages != there) return difference(what, messages, there);
  }
  for (const auto& [what, messages] : found) {
    if (!expected.contains(what) && !messages.empty()) return difference(what, none, messages);
  }
  return {};
}

/// What the author of the case expects, against the way that all others are compared with.
std::string compare_with_expected(const StageCase& stage_case, const Results& reference) {
  for (const auto& [sink, messages] : stage_case.expected) {
    if (!reference.contains("the sink '" + sink + "'")) {
      throw Mistake("the case expects messages at the sink '" + sink +
                    "', which the application does not have");
    }
    if (!stage_case.key_of) {
      Messages sorted = messages;
      std::sort(sorted.begin(), sorted.end());
      const std::string what = "the sink '" + sink + "'";
      if (sorted != reference.at(what)) return difference(what, sorted, reference.at(what));
      continue;
    }
    std::map<std::string, Messages> by_key;
    for (const std::string& message : messages) {
      by_key["key '" + stage_case.key_of(sink, message) + "' at the sink '" + sink + "'"].push_back(
          message);
    }
    for (const auto& [what, found] : reference) {
      if (what.starts_with("key '") && what.ends_with("' at the sink '" + sink + "'")) {
        by_key.try_emplace(what);
      }
    }
    for (const auto& [what, wanted] : by_key) {
      const auto found = reference.find(what);
      const Messages there = found == reference.end() ? Messages{} : found->second;
      if (wanted != there) return difference(what, wanted, there);
    }
  }
  return {};
}

}  // namespace

StageReport check_stage_contract(const std::function<void(Application&)>& build,
                                 const StageCase& stage_case) {
  StageReport report;
  const std::vector<Variant> variants = variants_of(stage_case);
  const std::string first = variants.front().name;
  Results reference;
  for (const Variant& variant : variants) {
    Results results = run(variant, build, stage_case);
    ++report.variants;
    if (report.variants == 1) {
      reference = std::move(results);
      const std::string unlike = compare_with_expected(stage_case, reference);
      if (!unlike.empty()) report.wrong = "'" + first + "' is not as expected: " + unlike;
    } else {
      const std::string unlike = compare(reference, results);
      if (!unlike.empty()) {
        report.wrong = "'" + variant.name + "' is not like '" + first + "': " + unlike;
      }
    }
    if (!report.ok()) break;
  }
  return report;
}

}  // namespace wallaroo::testkit
