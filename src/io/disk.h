// The disk port, completion style: an operation is submitted and done later; poll() tells. One Disk
// belongs to one core; nothing in it blocks but open(), which is for the time before the first
// step.
//
// Operations on one file are done in the order in which they were submitted. The memory of an
// operation belongs to the Disk until its completion has been polled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/id.h"
#include "base/result.h"
#include "io/now.h"

namespace wallaroo::io {

using base::FileId;

enum class OpenMode : uint8_t {
  read,
  append,   // made when it does not exist
  replace,  // the same, and emptied
};

struct OpenedFile {
  FileId file;
  uint64_t bytes = 0;      // its length when it was opened
  bool ends_line = false;  // it is empty or its last byte is a newline; not for `read`
};

enum class DiskOperationKind : uint8_t {
  read,    // up to `bytes` bytes at `offset`; fewer only at the end of the file
  append,  // all of it, or nothing and an error; whole even when others append to the same path
  sync,    // what was appended survives a loss of power
};

struct DiskOperation {
  DiskOperationKind kind = DiskOperationKind::read;
  FileId file;
  uint64_t offset = 0;
  char* into = nullptr;        // of read
  const char* from = nullptr;  // of append
  size_t bytes = 0;
};

struct DiskCompletion {
  FileId file;
  DiskOperationKind kind = DiskOperationKind::read;
  size_t bytes = 0;         // moved
  uint64_t file_bytes = 0;  // of read: the file's length when it ended short
  std::string error{};      // empty: it succeeded; else what the system said
};

class Disk {
 public:
  virtual ~Disk() = default;

  /// May block. An error says what is wrong with the path.
  virtual Result<OpenedFile> open(const std::string& path, OpenMode mode) = 0;
  virtual void submit(const DiskOperation& operation) = 0;
  /// Fills `completions` with what was done since the last call; returns how many.
  virtual size_t poll(std::span<DiskCompletion> completions) = 0;
  /// The file has no operation under way.
  virtual void close(FileId file) = 0;
};

}  // namespace wallaroo::io
