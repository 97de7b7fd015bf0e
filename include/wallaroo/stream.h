// Streams: what a pipeline is built from. A Stream<T> is a plain handle (application, node); it
// never carries the chain behind it in its type. The bodies are in stream_impl.h, key_by_impl.h
// and keyed_impl.h.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "wallaroo/connectors.h"
#include "wallaroo/detail/ended_refusal.h"
#include "wallaroo/detail/functions.h"
#include "wallaroo/detail/keyed_refusal.h"
#include "wallaroo/detail/stream_refusal.h"
#include "wallaroo/factories.h"
#include "wallaroo/graph.h"
#include "wallaroo/keyed_steps.h"
#include "wallaroo/terminal_steps.h"

namespace wallaroo {

template <class T, class K>
class Keyed;

/// A stream of T. Copies name the same stream; using one twice sends every value both ways.
template <class T>
class Stream : detail::UnnamedStream {
 public:
  using UnnamedStream::event_time;
  using UnnamedStream::filter;
  using UnnamedStream::key_by;
  using UnnamedStream::merge;
  using UnnamedStream::process;
  using UnnamedStream::sink;
  using UnnamedStream::spread;
  using UnnamedStream::state;
  using UnnamedStream::state_many;
  using UnnamedStream::to;
  using UnnamedStream::to_many;

  Stream(Graph& graph, uint32_t node, std::string pipeline)
      : graph_(&graph), node_(node), pipeline_(std::move(pipeline)) {}

  /// One value in, one out: `function(const T&) -> Out`, or `std::optional<Out>` to drop some. A
  /// function that returns nothing ends the pipeline.
  template <class Function>
  auto to(std::string name, Function function) const;

  /// Keeps the values for which `predicate(const T&) -> bool` holds.
  template <class Predicate>
  Stream<T> filter(std::string name, Predicate predicate) const;

  /// One value in, any number out: `function(const T&, Emit<Out>&)`.
  template <class Out, class Function>
  Stream<Out> to_many(std::string name, Function function) const;

  /// Event times: `time(const T&) -> Time` or a pointer to member; see bounded_lateness.
  template <class TimeFunction>
  Stream<T> event_time(TimeFunction time, BoundedLateness lateness) const;

  /// Values with the same key go to the same state: `key(const T&) -> K`, or a pointer to member.
  template <class KeyFunction>
  auto key_by(KeyFunction key) const;
  /// The same with a closed list: a value whose key is not in `keys` is dropped and counted.
  template <class KeyFunction, class K>
  auto key_by(KeyFunction key, const std::vector<K>& keys) const;
  /// The list in the call: `key_by(f, {"north", "south"})`.
  template <class KeyFunction>
  auto key_by(KeyFunction key, std::initializer_list<detail::ListedKey<T, KeyFunction>> keys) const;
  /// Says that these are no keys of the function.
  template <class KeyFunction, detail::NoKeyLike<detail::ListedKey<T, KeyFunction>> A>
  auto key_by(KeyFunction key, std::initializer_list<A> keys) const;

  /// The values of both streams, in the order in which they arrive.
  Stream<T> merge(std::string name, const Stream<T>& other) const;

  /// Deals the values over all cores, for computations without state that need more than one. The
  /// values behind it are in no order.
  Stream<T> spread(std::string name) const;

  /// What becomes of a message on which the function that made this stream fails: the computation
  /// just before this call, or the source's decoder. Without it, what Application::on_error says.
  Stream<T> on_error(OnError policy) const {
    graph_->nodes[node_].on_error = policy;
    return *this;
  }

  /// Sends every value to `sink`; `on_error` is for messages on which its encoder fails.
  template <class Encoder>
  void sink(std::string name, Sink<Encoder> sink, std::optional<OnError> on_error = {}) const;

 private:
  template <class Out>
  Stream<Out> add(NodeKind kind, std::string name,
                  std::shared_ptr<const StepFactory> factory) const;
  template <class K, class Function>
  Keyed<T, K> add_key_by(Function function) const;
  template <class KeyFunction, class Keys>
  auto key_by_listed(KeyFunction key, const Keys& keys) const;
  /// A node at which a chain ends and another begins.
  Stream<T> relay(NodeKind kind, std::string name, std::vector<uint32_t> inputs) const;

  Graph* graph_;
  uint32_t node_;
  std::string pipeline_;
};

/// What a function that returns nothing makes: the end of a pipeline.
template <>
class Stream<void> : public detail::EndedStream {
 public:
  Stream(Graph& graph, uint32_t node, const std::string&) : graph_(&graph), node_(node) {}

  /// What becomes of a message on which that function fails.
  Stream<void> on_error(OnError policy) const {
    graph_->nodes[node_].on_error = policy;
    return *this;
  }

 private:
  Graph* graph_;
  uint32_t node_;
};

/// A stream of T with keys of type K: the way into a stage with state.
template <class T, class K>
class Keyed : detail::UnnamedKeyed {
 public:
  using UnnamedKeyed::filter;
  using UnnamedKeyed::merge;
  using UnnamedKeyed::process;
  using UnnamedKeyed::sink;
  using UnnamedKeyed::spread;
  using UnnamedKeyed::state;
  using UnnamedKeyed::state_many;
  using UnnamedKeyed::to;
  using UnnamedKeyed::to_many;

  Keyed(Graph& graph, uint32_t node, std::string pipeline)
      : graph_(&graph), node_(node), pipeline_(std::move(pipeline)) {}

  /// What becomes of a message on which the key function fails.
  Keyed<T, K> on_error(OnError policy) const {
    graph_->nodes[node_].on_error = policy;
    return *this;
  }

  /// One state S for each key: `function(const T&, S&) -> Out`, or `std::optional<Out>`, or nothing
  /// if the state is the purpose; that ends the pipeline.
  template <class S, class Function>
  auto state(std::string name, Function function) const {
    return state<S>(std::move(name), SharedState{}, std::move(function));
  }
  /// The same on a state that other state computations use too.
  template <class S, class Function>
  auto state(std::string name, SharedState shared, Function function) const;

  /// The same with any number of outputs: `function(const T&, S&, Emit<Out>&)`.
  template <class S, class Out, class Function>
  Stream<Out> state_many(std::string name, Function function) const {
    return state_many<S, Out>(std::move(name), SharedState{}, std::move(function));
  }
  template <class S, class Out, class Function>
  Stream<Out> state_many(std::string name, SharedState shared, Function function) const;

  /// A struct for each key: its fields are the state, `on_event(const T&, Context&)` and
  /// `on_timer(std::string_view name, Context&)` the behaviour; both return the same Out, an
  /// optional of it, or nothing. Where several processes share a P, each has timers of its own.
  template <class P>
  auto process(std::string name, SharedState shared = {}) const;

 private:
  template <class S, class Out, class Apply>
  Stream<Out> add(std::string name, SharedState shared, Apply apply) const;

  Graph* graph_;
  uint32_t node_;
  std::string pipeline_;
};

}  // namespace wallaroo
