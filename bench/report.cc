#include "report.h"

#include <algorithm>
#include <cstdio>

namespace wallaroo::bench {
namespace {

constexpr double kSlowerMax = 1.25;  // a yardstick slower than that is not a yardstick

// The machine the known figures were taken on.
constexpr MachineSpeed kKnownMachine{.ghz = 0, .copy_gb_s = 20, .random_read_ns = 161};

using Cells = std::vector<std::string>;

std::string with_spread(const std::optional<Spread>& spread, const std::string& unit) {
  if (!spread) return "-";
  const std::string value = format(spread->median) + " " + unit;
  if (spread->low == spread->high) return value;
  return value + " [" + format(spread->low) + ".." + format(spread->high) + "]";
}

std::string table(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths(rows[0].size());
  for (const Cells& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      out += "| " + rows[r][i] + std::string(widths[i] - rows[r][i].size() + 1, ' ');
    }
    out += "|\n";
    if (r > 0) continue;
    for (std::size_t width : widths) out += "|" + std::string(width + 2, '-');
    out += "|\n";
  }
  return out;
}

Cells cells(const YardstickRow& row) {
  const double slower = row.ours.median / row.known;
  return {row.what, with_spread(row.ours, row.unit), format(row.known) + " " + row.unit,
          format(slower), slower <= kSlowerMax ? "yes" : "NO"};
}

Cells cells(const TargetRow& row) {
  return {row.what,
          with_spread(row.engine, row.unit),
          with_spread(row.yardstick, row.unit),
          row.ratio ? format(*row.ratio) : "-",
          row.target,
          row.met ? (*row.met ? "yes" : "NO") : "-"};
}

}  // namespace

std::string format(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
  return text;
}

void Report::add_speed(std::string what, const Variant& yardstick, const Variant& engine,
                       const std::string& unit, double target) {
  add_ratio(std::move(what), yardstick, engine, unit);
  TargetRow& row = targets_.back();
  row.target = ">= " + format(target);
  row.met = *row.ratio >= target;
}

void Report::add_ratio(std::string what, const Variant& yardstick, const Variant& engine,
                       const std::string& unit) {
  TargetRow row{.what = std::move(what),
                .unit = unit,
                .engine = engine.spread(),
                .yardstick = yardstick.spread(),
                .target = "reported"};
  row.ratio = row.yardstick->median / row.engine->median;
  add(std::move(row));
}

std::string Report::text(const MachineSpeed& speed, const Spread& foreign, int rounds) const {
  std::string out = "Machine: " + machine_name() + "\n\nCommit: " + commit_name() + "\n\n";
  out += "Core clock " + format(speed.ghz) + " GHz; copy " + format(speed.copy_gb_s) +
         " GB/s (known figures: " + format(kKnownMachine.copy_gb_s) + "); dependent random read " +
         format(speed.random_read_ns) + " ns (" + format(kKnownMachine.random_read_ns) + ").\n";
  out += "Medians of " + std::to_string(rounds) +
         " interleaved rounds [lowest..highest]. Other programs took " + format(foreign.median) +
         " cores in the median round, " + format(foreign.high) + " in the worst.\n";
  if (foreign.median > kForeignMax) {
    out +=
        "OTHER PROGRAMS WERE BUSY: times of several threads, and absolute figures, mean little.\n";
  }
  out += "\n";
  std::vector<Cells> rows = {{"yardstick", "here", "known figure", "times slower", "<= 1.25"}};
  for (const YardstickRow& row : yardsticks_) rows.push_back(cells(row));
  if (rows.size() > 1) out += table(rows) + "\n";
  rows = {{"what", "engine", "yardstick", "ratio", "target", "met?"}};
  for (const TargetRow& row : targets_) rows.push_back(cells(row));
  if (rows.size() > 1) out += table(rows) + "\n";
  for (const std::string& note : notes_) out += "- " + note + "\n";
  return out;
}

}  // namespace wallaroo::bench
