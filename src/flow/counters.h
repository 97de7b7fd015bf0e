// What a worker counts. One writer each, the owning core; the control server reads.
#pragma once

#include <string>

#include "base/counter.h"
#include "base/histogram.h"

namespace wallaroo::flow {

using base::Counter;

struct StageCounters {
  Counter records_in;
  Counter records_out;
  Counter user_errors;      // records whose user function threw; their outputs were dropped
  Counter undecodable;      // messages the decoder refused; dropped
  Counter dead_letters;     // of both kinds of failure: written down where dead letters are kept
  Counter keys_not_listed;  // records dropped because a closed key_by does not list their key
  Counter late_timers;      // timers set for a time already passed
  Counter blocked;          // times a batch had to wait for room downstream
  Counter aligned;          // barriers aligned
  Counter timers_fired;
  Counter overflow_batches;  // batches that waited in an overflow outbox
  Counter keys;              // of a keyed stage: keys held now
  Counter state_bytes;
};

struct SourceCounters {
  Counter messages;
  Counter bytes;
  Counter connections_open;
  Counter connections_total;
  Counter connections_refused;  // over connections_max, or out of descriptors
  Counter connections_reset;
  Counter tls_failures;      // connections that TLS ended: refused, or cut off without a goodbye
  Counter connections_idle;  // closed because of idle_ns_max
  Counter unfinished_over_limit;  // the same because of unfinished_bytes_max
  Counter frames_over_limit;      // each closed its connection
  Counter frames_senseless;       // the same; refused by the function of framing::header
  Counter frames_truncated;       // the peer ended or reset inside a frame
  Counter connections_adopted;
  Counter read_failures;         // of a file
  Counter files_shrunk;          // shorter than what had been read of them
  Counter datagrams_over_limit;  // dropped
  Counter datagrams_lost;        // found no room in the socket, as far as the system tells
};

struct SinkCounters {
  Counter messages;
  Counter bytes;
  Counter buffered_bytes;
  Counter connects;
  Counter disconnects;
  Counter connect_failures;
  Counter tls_failures;
  Counter partial_writes;
  Counter write_failures;      // appends to a file that failed; each is tried again
  Counter resent_bytes;        // written again on a new connection after a break
  base::Histogram latency_ns;  // from the arrival of a batch's oldest message, or a timer's firing
};

}  // namespace wallaroo::flow
