// The sending side of an edge on one core: routes records by key (or deals them over the cores),
// gathers them in a staging batch for each receiving core, and spends one credit of the channel for
// each batch it sends.
//
// A batch that is full and has no credit goes to the channel's overflow outbox and blocks the chain
// before its next record; what one record has already produced may still follow it there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flow/batch_pool.h"
#include "flow/chain.h"
#include "flow/key_list.h"
#include "flow/options.h"
#include "plan/plan.h"
#include "wallaroo/step.h"

namespace wallaroo::flow {

/// Takes batches to where they go. Both calls only queue; they never run a chain.
class Carrier {
 public:
  virtual ~Carrier() = default;
  /// To the stage at the end of the batch's edge, on header.to_core.
  virtual void deliver(Batch* batch) = 0;
  /// Worked through: back to header.from_core, where it is a credit.
  virtual void bring_home(Batch* batch) = 0;
};

/// Which core owns which partition. The same on every core of a map version.
struct Route {
  uint32_t map_version = 1;
  std::vector<uint16_t> owner;  // by partition

  static Route even(uint32_t partitions, uint32_t cores);
};

struct ExchangeSpec {
  uint32_t edge;
  uint32_t core;
  plan::Routing routing;
  const Route& route;
  const Options& options;
  KeyList keys;  // of a closed key_by
};

class Exchange final : public Port {
 public:
  Exchange(ExchangeSpec spec, StageChain& chain, BatchPool& pool, Carrier& carrier);
  ~Exchange() override;

  size_t append(Record* records, size_t count) override;

  /// Attaches a watermark to what is sent next; never waits for room.
  void watermark(int64_t watermark_ns);
  /// Closes the staging batches with barrier k. Nothing appended later can overtake it.
  void barrier(uint64_t barrier);
  /// Nothing follows in any channel of this edge.
  void end();
  /// Sends staging batches for which there is a credit: called whenever the input runs dry.
  void flush();
  /// A batch of ours came back from `core`.
  void credit(uint32_t core);

  /// Nothing staged and all credits home.
  bool quiet() const;

 private:
  struct Channel {
    Batch* open = nullptr;
    BatchQueue overflow;
    uint32_t credits = 0;
    bool control = false;  // the open batch carries a watermark, barrier or end
    explicit Channel(StageChain& chain) : gate(chain) {}
    Gate gate;
  };

  uint32_t route(uint64_t hash) const;
  void note_origin();
  uint32_t next_in_turn();
  bool used(uint32_t to) const;
  size_t keep_listed(Record* records, size_t count);
  void put_all(uint32_t to, const Record* records, size_t count);
  void put(uint32_t to, const Record& record);
  Batch* open(uint32_t to, size_t bytes);
  void begin_records(Batch& batch) const;
  void close(uint32_t to);
  void send(uint32_t to, Batch* batch);

  const ExchangeSpec spec_;
  StageChain& chain_;
  BatchPool& pool_;
  Carrier& carrier_;
  std::vector<Channel> channels_;  // by receiving core
  uint32_t turn_ = 0;              // of a spread: the core that got the last records
  wire::SourcePosition appended_;  // of what was appended last
};

}  // namespace wallaroo::flow
