// Harness: an application on the real engine, in the calling thread. Every source and sink of the
// program is replaced by the harness' own, every core by turns of one loop, the clock by a number;
// the graph stays as it is shipped.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "wallaroo/application.h"
#include "wallaroo/codec.h"
#include "wallaroo/time.h"

namespace wallaroo::testkit {

/// Thrown by the harness when a test asks for what cannot be: a source that does not exist, a state
/// of another type, an application with mistakes. what() is a sentence or two.
class Mistake : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// The limits are those of a worker, made small by those who look for what depends on them.
struct HarnessOptions {
  uint32_t cores = 1;                 ///< 1 to 64
  uint64_t seed = 0;                  ///< draws which core acts next; 0: they take turns
  uint32_t batch_messages_max = 128;  ///< 1 to 128: how many are worked on and sent together
  uint32_t credits_per_channel = 16;  ///< 1 or more: batches under way between two stages
  uint32_t ring_slots = 256;          ///< a power of two: batches under way between two cores
  uint32_t partitions = 1024;         ///< a power of two up to 65,536: of each keyed stage
  bool sinks_push_back = false;       ///< every sink is full again after each batch, for a turn
  Time start{};                       ///< where the clock begins
  std::vector<std::pair<std::string, std::string>> flags{};  ///< values for app.flag
};

/// A message on which a function failed where the policy is OnError::dead_letter.
struct DeadLetter {
  std::string stage{};
  std::string function{};  ///< the computation, state computation, source or sink that failed
  std::string error{};
  std::string source{};   ///< where the message came from; empty for a timer, or where not known
  uint64_t message = 0;   ///< its number there, from 1; 0 when that is not known
  std::string key{};      ///< of a keyed stage; numbers in decimal
  std::string timer{};    ///< name of a timer that failed
  std::string payload{};  ///< the message, or behind a key_by, merge or spread the encoded value
};

/// Belongs to one thread. The application may be gone once it is made. Every method throws Mistake
/// when it cannot do what it is asked for; what fails inside the program is counted, as in a
/// worker.
class Harness {
 public:
  explicit Harness(const Application& app, HarnessOptions options = {});
  explicit Harness(const Graph& graph, HarnessOptions options = {});
  ~Harness();
  Harness(Harness&&) noexcept;
  Harness& operator=(Harness&&) noexcept;

  /// One message for the source of that name: the bytes that its decoder gets. They are worked on
  /// by drain(). Messages of one connection keep their order; connection c is read by core c modulo
  /// the number of cores.
  void feed(std::string_view source, std::string_view message, uint32_t connection = 0);
  void feed(std::string_view source, std::initializer_list<std::string_view> messages,
            uint32_t connection = 0);
  void feed(std::string_view source, std::span<const std::string> messages,
            uint32_t connection = 0);
  /// A value, as `encoder(value, Bytes&)` writes it for the source's decoder.
  template <class T, class Encoder>
  requires std::is_invocable_v<Encoder&, const T&, Bytes&>
  void feed(std::string_view source, const T& value, Encoder encoder, uint32_t connection = 0) {
    Bytes message;
    encoder(value, message);
    feed(source, message.view(), connection);
  }
  /// Lets a generator make its next `count` values; by itself it makes none here.
  void generate(std::string_view source, uint64_t count);

  /// Runs until nothing is under way. The clock stands still.
  void drain();

  /// Moves the clock, which is what messages without event times are stamped with, and runs
  /// whatever becomes due on the way. Deadlines are met in their order, as closely as a
  /// ten-thousandth of the way.
  void advance_to(Time time);
  void advance(Duration by);
  Time now() const;

  /// The source has ended: nothing can be fed to it any more. Time goes to its end once all have.
  void close(std::string_view source);
  /// Closes all sources and runs to the end; all timers fire. Output, state and counters stay.
  void finish();

  /// All messages that the sink of that name was given, in the order in which they were, as a
  /// receiver tells them apart. Not for a sink with framing::raw: use output_bytes().
  std::vector<std::string> output(std::string_view sink) const;
  /// The same without those that an earlier call has returned.
  std::vector<std::string> take_output(std::string_view sink);
  /// What the sink of that name would have sent, framing included.
  std::string output_bytes(std::string_view sink) const;

  /// All dead letters so far, whether or not the program names a file for them.
  std::vector<DeadLetter> dead_letters() const;

  /// The state of `key` at a state computation or process, or nothing when there is none. S and the
  /// key's type are those of the program.
  template <class S, class K>
  std::optional<S> state(std::string_view stage, const K& key) const;
  /// The states of all keys of a stage, encoded: by key bytes, sorted.
  std::vector<std::pair<std::string, std::string>> encoded_states(std::string_view stage) const;

  /// A counter of a stage, source or sink by its name in /status, such as counter("count",
  /// "user_errors"): the sum over the cores.
  uint64_t counter(std::string_view name, std::string_view counter) const;
  /// Why the worker has stopped: a message failed where the policy is OnError::fail. From then on
  /// nothing is worked on. Empty while it runs.
  std::optional<Error> failure() const;
  /// The lines that a worker would have written for people.
  const std::vector<std::string>& log() const;

  /// Stores every state and loads it again, as when a worker is replaced by another. Timers stay.
  void reload_states();

  /// Names, in the order in which the program made them.
  std::vector<std::string> sources() const;
  std::vector<std::string> sinks() const;
  std::vector<std::string> stages_with_state() const;

 private:
  class Engine;

  // The encoded state, after a look at the types.
  std::optional<std::string> find_state(std::string_view stage, const std::string& state_type,
                                        const std::string& key_type, std::string_view key) const;

  std::unique_ptr<Engine> engine_;
};

template <class S, class K>
std::optional<S> Harness::state(std::string_view stage, const K& key) const {
  static_assert(Storable<S>, "state<S>(): S must be the type of the stage's state");
  std::optional<std::string> found;
  if constexpr (std::is_convertible_v<const K&, std::string_view>) {
    found = find_state(stage, Codec<S>::description(), "string", std::string_view(key));
  } else {
    static_assert(Keyable<K>, "state<S>(): the key must be of the type that key_by() returned");
    Bytes scratch;
    const std::string_view bytes = key_bytes<K>(key, scratch);
    found = find_state(stage, Codec<S>::description(), Codec<K>::description(), bytes);
  }
  if (!found.has_value()) return std::nullopt;
  S value{};
  Reader in(found->data(), found->size());
  if (!Codec<S>::decode(in, value)) return std::nullopt;
  return value;
}

}  // namespace wallaroo::testkit
