// Disk on Linux: one thread for all cores of a worker does what they submit, one operation after
// the other, with plain system calls. That makes an append whole among the cores.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "io/disk.h"
#include "io/net.h"
#include "os/descriptor.h"

namespace wallaroo::os {

class ThreadDisk;

/// Owns the thread, which starts with the first operation. Outlives its disks' last use.
class DiskThread {
 public:
  /// `wakeup` is told of completions; it outlives this.
  explicit DiskThread(io::Wakeup& wakeup) : wakeup_(wakeup) {}
  ~DiskThread() { finish(); }
  DiskThread(const DiskThread&) = delete;
  DiskThread& operator=(const DiskThread&) = delete;

  /// Does what was submitted and ends the thread; nothing can be submitted afterwards.
  void finish();
  /// The disk of a core; valid as long as this.
  ThreadDisk& add_core(base::CoreId core);

 private:
  friend class ThreadDisk;
  struct Work {
    ThreadDisk* disk;
    int descriptor;
    io::DiskOperation operation;
  };

  void submit(const Work& work);
  void run();

  io::Wakeup& wakeup_;
  std::vector<std::unique_ptr<ThreadDisk>> disks_;
  std::mutex mutex_;
  std::condition_variable submitted_;
  std::deque<Work> queue_;
  bool ends_ = false;
  std::thread thread_;
};

class ThreadDisk final : public io::Disk {
 public:
  ThreadDisk(DiskThread& thread, base::CoreId core) : thread_(thread), core_(core) {}

  Result<io::OpenedFile> open(const std::string& path, io::OpenMode mode) override;
  void submit(const io::DiskOperation& operation) override;
  size_t poll(std::span<io::DiskCompletion> completions) override;
  void close(io::FileId file) override { files_.erase(file.value); }

 private:
  friend class DiskThread;
  void complete(io::DiskCompletion completion);

  DiskThread& thread_;
  const base::CoreId core_;
  std::map<uint64_t, Descriptor> files_;
  uint64_t next_file_ = 1;
  std::mutex mutex_;
  std::deque<io::DiskCompletion> completed_;
};

}  // namespace wallaroo::os
