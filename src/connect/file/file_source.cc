#include "connect/file/file_source.h"

#include <cstring>

#include "base/mutant.h"
#include "connect/file/setting_text.h"

namespace wallaroo::connect {

FileSource::FileSource(FileSourceSetup setup, flow::CoreServices& core, flow::SourceOutput& output,
                       flow::SourceCounters& counters)
    : setup_(std::move(setup)), core_(core), output_(output), counters_(counters) {}

FileSource::~FileSource() {
  if (file_ != io::FileId()) core_.disk().close(file_);
}

Result<void> FileSource::start() {
  if (core_.core() != setup_.stage % core_.cores()) return {};
  auto opened = core_.disk().open(setup_.spec.path.value, io::OpenMode::read);
  if (!opened) {
    return fail(opened.error().code, "source '" + setup_.name + "' " + opened.error().message +
                                         "; name another" + flag_of(setup_.spec.path));
  }
  file_ = opened->file;
  core_.watch(file_, *this);
  state_ = State::ready;
  return {};
}

std::string FileSource::origin_name(uint64_t) const { return setup_.spec.path.value; }

io::Progress FileSource::step(io::Now now, uint32_t batches) {
  io::Progress progress = io::Progress::none;
  if (state_ == State::waiting && (now.mono_ns >= wake_at_ns_ || draining_)) state_ = State::ready;
  for (uint32_t i = 0; i < batches && state_ == State::ready && !output_.blocked(); ++i) {
    progress = io::Progress::some;
    if (record_at_ == record_count_) next_frames();
    if (state_ != State::ready) break;
    if (record_count_ == 0) {
      read_on(now);
      break;
    }
    for (size_t k = record_at_; k < record_count_; ++k) records_[k].event_time_ns = now.wall_ns;
    record_at_ = output_.run(records_.data(), record_at_, record_count_, now,
                             {0, messages_ - record_count_ + 1});
  }
  return progress;
}

void FileSource::next_frames() {
  const Frames frames =
      find_frames(setup_.spec.framing, setup_.spec.frame_bytes_max, buffer_.data() + buffer_at_,
                  buffer_.size() - buffer_at_, records_.data(), records_.size());
  record_at_ = 0;
  record_count_ = frames.count;
  buffer_at_ += frames.consumed;
  const size_t left = buffer_.size() - buffer_at_;
  if (frames.count == 0 && (frames.over_limit || frames.senseless)) return refuse(frames);
  if (frames.count == 0 && last_line_ && left != 0 &&
      setup_.spec.framing.kind == Framing::Kind::lines) {
    records_[0].payload = buffer_.data() + buffer_at_;
    records_[0].payload_bytes = static_cast<uint32_t>(left);
    record_count_ = 1;
    buffer_at_ = buffer_.size();
  }
  messages_ += record_count_;
  counters_.messages.add(record_count_);
  if (record_count_ == 0 && last_line_) {
    if (left != 0) {
      counters_.frames_truncated.add(1);
      warn("ends inside a message; its " + std::to_string(left) + " bytes are dropped");
    }
    end();
  }
}

/// What comes next cannot be a message, so nothing behind it can be found.
void FileSource::refuse(const Frames& frames) {
  (frames.over_limit ? counters_.frames_over_limit : counters_.frames_senseless).add(1);
  give_up(frames.over_limit
              ? "cannot be told apart: message " + std::to_string(messages_ + 1) +
                    " is longer than one may be (" + std::to_string(setup_.spec.frame_bytes_max) +
                    " bytes)"
              : "cannot be told apart: the framing's function refused the header of message " +
                    std::to_string(messages_ + 1));
}

/// Everything complete in the buffer has been run: read behind the incomplete message at its end.
void FileSource::read_on(io::Now now) {
  if (draining_) return end();
  if (at_end_) {
    at_end_ = false;
    state_ = State::waiting;
    wake_at_ns_ = now.mono_ns + setup_.options.file_poll_ns;
    return;
  }
  const size_t left = MUTANT(file_tail_dropped) ? 0 : buffer_.size() - buffer_at_;
  if (buffer_at_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + buffer_at_, left);
    buffer_.truncate(left);
    buffer_at_ = 0;
  }
  const size_t room = setup_.options.file_read_bytes;
  state_ = State::reading;
  core_.disk().submit({.kind = io::DiskOperationKind::read,
                       .file = file_,
                       .offset = offset_,
                       .into = buffer_.prepare(room),
                       .bytes = room});
}

void FileSource::on_disk(const io::DiskCompletion& done, io::Now) {
  state_ = State::ready;
  buffer_.commit(done.bytes);
  offset_ += done.bytes;
  counters_.bytes.add(done.bytes);
  if (!done.error.empty()) {
    counters_.read_failures.add(1);
    return give_up("cannot be read behind byte " + std::to_string(offset_) + ": " + done.error);
  }
  if (done.bytes == setup_.options.file_read_bytes || done.file_bytes > offset_) return;
  if (done.file_bytes < offset_) return start_over(done.file_bytes);
  (setup_.spec.follow ? at_end_ : last_line_) = true;
}

/// The file is shorter than what was read of it.
void FileSource::start_over(uint64_t file_bytes) {
  counters_.files_shrunk.add(1);
  const std::string what = "shrank from at least " + std::to_string(offset_) + " to " +
                           std::to_string(file_bytes) + " bytes while it was read";
  if (!MUTANT(shrunk_line_counts))
    buffer_.truncate(buffer_at_);  // the start of a message of which the rest is gone
  if (setup_.spec.follow) {
    warn(what + "; it is read from its start again");
    offset_ = 0;
  } else {
    warn(what + "; what was there and not yet read is missing");
    last_line_ = true;
  }
}

/// The rest of the file would be missing from every result.
void FileSource::give_up(const std::string& why) {
  core_.fail({ErrorCode::io, "source '" + setup_.name + "': '" + setup_.spec.path.value + "' " +
                                 why + "; the worker stops, because the rest would be missing"});
  end();
}

void FileSource::end() {
  state_ = State::ended;
  output_.close_origin(0);
}

void FileSource::warn(const std::string& what) {
  core_.log().write(io::LogLevel::warning,
                    "source '" + setup_.name + "': '" + setup_.spec.path.value + "' " + what);
}

}  // namespace wallaroo::connect
