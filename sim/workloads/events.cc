#include "sim/workloads/events.h"

#include <algorithm>

namespace wallaroo::sim {

std::string describe(const Event& event) {
  return "key " + std::to_string(event.key) + ", sender " + std::to_string(event.sender) +
         ", number " + std::to_string(event.number);
}

void write_folded(const Folded& folded, Bytes& out) {
  out << folded.event.key << ' ' << folded.event.sender << ' ' << folded.event.number << ' '
      << folded.fold.count << ' ' << folded.fold.value;
}

std::optional<Folded> parse_folded(std::string_view line) {
  const auto n = parse_numbers<5>(line);
  if (!n) return {};
  return Folded{*parse_event(line), {(*n)[3], (*n)[4]}};
}

uint32_t decode_event_key(std::string_view key) {
  uint32_t number = 0;
  std::copy_n(key.data(), std::min(key.size(), sizeof number), reinterpret_cast<char*>(&number));
  return number;
}

std::string check_folds(const FoldJudge& judge, const std::vector<std::string>& lines,
                        const CutLedger& ledger, const std::string& state) {
  std::vector<Folded> all;
  std::map<uint32_t, std::vector<Folded>> by_key;
  for (const std::string& line : lines) {
    const auto folded = parse_folded(line);
    if (!folded) return "a result that no encoder wrote: " + line;
    all.push_back(*folded);
    by_key[folded->event.key].push_back(*folded);
  }
  if (std::string wrong = judge.complete(all); !wrong.empty()) return wrong;
  for (const auto& [key, results] : by_key) {
    if (std::string wrong = judge.legal(results); !wrong.empty()) return wrong;
  }
  return ledger.check(state, by_key);
}

FoldJudge::FoldJudge(const Evidence& evidence) {
  for (size_t i = 0; i < evidence.taken.size(); ++i) {
    for (const std::string& message : evidence.taken[i].messages) {
      if (const auto event = parse_event(message)) {
        connection_of_[{event->sender, event->number}] = i;
      }
    }
  }
}

std::string FoldJudge::complete(const std::vector<Folded>& results) const {
  std::map<Source, uint32_t> seen;
  for (const Folded& result : results) {
    const Source source{result.event.sender, result.event.number};
    if (!connection_of_.contains(source)) {
      return "a result for an event that was not taken: " + describe(result.event);
    }
    if (++seen[source] > 1) return "an event was processed twice: " + describe(result.event);
  }
  for (const auto& [source, connection] : connection_of_) {
    if (!seen.contains(source)) {
      return "an event was lost (" + std::to_string(connection_of_.size() - seen.size()) + " of " +
             std::to_string(connection_of_.size()) + "): sender " + std::to_string(source.first) +
             ", number " + std::to_string(source.second);
    }
  }
  return {};
}

std::string FoldJudge::legal(const std::vector<Folded>& results,
                             const std::vector<uint32_t>& paths) const {
  Fold replay;
  std::map<std::pair<size_t, uint32_t>, uint32_t> last;  // (connection, path) -> number
  for (size_t i = 0; i < results.size(); ++i) {
    const Event& event = results[i].event;
    replay.add(event);
    if (results[i].fold.count != replay.count || results[i].fold.value != replay.value) {
      return "the state of a key is not the fold of the events before it: " + describe(event);
    }
    const size_t connection = connection_of_.at({event.sender, event.number});
    const auto [at, first] =
        last.try_emplace({connection, paths.empty() ? 0 : paths[i]}, event.number);
    if (!first && at->second >= event.number) {
      return "events of one connection changed places: " + describe(event) + " came after number " +
             std::to_string(at->second);
    }
    at->second = event.number;
  }
  return {};
}

void CutLedger::cut(uint64_t barrier, const std::string& name) {
  const auto run = runs_.find({name, core_});
  cuts_[barrier][{name, core_}] = run == runs_.end() ? 0 : run->second.size();
}

/// Sender and number of every event in front of the barrier. A source that had ended sends no
/// barrier: all it ran is in front.
std::set<std::pair<uint32_t, uint32_t>> CutLedger::before(uint64_t barrier) const {
  std::set<std::pair<uint32_t, uint32_t>> events;
  const auto& cuts = cuts_.at(barrier);
  for (const auto& [place, run] : runs_) {
    const auto cut = cuts.find(place);
    const size_t count = cut == cuts.end() ? run.size() : cut->second;
    for (size_t i = 0; i < count; ++i) events.emplace(run[i].sender, run[i].number);
  }
  return events;
}

std::string CutLedger::check(const std::string& name,
                             const std::map<uint32_t, std::vector<Folded>>& results) const {
  for (const auto& [barrier, cuts] : cuts_) {
    if (std::ranges::none_of(cuts, [&](const auto& cut) { return cut.first.first == name; })) {
      return "barrier " + std::to_string(barrier) + " never reached state " + name;
    }
    const auto events = before(barrier);
    const auto found = states_.find({barrier, name});
    const std::map<uint32_t, Fold> none;
    const auto& states = found == states_.end() ? none : found->second;
    size_t counted = 0;
    for (const auto& [key, fold] : states) {
      const auto& processed = results.at(key);
      counted += fold.count;
      for (size_t i = 0; i < fold.count; ++i) {
        const Event& event = processed.at(i).event;
        if (!events.contains({event.sender, event.number})) {
          return "state " + name + " at barrier " + std::to_string(barrier) +
                 " holds an event from behind it: " + describe(event);
        }
      }
      if (fold.count > 0 && processed.at(fold.count - 1).fold.value != fold.value) {
        return "state " + name + " at barrier " + std::to_string(barrier) +
               " is not its key's fold";
      }
    }
    if (counted != events.size()) {
      return "state " + name + " at barrier " + std::to_string(barrier) + " holds " +
             std::to_string(counted) + " of " + std::to_string(events.size()) +
             " events in front of it";
    }
  }
  return {};
}

}  // namespace wallaroo::sim
