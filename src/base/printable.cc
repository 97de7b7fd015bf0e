#include "base/printable.h"

namespace wallaroo::base {

std::string printable(std::string_view bytes, size_t bytes_max) {
  constexpr const char* kHex = "0123456789abcdef";
  std::string text;
  for (const char c : bytes.substr(0, bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c >= ' ' && c <= '~' && c != '\\') {
      text += c;
    } else {
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  if (bytes.size() > bytes_max) text += "...";
  return text;
}

}  // namespace wallaroo::base
