// Runs every interleaving of a few pushes with a few pops on a small ring. The ring's atomics and
// its slots yield before each access that the other side can see; a scheduler replays the two sides
// once for each sequence of choices. Sequentially consistent only: reordering by the machine is
// what the thread sanitizer and ring_test.cc look for.
//
// Built twice: as part of the base tests, and alone with WALLAROO_MUTANTS, where it must also find
// the ring's planted bugs.
#include <gtest/gtest.h>
#include <ucontext.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutant.h"
#include "base/ring.h"

#if !defined(__SANITIZE_THREAD__)  // one thread, and stacks that the thread sanitizer cannot follow

namespace wallaroo::base {
namespace {

/// Two coroutines on their own stacks; resume() runs one until it yields or ends.
class Fibers {
 public:
  static constexpr size_t kCount = 2;

  void start(size_t index, std::function<void()> body) {
    Fiber& fiber = fibers_[index];
    if (!fiber.stack) fiber.stack = std::make_unique<char[]>(kStackBytes);
    fiber.body = std::move(body);
    fiber.finished = false;
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = kStackBytes;
    fiber.context.uc_link = &scheduler_;
    entering_ = this;
    entering_index_ = index;
    makecontext(&fiber.context, &Fibers::enter, 0);
    resume(index);  // up to its first yield
  }
  void resume(size_t index) {
    running_ = index;
    swapcontext(&scheduler_, &fibers_[index].context);
    running_ = kCount;
  }
  void yield() {
    if (running_ == kCount) return;  // called by the scheduler itself
    const size_t index = running_;
    swapcontext(&fibers_[index].context, &scheduler_);
  }
  bool finished(size_t index) const { return fibers_[index].finished; }

 private:
  static constexpr size_t kStackBytes = size_t{64} * 1024;
  struct Fiber {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    std::function<void()> body;
    bool finished = true;
  };
  static void enter() {
    Fibers* self = entering_;
    const size_t index = entering_index_;
    self->yield();
    self->fibers_[index].body();
    self->fibers_[index].finished = true;
  }

  static inline Fibers* entering_ = nullptr;
  static inline size_t entering_index_ = 0;
  std::array<Fiber, kCount> fibers_;
  ucontext_t scheduler_;
  size_t running_ = kCount;
};

Fibers* fibers = nullptr;  // whom the yielding types below yield to

/// Yields before each operation on an index. A relaxed load reads the caller's own index, which the
/// other side never writes, so nothing can be observed there.
template <class T>
class YieldingAtomic {
 public:
  explicit YieldingAtomic(T value) : value_(value) {}
  T load(std::memory_order order) const {
    if (order != std::memory_order_relaxed) fibers->yield();
    return value_;
  }
  void store(T value, std::memory_order) {
    fibers->yield();
    value_ = value;
  }

 private:
  T value_;
};

std::string failure;  // the first broken promise of the run

/// An item whose copying can be interrupted, and that notices when it is read while written.
struct Item {
  int number = 0;
  mutable bool being_read = false;
  bool being_written = false;

  Item() = default;
  explicit Item(int n) : number(n) {}
  Item(const Item& other) = default;
  Item& operator=(const Item& other) {
    if (being_read || being_written) failure = "a slot was overwritten while in use";
    if (other.being_written) failure = "a slot was read while being written";
    being_written = other.being_read = true;
    fibers->yield();
    number = other.number;
    being_written = other.being_read = false;
    return *this;
  }
};

struct Scope {
  size_t capacity;
  int pushes;
  int pops;
};

/// One execution: both sides, and what each promised.
class Execution {
 public:
  explicit Execution(const Scope& scope) : scope_(scope), ring_(scope.capacity) {}

