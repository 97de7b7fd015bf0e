// Runs many seeds and says what happened: failures, mutants killed, rows reached.
#pragma once

namespace wallaroo::sim {

/// The program wallaroo_sim; `seconds` is a clock for its own time limit. Exit code 0: everything
/// as it must be; 1: not; 2: wrong usage.
int campaign_main(int argc, char** argv, double (*seconds)());

}  // namespace wallaroo::sim
