#include "connect/file/file_sink.h"

#include <algorithm>
#include <utility>

#include "base/mutant.h"
#include "connect/file/setting_text.h"

namespace wallaroo::connect {
namespace {

constexpr int64_t kReminderNs = 60'000'000'000;

}  // namespace

FileSink::FileSink(FileSinkSetup setup, flow::CoreServices& core, flow::SinkCounters& counters)
    : setup_(std::move(setup)), core_(core), counters_(counters) {}

FileSink::~FileSink() {
  if (file_ != io::FileId()) core_.disk().close(file_);
}

Result<void> FileSink::start() {
  // Core 0 starts first, and only that one empties the file.
  const bool replaces = !setup_.spec.append && core_.core() == 0;
  auto opened = core_.disk().open(setup_.spec.path.value,
                                  replaces ? io::OpenMode::replace : io::OpenMode::append);
  if (!opened) {
    return wallaroo::fail(opened.error().code, setup_.what + " " + opened.error().message +
                                                   "; name another" + flag_of(setup_.spec.path));
  }
  file_ = opened->file;
  core_.watch(file_, *this);
  // A line that somebody else left incomplete must not run into ours.
  const bool lines = setup_.spec.framing.kind == Framing::Kind::lines;
  if (lines && !opened->ends_line && core_.core() == 0) gathering_ << '\n';
  return {};
}

io::Progress FileSink::step(io::Now now) {
  counters_.buffered_bytes.set(gathering_.size() + appending_.size());
  if (state_ == State::working || state_ == State::ended) return io::Progress::none;
  if (state_ == State::waiting && now.mono_ns < wake_at_ns_) return io::Progress::none;
  if (appending_.size() == 0) std::swap(appending_, gathering_);
  if (appending_.size() != 0) {
    submit(io::DiskOperationKind::append);
  } else if (!finishing_) {
    return io::Progress::none;
  } else if (!synced_) {
    submit(io::DiskOperationKind::sync);
  } else {
    state_ = State::ended;
  }
  return io::Progress::some;
}

void FileSink::submit(io::DiskOperationKind kind) {
  state_ = State::working;
  core_.disk().submit({.kind = kind,
                       .file = file_,
                       .offset = 0,
                       .into = nullptr,
                       .from = appending_.data(),
                       .bytes = appending_.size()});
}

void FileSink::on_disk(const io::DiskCompletion& done, io::Now now) {
  if (!done.error.empty()) return fail(done, now);
  state_ = State::idle;
  backoff_ns_ = 0;
  synced_ = done.kind == io::DiskOperationKind::sync;
  counters_.bytes.add(done.bytes);
  appending_.clear();
  if (!std::exchange(told_, false)) return;
  core_.log().write(io::LogLevel::info,
                    setup_.what + " writes to '" + setup_.spec.path.value + "' again");
}

void FileSink::fail(const io::DiskCompletion& done, io::Now now) {
  counters_.write_failures.add(1);
  if (MUTANT(failed_append_forgotten)) appending_.clear();
  state_ = State::waiting;
  backoff_ns_ =
      std::clamp(backoff_ns_ * 2, setup_.options.reconnect_min_ns, setup_.options.reconnect_max_ns);
  wake_at_ns_ = now.mono_ns + backoff_ns_;
  // A failure is told once and then again each minute, and of a disk that fails now and then one in
  // a while.
  const int64_t silence_ns = told_ ? kReminderNs : setup_.options.reconnect_max_ns;
  if (now.mono_ns - told_at_ns_ < silence_ns) return;
  told_ = true;
  told_at_ns_ = now.mono_ns;
  core_.log().write(io::LogLevel::error,
                    setup_.what + " cannot write to '" + setup_.spec.path.value + "': " +
                        done.error + "; messages wait and it tries again (make room on the disk)");
}

}  // namespace wallaroo::connect
