// File source: one core reads the file from its start, in pieces, and tells its messages apart. At
// the end it ends, or, if it follows the file, waits for more.
#pragma once

#include <array>
#include <string>

#include "connect/frames.h"
#include "flow/connector.h"
#include "flow/options.h"
#include "wallaroo/graph.h"
#include "wire/batch.h"

namespace wallaroo::connect {

struct FileSourceSetup {
  std::string name;
  uint32_t stage;  // the stages of several files lie on several cores
  FileSourceSpec spec;
  const flow::Options& options;
};

class FileSource final : public flow::SourceConnector {
 public:
  FileSource(FileSourceSetup setup, flow::CoreServices& core, flow::SourceOutput& output,
             flow::SourceCounters& counters);
  ~FileSource() override;

  Result<void> start() override;
  io::Progress step(io::Now now, uint32_t batches) override;
  void drain() override { draining_ = true; }
  bool ended() const override { return state_ == State::ended; }
  bool exhausted() const override { return ended() && !draining_; }
  int64_t deadline_ns() const override {
    return state_ == State::waiting ? wake_at_ns_ : io::kNever;
  }
  std::string origin_name(uint64_t) const override;
  void on_disk(const io::DiskCompletion& done, io::Now now) override;

 private:
  enum class State : uint8_t {
    ready,    // what was read has not been looked at to its end
    reading,  // an operation is under way
    waiting,  // at the end of a file that is followed
    ended,
  };

  void read_on(io::Now now);
  void next_frames();
  void refuse(const Frames& frames);
  void start_over(uint64_t file_bytes);
  void give_up(const std::string& why);
  void end();
  void warn(const std::string& what);

  const FileSourceSetup setup_;
  flow::CoreServices& core_;
  flow::SourceOutput& output_;
  flow::SourceCounters& counters_;
  State state_ = State::ended;
  io::FileId file_;
  uint64_t offset_ = 0;  // of the byte behind the buffer
  uint64_t messages_ = 0;
  Bytes buffer_;          // what was read and not yet told apart; begins with a message
  size_t buffer_at_ = 0;  // of it, told apart
  std::array<Record, wire::kBatchRecordsMax> records_;
  size_t record_at_ = 0;
  size_t record_count_ = 0;
  bool last_line_ = false;  // the file has ended: what is left may be a line without its newline
  bool at_end_ = false;     // of a file that is followed
  bool draining_ = false;
  int64_t wake_at_ns_ = 0;
};

}  // namespace wallaroo::connect
