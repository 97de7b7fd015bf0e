#pragma once
// How fast the machine's memory and clock are, so that a yardstick's figure can be judged against
// one taken on another machine.
#include <string>

namespace wallaroo::bench {

struct MachineSpeed {
  double ghz = 0;             // dependent additions a nanosecond
  double copy_gb_s = 0;       // memcpy of 256 MiB, bytes copied
  double random_read_ns = 0;  // dependent reads over 64 MiB on huge pages
};

MachineSpeed measure_machine();
/// Processor, cores, memory, kernel; one line.
std::string machine_name();
std::string commit_name();

}  // namespace wallaroo::bench
