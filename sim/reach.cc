#include "sim/reach.h"

namespace wallaroo::sim {
namespace {

// In the order of Row.
constexpr std::array<const char*, static_cast<size_t>(Row::count_)> kNames = {
    "network: short read",
    "network: short write",
    "network: write would block",
    "network: connection reset",
    "network: bytes lost in a reset",
    "network: half-open connection",
    "network: connect refused",
    "network: accept failed",
    "network: spurious edge",
    "network: connection adopted by another core",
    "disk: append failed",
    "disk: sync failed",
    "disk: file shrank",
    "disk: file grew",
    "network: datagram lost",
    "network: datagram doubled",
    "network: datagram overtook another",
    "network: datagram found no room",
    "outside: slow sender",
    "outside: slow receiver",
    "outside: stalled sender",
    "outside: stalled receiver",
    "outside: receiver absent for a while",
    "outside: sender connected again after a reset",
    "outside: hostile sender",
    "driver: core parked",
    "driver: core paused",
    "driver: core woken by another",
    "driver: wall clock jumped",
    "driver: faults healed while data was under way",
    "driver: drained while senders were sending",
    "driver: stopped with everything under way",
    "driver: barrier sent",
    "campaign: seed run twice",
    "engine: ring full",
    "engine: chain blocked",
    "engine: overflow outbox used",
    "engine: barrier aligned",
    "engine: partial write",
    "engine: sink connected again",
    "engine: sink could not connect",
    "engine: sink sent a cut message again",
    "engine: source connection reset",
    "engine: frame truncated",
    "engine: frame over the limit",
    "engine: connection refused",
    "engine: idle connection closed",
    "engine: too many unfinished bytes",
    "engine: datagram over the limit",
    "engine: message undecodable",
    "engine: user function failed",
    "engine: key not listed",
    "engine: append to a file tried again",
    "engine: outputs taken back, dead letter written",
    "engine: shrunk file noticed",
    "engine: watermark advanced",
    "engine: timer fired",
    "engine: timer set for the past",
    "engine: two pipelines took turns on one state",
    "engine: spread messages changed places",
    "engine: stopped by a failure",
};
static_assert(kNames.back() != nullptr, "every row has a name");

}  // namespace

const char* row_name(Row row) { return kNames[static_cast<size_t>(row)]; }

}  // namespace wallaroo::sim
