#pragma once
// The two tables: our yardsticks beside the figures of known fast programs, and the engine beside
// our yardsticks and its targets.
#include <optional>
#include <string>
#include <vector>

#include "machine.h"
#include "measure.h"

namespace wallaroo::bench {

struct YardstickRow {
  std::string what;
  std::string unit;
  Spread ours;
  double known;  // the same work on the machine the targets were taken from
};

struct TargetRow {
  std::string what;
  std::string unit;
  std::optional<Spread> engine = {};
  std::optional<Spread> yardstick = {};
  std::optional<double> ratio = {};
  std::string target = {};
  std::optional<bool> met = {};  // nothing: not measured, or no target
};

class Report {
 public:
  void add(YardstickRow row) { yardsticks_.push_back(std::move(row)); }
  void add(TargetRow row) { targets_.push_back(std::move(row)); }
  /// A sentence below the tables: what a figure cannot say by itself.
  void note(std::string sentence) { notes_.push_back(std::move(sentence)); }

  /// The ratio is how many times the yardstick's speed the engine reaches; both are times.
  void add_speed(std::string what, const Variant& yardstick, const Variant& engine,
                 const std::string& unit, double target);
  /// The same without a target.
  void add_ratio(std::string what, const Variant& yardstick, const Variant& engine,
                 const std::string& unit);

  /// Markdown.
  std::string text(const MachineSpeed& speed, const Spread& foreign, int rounds) const;

 private:
  std::vector<YardstickRow> yardsticks_;
  std::vector<TargetRow> targets_;
  std::vector<std::string> notes_;
};

std::string format(double value);

}  // namespace wallaroo::bench
