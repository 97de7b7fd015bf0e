#pragma once
// The load generator: sends framed messages to a service over some connections, as fast as they are
// taken or at the times they are due, receives what the service puts out, counts it, and times it
// from the moment each message was due (so a service that stalls cannot hide the messages it
// delayed).
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "child.h"
#include "yardstick/histogram.h"
#include "yardstick/net.h"
#include "yardstick/text.h"

namespace wallaroo::bench {

enum class Unit { lines, bytes };  // what a message's units in Text are in the output

struct LoadOptions {
  const Text* text = nullptr;
  Unit unit = Unit::lines;
  int connections = 1;
  double rate = 0;  // messages a second; 0: as fast as possible
  double warmup_s = 0.5;
  double duration_s = 2;
  std::size_t write_bytes = 256 * 1024;
  std::function<std::uint64_t()> counter = {};  // read when the measurement begins and ends
};

struct LoadResult {
  std::string error;  // empty: every unit sent came back, and nothing else
  double units = 0;   // received while it was measured
  double units_per_s = 0;
  double messages_per_s = 0;
  double cpu_ns_per_unit = 0;  // of the service
  double counted = 0;          // what the counter went up by
  Histogram latency;           // ns from due to the message's last unit; only with a rate
};

/// One service under load. `command` gets --in and --out appended. `sinks`: how many connections
/// the service puts its output out on.
class Load {
 public:
  Load(std::vector<std::string> command, int core, int connections, int sinks = 1);
  LoadResult run(const LoadOptions& options);
  /// Offers the text to the first connection without ever reading the output; waits a little when
  /// the service takes no more.
  void send_without_reading(const Text& text);
  Child& child() { return child_; }

 private:
  struct Sender;
  LoadResult run_fast(const LoadOptions& options);
  LoadResult run_open_loop(const LoadOptions& options);
  std::uint64_t receive_units(Unit unit);
  std::uint64_t receive_units(const Socket& sink, Unit unit);
  /// Waits until a sink has something to read.
  bool wait_for_output(int timeout_ms) const;
  std::string drain(Unit unit, std::uint64_t expected);

  Socket listener_ = listen_on(loopback(0));
  std::uint16_t in_port_ = free_port();
  Child child_;
  std::vector<Socket> sinks_;
  std::vector<Socket> sources_;
  std::vector<char> buffer_;
  std::uint64_t received_ = 0;
  bool sink_gone_ = false;     // one of them
  std::size_t unread_at_ = 0;  // byte of the text that send_without_reading() goes on with
};

}  // namespace wallaroo::bench
