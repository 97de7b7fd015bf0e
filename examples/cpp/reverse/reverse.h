// Each line comes out backwards. Letters of more than one byte (UTF-8) stay whole.
#pragma once

#include <wallaroo/wallaroo.h>

#include <string>

inline std::string reversed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t end = text.size();
  for (size_t i = text.size(); i-- > 0;) {
    const bool continues = (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
    if (continues && i > 0) continue;
    out.append(text, i, end - i);
    end = i;
  }
  return out;
}

inline wl::Stream<std::string> reverse(const wl::Stream<std::string_view>& lines) {
  return lines.to("reverse", [](std::string_view line) { return reversed(line); });
}
