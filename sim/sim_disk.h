// A virtual disk: files in memory that the cores of a worker share. Latency, failing appends and
// files that shrink come from one seed. It promises what io/disk.h promises and no more.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "io/disk.h"
#include "sim/reach.h"

namespace wallaroo::sim {

/// How the disk behaves. Chances are per mille.
struct DiskConditions {
  int64_t latency_max_ns = 1'000'000;
  uint32_t failed_appends = 0;
  uint32_t failed_syncs = 0;
};

class SimDisk;

class SimFiles {
 public:
  SimFiles(uint64_t seed, const DiskConditions& conditions, Reach& reach);
  ~SimFiles();

  SimDisk& add_core();
  int64_t next_ns() const;
  /// Moves time forward and does what is due.
  void advance(int64_t now_ns);
  void heal() { conditions_.failed_appends = 0; }

  /// The file's bytes; made empty when it does not exist.
  std::string& content(const std::string& path) { return files_[path].content; }
  /// Cuts it off behind `bytes`; what readers have had stays theirs.
  void shrink(const std::string& path, size_t bytes);
  /// What readers have been given, from the file's start.
  const std::string& read_of(const std::string& path) { return files_[path].read; }
  /// Somebody has seen the file end at its last byte.
  bool read_to_end(const std::string& path) { return files_[path].end_seen; }

 private:
  friend class SimDisk;
  struct File {
    std::string content;
    std::string read;
    bool end_seen = false;
  };
  struct Pending {
    int64_t at_ns;
    SimDisk* disk;
    std::string path;
    io::DiskOperation operation;
  };

  void perform(const Pending& pending);

  base::Rng rng_;
  DiskConditions conditions_;
  Reach& reach_;
  int64_t now_ns_ = 0;
  std::map<std::string, File> files_;
  std::vector<std::unique_ptr<SimDisk>> disks_;
  std::deque<Pending> pending_;  // in the order in which they are done
};

class SimDisk final : public io::Disk {
 public:
  explicit SimDisk(SimFiles& files) : files_(files) {}

  bool has_completions() const { return !completed_.empty(); }

  Result<io::OpenedFile> open(const std::string& path, io::OpenMode mode) override;
  void submit(const io::DiskOperation& operation) override;
  size_t poll(std::span<io::DiskCompletion> completions) override;
  void close(io::FileId file) override;

 private:
  friend class SimFiles;

  SimFiles& files_;
  std::map<uint64_t, std::string> open_;  // paths
  uint64_t next_file_ = 1;
  std::deque<io::DiskCompletion> completed_;
};

}  // namespace wallaroo::sim
