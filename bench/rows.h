#pragma once
// The rows of the report. Each group measures its yardsticks and, when there is one, the engine in
// turns, and adds what it found.
#include <string>
#include <vector>

#include "measure.h"
#include "report.h"

namespace wallaroo::bench {

struct BenchOptions {
  bool quick = false;
  int rounds = 5;
  double quiet_wait_s = 10;
  std::string only = {};     // run the groups whose name contains this
  std::string folder = {};   // of this program: where the yardstick programs lie
  std::string program = {};  // the engine's word count
};

void word_count_rows(const BenchOptions& options, Rounds& rounds, Report& report);
void keyed_rows(const BenchOptions& options, Rounds& rounds, Report& report);
void tcp_rows(const BenchOptions& options, Rounds& rounds, Report& report);
void latency_rows(const BenchOptions& options, Rounds& rounds, Report& report);
void second_core_rows(const BenchOptions& options, Rounds& rounds, Report& report);
void allocation_rows(const BenchOptions& options, Rounds& rounds, Report& report);
void tls_rows(const BenchOptions& options, Rounds& rounds, Report& report);
void go_rows(const BenchOptions& options, Rounds& rounds, Report& report);
void footprint_rows(const BenchOptions& options, Rounds& rounds, Report& report);

/// The command line of a program of the engine; addresses of source and sink come behind it.
std::vector<std::string> engine_command(const std::string& program, int cores,
                                        bool busy_poll = false);

}  // namespace wallaroo::bench
