#include "os/memory.h"

#include <fcntl.h>

#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

#include "os/descriptor.h"

namespace wallaroo::os {

uint64_t resident_bytes() {
  const Descriptor file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 128> text;
  const ssize_t length = file ? ::read(file.get(), text.data(), text.size()) : 0;
  if (length <= 0) return 0;
  // "size resident shared ...", in pages
  const char* end = text.data() + length;
  const char* space = static_cast<const char*>(std::memchr(text.data(), ' ', size_t(length)));
  uint64_t pages = 0;
  if (space != nullptr) std::from_chars(space + 1, end, pages);
  return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace wallaroo::os
