#include "sim/reach.h"

namespace wallaroo::sim {

const char* row_name(Row row) {
  switch (row) {
    case Row::short_read:
      return "network: short read";
    case Row::short_write:
      return "network: short write";
    case Row::write_blocked:
      return "network: write would block";
    case Row::connection_reset:
      return "network: connection reset";
    case Row::bytes_lost:
      return "network: bytes lost in a reset";
    case Row::half_open:
      return "network: half-open connection";
    case Row::connect_refused:
      return "network: connect refused";
    case Row::accept_failed:
      return "network: accept failed";
    case Row::spurious_edge:
      return "network: spurious edge";
    case Row::adopted_connection:
      return "network: connection adopted by another core";
    case Row::slow_peer:
      return "peer: slow";
    case Row::stalled_peer:
      return "peer: stalled";
    case Row::count_:
      break;
  }
  return "unknown";
}

}  // namespace wallaroo::sim
