// A disk in memory with one file, for tests of connectors: it works when the test says so.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "io/disk.h"

namespace wallaroo::connect {

class FakeDisk final : public io::Disk {
 public:
  Result<io::OpenedFile> open(const std::string& path, io::OpenMode mode) override {
    if (missing) return fail(ErrorCode::io, "cannot open '" + path + "' for reading: not there");
    modes.push_back(mode);
    if (mode == io::OpenMode::replace) content.clear();
    return io::OpenedFile{io::FileId(1), content.size(), content.empty() || content.back() == '\n'};
  }
  void submit(const io::DiskOperation& operation) override { submitted.push_back(operation); }
  size_t poll(std::span<io::DiskCompletion>) override { return 0; }
  void close(io::FileId) override { ++closed; }

  std::vector<io::DiskCompletion> work() {
    std::vector<io::DiskCompletion> done;
    for (; !submitted.empty(); submitted.pop_front()) done.push_back(perform(submitted.front()));
    return done;
  }

  bool missing = false;
  std::string error;  // of every operation, unless empty
  std::string content;
  std::vector<io::OpenMode> modes;
  std::deque<io::DiskOperation> submitted;
  int closed = 0;
  int syncs = 0;

 private:
  io::DiskCompletion perform(const io::DiskOperation& operation) {
    io::DiskCompletion done{.file = operation.file, .kind = operation.kind};
    done.error = error;
    if (!error.empty()) return done;
    switch (operation.kind) {
      case io::DiskOperationKind::read:
        done.bytes = content.copy(operation.into, operation.bytes,
                                  std::min<size_t>(operation.offset, content.size()));
        done.file_bytes = content.size();
        break;
      case io::DiskOperationKind::append:
        content.append(operation.from, operation.bytes);
        done.bytes = operation.bytes;
        break;
      case io::DiskOperationKind::sync:
        ++syncs;
        break;
    }
    return done;
  }
};

}  // namespace wallaroo::connect