  void produce() {
    for (int i = 0; i < scope_.pushes; ++i) {
      const size_t popped_before = popped_.size();
      if (ring_.push(Item(accepted_ + 1))) {
        ++accepted_;
      } else if (static_cast<size_t>(accepted_) - popped_before < scope_.capacity) {
        failure = "push refused although there was room";
      }
    }
  }
  void consume() {
    for (int i = 0; i < scope_.pops; ++i) {
      const int accepted_before = accepted_;
      Item item;
      if (ring_.pop(item)) {
        popped_.push_back(item.number);
      } else if (static_cast<size_t>(accepted_before) > popped_.size()) {
        failure = "pop found nothing although an item was there";
      }
    }
  }
  void check() {
    Item item;
    while (ring_.pop(item)) popped_.push_back(item.number);
    if (popped_.size() != static_cast<size_t>(accepted_)) failure = "items lost or invented";
    for (size_t i = 0; i < popped_.size(); ++i) {
      if (popped_[i] != static_cast<int>(i) + 1) failure = "an item is stale, lost or out of order";
    }
  }

 private:
  const Scope scope_;
  Ring<Item, YieldingAtomic> ring_;
  int accepted_ = 0;
  std::vector<int> popped_;
};

struct Outcome {
  uint64_t interleavings = 0;
  std::string failure;
};

/// Runs one interleaving: follows `choices`, extends it by "first side that can run", and records
/// at which steps the second side could have run instead.
void run_once(Fibers& own, const Scope& scope, std::vector<bool>& choices,
              std::vector<bool>& alternative) {
  auto execution = std::make_unique<Execution>(scope);
  own.start(0, [&] { execution->produce(); });
  own.start(1, [&] { execution->consume(); });
  alternative.clear();
  for (size_t step = 0; !own.finished(0) || !own.finished(1); ++step) {
    const bool both = !own.finished(0) && !own.finished(1);
    if (step == choices.size()) choices.push_back(own.finished(0));
    alternative.push_back(both && !choices[step]);
    own.resume(choices[step] ? 1 : 0);
  }
  execution->check();
}

/// Enumerates all interleavings, depth first; stops at the first failure.
Outcome explore(const Scope& scope) {
  Fibers own;
  fibers = &own;
  failure.clear();
  Outcome outcome;
  std::vector<bool> choices;
  std::vector<bool> alternative;
  for (;;) {
    run_once(own, scope, choices, alternative);
    ++outcome.interleavings;
    outcome.failure = failure;
    if (!failure.empty()) return outcome;
    while (!alternative.empty() && !alternative.back()) alternative.pop_back();
    if (alternative.empty()) return outcome;
    choices.resize(alternative.size());
    choices.back() = true;
  }
}

constexpr Scope kScopes[] = {{1, 3, 3}, {1, 4, 3}, {2, 4, 3}, {2, 3, 4}, {4, 5, 3}, {4, 3, 3}};

TEST(RingExplorerTest, EveryInterleavingOfASmallRingKeepsItsPromises) {
  uint64_t interleavings = 0;
  for (const Scope& scope : kScopes) {
    const Outcome outcome = explore(scope);
    EXPECT_EQ(outcome.failure, "")
        << "capacity " << scope.capacity << ", " << scope.pushes << " pushes, " << scope.pops
        << " pops, interleaving " << outcome.interleavings;
    interleavings += outcome.interleavings;
  }
  EXPECT_GT(interleavings, 50'000u);
  RecordProperty("interleavings", std::to_string(interleavings));
}

#ifdef WALLAROO_MUTANTS
std::string explore_mutant(Mutant mutant) {
  activate_mutant(mutant);
  std::string found;
  for (const Scope& scope : kScopes) {
    if (found.empty()) found = explore(scope).failure;
  }
  activate_mutant(Mutant::none);
  return found;
}

TEST(RingExplorerTest, FindsTheIndexPublishedBeforeTheSlot) {
  EXPECT_NE(explore_mutant(Mutant::ring_publish_before_slot), "");
}

TEST(RingExplorerTest, FindsTheLastSlotReusedOnWrapAround) {
  EXPECT_NE(explore_mutant(Mutant::ring_wrap_reuse), "");
}
#endif

}  // namespace
}  // namespace wallaroo::base

#endif
