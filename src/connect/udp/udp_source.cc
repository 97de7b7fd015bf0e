#include "connect/udp/udp_source.h"

#include <algorithm>

#include "io/address.h"

namespace wallaroo::connect {
namespace {

constexpr uint64_t kWarningsMax = 20;  // lines on one source; everything is counted
constexpr uint64_t kOrigin = 1;        // all senders share one clock: nothing tells them apart

}  // namespace

UdpSource::UdpSource(UdpSourceSetup setup, flow::CoreServices& core, flow::SourceOutput& output,
                     flow::SourceCounters& counters)
    : setup_(std::move(setup)), core_(core), output_(output), counters_(counters) {}

UdpSource::~UdpSource() {
  if (open_) core_.net().close(socket_);
}

Result<void> UdpSource::start() {
  if (core_.core() != 0) return {};
  auto socket = core_.net().listen_datagrams(setup_.address, setup_.spec.receive_buffer_bytes);
  if (!socket) {
    return fail(socket.error().code,
                "source '" + setup_.name + "' cannot receive: " + socket.error().message);
  }
  socket_ = *socket;
  open_ = readable_ = true;
  core_.watch(socket_, *this);
  core_.log().write(io::LogLevel::info, "source '" + setup_.name + "' receives datagrams on " +
                                            to_text(core_.net().datagram_address(socket_)));
  return {};
}

void UdpSource::on_net(const io::NetEvent& event, io::Now) {
  if (event.kind == io::NetEventKind::readable) readable_ = true;
}

io::Progress UdpSource::step(io::Now now, uint32_t batches) {
  io::Progress progress = io::Progress::none;
  for (uint32_t i = 0; i < batches; ++i) {
    if (output_.blocked()) break;
    if (record_at_ == record_count_) fill();
    if (record_count_ == 0 && !(open_ && readable_)) break;
    progress = io::Progress::some;
    for (size_t k = record_at_; k < record_count_; ++k) records_[k].event_time_ns = now.wall_ns;
    record_at_ = output_.run(records_.data(), record_at_, record_count_, now,
                             {kOrigin, messages_ - record_count_ + 1});
  }
  return progress;
}

/// Reads what waits, up to a batch. The buffer does not move meanwhile: there is always room for
/// the longest datagram behind what one read of the source may take.
void UdpSource::fill() {
  record_at_ = record_count_ = 0;
  buffer_.clear();
  buffer_.reserve(size_t{setup_.options.receive_bytes} + setup_.spec.datagram_bytes_max);
  const size_t bytes_max = std::max<size_t>(setup_.options.receive_bytes, 1);
  for (size_t reads = 0; reads < records_.size(); ++reads) {
    if (!open_ || !readable_ || buffer_.size() >= bytes_max || !take_one()) break;
  }
  if (draining_ && open_ && (!readable_ || drain_bytes_left_ == 0)) close();
}

/// False when nothing waits any more.
bool UdpSource::take_one() {
  const size_t room = setup_.spec.datagram_bytes_max;
  char* to = buffer_.prepare(room);
  const io::Datagram got = core_.net().read_datagram(socket_, {to, room});
  if (got.lost != lost_) {
    if (lost_ == 0) {
      warn(
          "datagrams were lost because they came faster than they are worked on; give the socket "
          "a larger buffer (receive_buffer_bytes) or send less");
    }
    counters_.datagrams_lost.add(got.lost - lost_);
    lost_ = got.lost;
  }
  if (got.status != io::IoStatus::ok) {
    readable_ = false;
    if (got.status == io::IoStatus::broken) {
      warn("its socket broke, so it receives no more; start the worker again");
      close();
    }
    return false;
  }
  counters_.bytes.add(got.bytes);
  if (draining_) drain_bytes_left_ -= std::min<uint64_t>(drain_bytes_left_, got.bytes + 1);
  if (got.truncated) {
    counters_.datagrams_over_limit.add(1);
    warn("a datagram longer than datagram_bytes_max (" +
         std::to_string(setup_.spec.datagram_bytes_max) + " bytes) is dropped");
  } else {
    buffer_.commit(got.bytes);
    records_[record_count_].payload = to;
    records_[record_count_].payload_bytes = static_cast<uint32_t>(got.bytes);
    ++record_count_;
    ++messages_;
    counters_.messages.add(1);
  }
  return !draining_ || drain_bytes_left_ > 0;
}

/// What has arrived is read, up to a bound; what comes later is nobody's.
void UdpSource::drain() {
  if (draining_) return;
  draining_ = true;
  drain_bytes_left_ = setup_.options.drain_bytes_max;
  readable_ = true;  // an edge may be on its way; a read in vain costs nothing
}

void UdpSource::close() {
  open_ = false;
  output_.close_origin(kOrigin);
  core_.forget(socket_);
  core_.net().close(socket_);
}

void UdpSource::warn(const std::string& what) {
  if (++warnings_ > kWarningsMax) return;
  core_.log().write(io::LogLevel::warning, "source '" + setup_.name + "': " + what);
}

}  // namespace wallaroo::connect
