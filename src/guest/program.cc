#include "guest/program.h"

#include "base/assert.h"

namespace wallaroo::guest {

size_t Finder::find(std::string_view bytes, uint32_t bytes_max, Span* found, size_t max,
                    Problem& problem) const {
  static_assert(sizeof(wl_span) == sizeof(Span) && sizeof(size_t) == sizeof(uint64_t));
  uint32_t code = 0;
  const wl_guest& guest = program_.functions;
  const uint32_t count =
      guest.find_messages(guest.context, node_, bytes.data(), bytes.size(), bytes_max,
                          reinterpret_cast<wl_span*>(found), static_cast<uint32_t>(max), &code);
  ASSERT(code <= static_cast<uint32_t>(Problem::senseless), "a guest found an unknown problem");
  problem = static_cast<Problem>(code);
  return count;
}

}  // namespace wallaroo::guest
