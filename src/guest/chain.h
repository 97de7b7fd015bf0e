// A chain of a guest's functions on one core: the engine's entry into it, and the ends where its
// values leave.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guest/program.h"

namespace wallaroo::guest {

/// A node in the chain of a guest. None is ever run: the guest knows what comes after what.
class Place : public Step {
 public:
  Place(uint32_t number, const Wiring& wiring) : node(number), site(wiring.site) {}
  void process(const void*, const Stamp*, size_t) final;

  const uint32_t node;
  const Site site;
};

/// A computation, with what its values go to.
class InnerPlace final : public Place {
 public:
  InnerPlace(uint32_t number, const Wiring& wiring)
      : Place(number, wiring), next(wiring.next.begin(), wiring.next.end()) {}
  const std::vector<Step*> next;
};

/// A key_by, merge, spread or sink.
class EndPlace final : public Place {
 public:
  EndPlace(uint32_t number, const Wiring& wiring, Framing framing)
      : Place(number, wiring), port_(wiring.port), sink_(wiring.sink), framing_(framing) {}

  bool is_sink() const { return sink_ != nullptr; }
  /// Outputs of a batch of `records`. Numbers of values that the port did not take are appended to
  /// `refused`.
  void send(size_t records, const wl_output* outputs, uint32_t count, std::string_view bytes,
            std::vector<uint64_t>& refused);
  /// False when a failure stops the worker: what comes behind it is dropped.
  bool write(Chain& chain, size_t records, const wl_output* outputs, uint32_t count,
             std::string_view bytes);

 private:
  void send_some(const wl_output* outputs, size_t count, std::string_view keys,
                 std::vector<uint64_t>& refused);

  Port* const port_;
  SinkPort* const sink_;
  const Framing framing_;
};

}  // namespace wallaroo::guest

/// The engine's side of a chain, and the first step of a batch into it.
struct wl_chain final : public wallaroo::Entry {
 public:
  wl_chain(const wallaroo::guest::Program& program, uint32_t node, wallaroo::NodeKind kind,
           const wallaroo::Wiring& wiring);
  ~wl_chain() override;

  size_t run(const wallaroo::Record* records, void* const* states, size_t from,
             size_t count) override;
  void timer(const wallaroo::Record& key, void* state, std::string_view name,
             int64_t at_ns) override;
  std::string_view message(const wallaroo::Record& record, wallaroo::Bytes& scratch) override;

  wl_emitted emit(uint32_t end, const wl_output* outputs, uint32_t count, std::string_view bytes);
  const wallaroo::Site& site(uint32_t node) const;
  const wallaroo::Record& record(uint32_t index) const;
  bool has_state() const { return kind_ == wallaroo::NodeKind::state; }
  wallaroo::Chain& chain() { return chain_; }
  const wallaroo::Chain& chain() const { return chain_; }

 private:
  void gather(const std::vector<wallaroo::Step*>& steps);
  wl_input input(const wallaroo::Record* records, void* const* states, size_t from, size_t count);

  const wallaroo::guest::Program& program_;
  const wallaroo::Site site_;
  const uint32_t node_;
  const wallaroo::NodeKind kind_;  // of `node_`
  wallaroo::Chain& chain_;
  std::vector<wallaroo::guest::Place*> places_;
  std::vector<wallaroo::guest::EndPlace*> ends_;
  std::array<uint64_t, wallaroo::kStepBatch> values_;
  std::vector<uint64_t> refused_;
  const wallaroo::Record* records_ = nullptr;
  size_t record_count_ = 0;  // of those being worked on; 0 between batches
  uint64_t guest_chain_ = 0;
};
