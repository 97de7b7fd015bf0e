// Events that carry where they come from, and a fold over them that does not commute: from its
// results the order of processing can be read and replayed.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "sim/workload.h"

namespace wallaroo::sim {

struct Event {
  uint32_t key = 0;
  uint32_t sender = 0;
  uint32_t number = 0;
};

struct Fold {
  uint64_t count = 0;
  uint64_t value = 0;

  void add(const Event& event) {
    ++count;
    value = (value ^ (uint64_t{event.sender} << 32 | event.number)) * 0x9e3779b97f4a7c15ULL;
    value ^= value >> 29;
  }
};

/// Numbers separated by single spaces; nothing if there are not exactly N of them, followed by the
/// end or by a space and padding.
template <size_t N>
std::optional<std::array<uint64_t, N>> parse_numbers(std::string_view text) {
  std::array<uint64_t, N> numbers{};
  for (size_t i = 0; i < N; ++i) {
    if (i > 0) {
      if (text.empty() || text.front() != ' ') return {};
      text.remove_prefix(1);
    }
    const auto result = std::from_chars(text.data(), text.data() + text.size(), numbers[i]);
    if (result.ec != std::errc{}) return {};
    text.remove_prefix(static_cast<size_t>(result.ptr - text.data()));
  }
  if (!text.empty() && text.front() != ' ') return {};
  return numbers;
}

inline std::optional<Event> parse_event(std::string_view text) {
  const auto numbers = parse_numbers<3>(text);
  if (!numbers) return {};
  return Event{static_cast<uint32_t>((*numbers)[0]), static_cast<uint32_t>((*numbers)[1]),
               static_cast<uint32_t>((*numbers)[2])};
}

inline std::string event_message(base::Rng& rng, const Event& event) {
  std::string message = std::to_string(event.key) + ' ' + std::to_string(event.sender) + ' ' +
                        std::to_string(event.number);
  if (rng.chance(1, 10)) message += ' ' + std::string(rng.below(300), '.');
  return message;
}

/// One result of a fold: the event, and the fold's state after it.
struct Folded {
  Event event;
  Fold fold;
};

inline Folded fold_event(const Event& event, Fold& fold) {
  fold.add(event);
  return {event, fold};
}
void write_folded(const Folded& folded, Bytes& out);
std::optional<Folded> parse_folded(std::string_view line);

/// Which events each source had handed on, on each core, when barriers passed; and what the
/// snapshots of those moments held.
class CutLedger {
 public:
  void set_core(uint32_t core) { core_ = core; }
  /// `source` runs this event now.
  void run(const std::string& source, const Event& event) {
    runs_[{source, core_}].push_back(event);
  }
  /// A source or state has aligned the barrier on the current core.
  void cut(uint64_t barrier, const std::string& name);
  void state(uint64_t barrier, const std::string& name, uint32_t key, const Fold& fold) {
    states_[{barrier, name}][key] = fold;
  }

  /// For every barrier: the state `name` holds each key's fold over exactly the events that were in
  /// front of the barrier. `results` are all results of a key in
  /// the order of processing.
  std::string check(const std::string& name,
                    const std::map<uint32_t, std::vector<Folded>>& results) const;

 private:
  using Place = std::pair<std::string, uint32_t>;  // name, core
  std::set<std::pair<uint32_t, uint32_t>> before(uint64_t barrier) const;

  uint32_t core_ = 0;
  std::map<Place, std::vector<Event>> runs_;
  std::map<uint64_t, std::map<Place, size_t>> cuts_;  // how many events a source had run
  std::map<std::pair<uint64_t, std::string>, std::map<uint32_t, Fold>> states_;
};

/// Judges results of folds: nothing lost, nothing doubled, and for each key one legal merge of what
/// the connections sent, which the fold's values confirm.
class FoldJudge {
 public:
  explicit FoldJudge(const Evidence& evidence);

  /// Every event taken has exactly one result.
  std::string complete(const std::vector<Folded>& results) const;
  /// `results` of one key in the order of processing. Events of one connection whose `path` (what
  /// earlier stages keyed them by) is the same keep their order.
  std::string legal(const std::vector<Folded>& results,
                    const std::vector<uint32_t>& paths = {}) const;

 private:
  using Source = std::pair<uint32_t, uint32_t>;  // sender, number
  std::map<Source, size_t> connection_of_;
};

std::string describe(const Event& event);

/// Judges the lines that write_folded() wrote, in the order of processing for each key, and what
/// was in `state` at every barrier.
std::string check_folds(const FoldJudge& judge, const std::vector<std::string>& lines,
                        const CutLedger& ledger, const std::string& state);

/// A key of key_by(&Event::key), as snapshots hold it.
uint32_t decode_event_key(std::string_view key);

/// parse_event, noting each event in the ledger.
inline auto logged_parser(const char* source, std::shared_ptr<CutLedger> ledger) {
  return [name = std::string(source), ledger](std::string_view text) {
    const auto event = parse_event(text);
    if (event) ledger->run(name, *event);
    return event;
  };
}

inline Fold decode_fold(std::string_view state) {
  Fold fold;
  Reader in(state.data(), state.size());
  ASSERT(Codec<Fold>::decode(in, fold) && in.left() == 0, "a snapshot holds what no fold wrote");
  return fold;
}

}  // namespace wallaroo::sim
