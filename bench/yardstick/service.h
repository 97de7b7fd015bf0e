#pragma once
// One thread, one epoll: reads from any number of connections, writes to one. What the relay and
// the hand-written TCP word count share.
#include <functional>
#include <string>
#include <string_view>

namespace wallaroo::bench {

struct ServiceOptions {
  std::string in;          // listens here
  std::string out;         // connects there
  bool busy_poll = false;  // never sleeps
};

struct Handled {
  std::size_t consumed;  // of the input; the rest is given again with what follows it
  std::string_view output;
};
using Handler = std::function<Handled(std::string_view input)>;

constexpr std::size_t kServiceReadBytes = 64 * 1024;

/// From the command line: --in ADDRESS --out ADDRESS [--busy-poll].
ServiceOptions parse_service_options(int argc, char** argv);
/// Returns when the last source has closed its connection, or the sink is gone.
void run_service(const ServiceOptions& options, const Handler& handle);

}  // namespace wallaroo::bench
