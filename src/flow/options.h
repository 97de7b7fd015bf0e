// Every limit of the data plane, by name. The simulator draws them down to 1.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/memory.h"
#include "wire/batch.h"

namespace wallaroo::flow {

struct Options {
  uint32_t cores = 1;
  uint32_t partitions = 1024;         // of each keyed stage; a power of two
  uint32_t ring_slots = 256;          // between each ordered pair of cores; a power of two
  uint32_t credits_per_channel = 16;  // batches on their way or waiting in one channel
  uint32_t batch_records_max = wire::kBatchRecordsMax;
  uint32_t batch_bytes_max = 16 * 1024;  // a longer record gets a batch of its own
  uint32_t step_batch = kStepBatch;      // values handed on inside a chain
  uint32_t outputs_per_record_max = 1u << 20;
  uint32_t timers_per_turn = 1024;             // fired before a core looks at anything else
  uint32_t receive_bytes = 256 * 1024;         // read buffer of a source on a core
  uint64_t unfinished_bytes_max = 256u << 20;  // of all incomplete messages of a source on a core
  uint32_t file_read_bytes = 1u << 20;         // one read of a file source
  int64_t file_poll_ns = 100'000'000;          // how often a file that is followed is looked at
  uint32_t sink_chunk_bytes = 64 * 1024;       // gathered before a write, when there is more
  uint64_t sink_buffer_bytes_max = 4u
                                   << 20;  // unsent bytes of a sink on a core; then it pushes back
  uint64_t drain_bytes_max = 16u << 20;    // read from one connection after drain began
  int64_t source_idle_ns = 1'000'000'000;  // a silent connection stops holding watermarks back
  int64_t clock_tick_ns = 10'000'000;      // how often arrival time moves timers when idle
  int64_t sink_linger_ns = 2'000'000'000;  // for a receiver to take the end of a drained sink
  int64_t reconnect_min_ns = 10'000'000;
  int64_t reconnect_max_ns = 2'000'000'000;
  uint64_t seed = 0;                     // of the tables' slot mix
  base::Memory* state_memory = nullptr;  // where tables take large pieces from; null: the heap
};

/// How much one step may do.
struct Budget {
  uint32_t rounds = 8;    // passes over sources and stages
  uint32_t batches = 16;  // for each stage and pass
};

}  // namespace wallaroo::flow
