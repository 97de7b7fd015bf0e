// The oracle's engine: runs a logical graph in the most naive way. One value at a time, a FIFO
// queue between stages, a std::map for state; no cores, channels, batches or limits. It shares the
// user's functions with the engine (through the graph's factories) and nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wallaroo/graph.h"

namespace wallaroo::sim {

class Interpreter {
 public:
  explicit Interpreter(const Graph& graph);
  ~Interpreter();

  /// Feeds one message to the source of that name and works until nothing is left to do.
  void feed(std::string_view source, std::string_view message);
  /// No more input: event time goes to its end, every timer fires in the order of time.
  void finish();

  /// What the sink of that name was given, in order, framed as its encoder wrote it.
  const std::vector<std::string>& output(std::string_view sink) const;
  uint64_t user_errors() const;
  uint64_t keys_not_listed() const;
  uint64_t timers_fired() const { return timers_fired_; }

 private:
  class QueuePort;
  class OutputPort;
  class StageChain;
  struct Stage;
  struct Item;

  Step* make_steps(uint32_t node, StageChain& chain);
  void make_next(uint32_t node, StageChain& chain, std::vector<Step*>& next);
  void make_stages();
  void work();
  void run(Stage& stage, const Item& item);
  void* state_of(Stage& stage, std::string_view key);

  const Graph& graph_;
  std::map<uint32_t, std::unique_ptr<Stage>> stages_;  // by node of the entry
  std::vector<std::unique_ptr<Step>> steps_;
  std::vector<std::unique_ptr<QueuePort>> ports_;
  std::map<std::string, std::unique_ptr<OutputPort>, std::less<>> outputs_;
  std::vector<Item> queue_;
  uint64_t timers_fired_ = 0;
};

}  // namespace wallaroo::sim
