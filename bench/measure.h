#pragma once
// Clocks, pinning, medians, and the share of the machine that other programs took meanwhile.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace wallaroo::bench {

std::uint64_t now_ns();
/// CPU time of the calling thread.
std::uint64_t thread_cpu_ns();
/// The calling thread, and the programs it starts from now on, run on that core only.
void pin_to_core(int core);
void pin_to_any_core();
int cores_online();

struct Spread {
  double low = 0;
  double median = 0;
  double high = 0;
};
Spread spread_of(std::vector<double> values);

/// What others may take of the machine, in cores, while a figure still counts as undisturbed.
constexpr double kForeignMax = 0.15;

/// CPU used by programs that are neither this process nor its children, in cores, since the start.
class ForeignMeter {
 public:
  ForeignMeter();
  double cores() const;

 private:
  std::uint64_t start_ns_;
  double busy_at_start_;
  double own_at_start_;
};

/// One way of doing a job. run() gives one figure for one round.
struct Variant {
  std::string name;
  std::function<double()> run;
  std::vector<double> values = {};
  Spread spread() const { return spread_of(values); }
};

/// Runs variants in turns and remembers how busy other programs kept the machine meanwhile.
class Rounds {
 public:
  /// Before each round it waits up to `quiet_wait_s` for other programs to leave the machine alone.
  Rounds(int rounds, double quiet_wait_s) : rounds_(rounds), quiet_wait_s_(quiet_wait_s) {}
  /// Every variant once a round; every other round in the opposite order. Prints the figures and
  /// the foreign share of each round as they come.
  void take_turns(const std::string& title, const std::string& unit, std::vector<Variant*> variants,
                  int at_least = 1);
  int rounds() const { return rounds_; }
  /// In cores, over all rounds so far.
  Spread foreign() const { return spread_of(foreign_); }

 private:
  void wait_for_quiet() const;

  int rounds_;
  double quiet_wait_s_;
  std::vector<double> foreign_;
};

}  // namespace wallaroo::bench
