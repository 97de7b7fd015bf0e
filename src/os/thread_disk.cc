#include "os/thread_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/assert.h"

namespace wallaroo::os {
namespace {

constexpr mode_t kNewFileMode = 0644;

int flags_of(io::OpenMode mode) {
  // O_NONBLOCK, so that a pipe without its other end is refused instead of waited for.
  constexpr int kAlways = O_CLOEXEC | O_NONBLOCK;
  if (mode == io::OpenMode::read) return kAlways | O_RDONLY;
  const int writing = kAlways | O_RDWR | O_APPEND | O_CREAT;
  return mode == io::OpenMode::replace ? writing | O_TRUNC : writing;
}

tl::unexpected<Error> cannot_open(const std::string& path, io::OpenMode mode, const char* why) {
  return fail(ErrorCode::io, fmt::format("cannot open '{}' for {}: {}", path,
                                         mode == io::OpenMode::read ? "reading" : "writing", why));
}

bool ends_line(int descriptor, uint64_t bytes) {
  char last = '\n';
  return bytes == 0 ||
         (::pread(descriptor, &last, 1, static_cast<off_t>(bytes) - 1) == 1 && last == '\n');
}

/// The error of the system call that failed, as text.
std::string error_text() { return std::strerror(errno); }

uint64_t length_of(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

void read(int descriptor, const io::DiskOperation& operation, io::DiskCompletion& done) {
  while (done.bytes < operation.bytes) {
    const ssize_t got =
        ::pread(descriptor, operation.into + done.bytes, operation.bytes - done.bytes,
                static_cast<off_t>(operation.offset + done.bytes));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) done.error = error_text();
    if (got <= 0) break;
    done.bytes += static_cast<size_t>(got);
  }
  if (done.bytes < operation.bytes) done.file_bytes = length_of(descriptor);
}

/// What was written of an append that failed is cut off again.
void append(int descriptor, const io::DiskOperation& operation, io::DiskCompletion& done) {
  const uint64_t before = length_of(descriptor);
  size_t written = 0;
  while (written < operation.bytes) {
    const ssize_t put = ::write(descriptor, operation.from + written, operation.bytes - written);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      done.error = error_text();
      if (written != 0 && ::ftruncate(descriptor, static_cast<off_t>(before)) != 0) {
        done.error += "; and what was written of a message could not be cut off: " + error_text();
      }
      return;
    }
    written += static_cast<size_t>(put);
  }
  done.bytes = written;
}

io::DiskCompletion perform(int descriptor, const io::DiskOperation& operation) {
  io::DiskCompletion done{.file = operation.file, .kind = operation.kind};
  switch (operation.kind) {
    case io::DiskOperationKind::read:
      read(descriptor, operation, done);
      break;
    case io::DiskOperationKind::append:
      append(descriptor, operation, done);
      break;
    case io::DiskOperationKind::sync:
      // EINVAL: a device that has nothing to survive.
      if (::fdatasync(descriptor) != 0 && errno != EINVAL) done.error = error_text();
      break;
  }
  return done;
}

}  // namespace

void DiskThread::finish() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  submitted_.notify_one();
  if (thread_.joinable()) thread_.join();
}

ThreadDisk& DiskThread::add_core(base::CoreId core) {
  disks_.push_back(std::make_unique<ThreadDisk>(*this, core));
  return *disks_.back();
}

void DiskThread::submit(const Work& work) {
  {
    const std::lock_guard lock(mutex_);
    ASSERT(!ends_, "nothing is submitted to a disk that has finished");
    queue_.push_back(work);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  submitted_.notify_one();
}

void DiskThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    submitted_.wait(lock, [this] { return ends_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Work work = queue_.front();
    queue_.pop_front();
    lock.unlock();
    work.disk->complete(perform(work.descriptor, work.operation));
    wakeup_.notify(work.disk->core_);
    lock.lock();
  }
}

Result<io::OpenedFile> ThreadDisk::open(const std::string& path, io::OpenMode mode) {
  if (path.empty()) return cannot_open(path, mode, "the path is empty");
  Descriptor descriptor(::open(path.c_str(), flags_of(mode), kNewFileMode));
  if (!descriptor) return cannot_open(path, mode, std::strerror(errno));
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return cannot_open(path, mode, std::strerror(errno));
  const bool device = S_ISCHR(status.st_mode) && mode != io::OpenMode::read;
  if (!S_ISREG(status.st_mode) && !device) {
    return cannot_open(path, mode,
                       S_ISDIR(status.st_mode) ? "it is a directory" : "it is not a regular file");
  }
  const auto bytes = static_cast<uint64_t>(status.st_size);
  const io::FileId file(next_file_++);
  const bool whole = mode == io::OpenMode::read || ends_line(descriptor.get(), bytes);
  files_.emplace(file.value, std::move(descriptor));
  return io::OpenedFile{file, bytes, whole};
}

void ThreadDisk::submit(const io::DiskOperation& operation) {
  const auto found = files_.find(operation.file.value);
  ASSERT(found != files_.end(), "a disk operation is on a file that is open");
  thread_.submit({this, found->second.get(), operation});
}

size_t ThreadDisk::poll(std::span<io::DiskCompletion> completions) {
  const std::lock_guard lock(mutex_);
  size_t count = 0;
  while (count < completions.size() && !completed_.empty()) {
    completions[count++] = std::move(completed_.front());
    completed_.pop_front();
  }
  return count;
}

void ThreadDisk::complete(io::DiskCompletion completion) {
  const std::lock_guard lock(mutex_);
  completed_.push_back(std::move(completion));
}

}  // namespace wallaroo::os
