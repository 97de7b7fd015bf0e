#include "sim/sim_disk.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace wallaroo::sim {

SimFiles::SimFiles(uint64_t seed, const DiskConditions& conditions, Reach& reach)
    : rng_(seed), conditions_(conditions), reach_(reach) {}
SimFiles::~SimFiles() = default;

SimDisk& SimFiles::add_core() {
  disks_.push_back(std::make_unique<SimDisk>(*this));
  return *disks_.back();
}

int64_t SimFiles::next_ns() const { return pending_.empty() ? io::kNever : pending_.front().at_ns; }

void SimFiles::advance(int64_t now_ns) {
  now_ns_ = now_ns;
  while (!pending_.empty() && pending_.front().at_ns <= now_ns) {
    perform(pending_.front());
    pending_.pop_front();
  }
}

void SimFiles::shrink(const std::string& path, size_t bytes) {
  reach_.hit(Row::file_shrunk);
  files_[path].content.resize(bytes);
}

void SimFiles::perform(const Pending& pending) {
  const io::DiskOperation& operation = pending.operation;
  File& file = files_[pending.path];
  io::DiskCompletion done{.file = operation.file, .kind = operation.kind};
  const auto fails = [this](uint32_t chance, Row row) {
    if (!rng_.chance(chance, 1000)) return false;
    reach_.hit(row);
    return true;
  };
  switch (operation.kind) {
    case io::DiskOperationKind::read: {
      const size_t from = std::min<size_t>(operation.offset, file.content.size());
      done.bytes = file.content.copy(operation.into, operation.bytes, from);
      done.file_bytes = file.content.size();
      if (done.bytes != 0) {
        file.read.resize(operation.offset);  // a file that shrank is read from its start again
        file.read.append(operation.into, done.bytes);
      }
      file.end_seen = done.bytes < operation.bytes;
      break;
    }
    case io::DiskOperationKind::append:
      if (fails(conditions_.failed_appends, Row::append_failed)) {
        done.error = "no space left on the simulated device";
      } else {
        file.content.append(operation.from, operation.bytes);
        done.bytes = operation.bytes;
      }
      break;
    case io::DiskOperationKind::sync:
      if (fails(conditions_.failed_syncs, Row::sync_failed)) done.error = "simulated I/O error";
      break;
  }
  pending.disk->completed_.push_back(std::move(done));
}

Result<io::OpenedFile> SimDisk::open(const std::string& path, io::OpenMode mode) {
  const bool exists = files_.files_.contains(path);
  if (mode == io::OpenMode::read && !exists) {
    return fail(ErrorCode::io, "cannot open '" + path + "' for reading: it does not exist");
  }
  std::string& content = files_.content(path);
  if (mode == io::OpenMode::replace) content.clear();
  const io::FileId file(next_file_++);
  open_.emplace(file.value, path);
  const bool ends_line = content.empty() || content.back() == '\n';
  return io::OpenedFile{file, content.size(), ends_line};
}

void SimDisk::submit(const io::DiskOperation& operation) {
  const auto found = open_.find(operation.file.value);
  ASSERT(found != open_.end(), "a disk operation is on a file that is open");
  const auto latency = static_cast<int64_t>(
      files_.rng_.below(static_cast<uint64_t>(files_.conditions_.latency_max_ns)));
  // One behind the other, as one thread does them.
  const int64_t earliest = files_.pending_.empty() ? files_.now_ns_ : files_.pending_.back().at_ns;
  files_.pending_.push_back(
      {std::max(earliest, files_.now_ns_) + 1 + latency, this, found->second, operation});
}

size_t SimDisk::poll(std::span<io::DiskCompletion> completions) {
  size_t count = 0;
  while (count < completions.size() && !completed_.empty()) {
    completions[count++] = std::move(completed_.front());
    completed_.pop_front();
  }
  return count;
}

void SimDisk::close(io::FileId file) { open_.erase(file.value); }

}  // namespace wallaroo::sim
