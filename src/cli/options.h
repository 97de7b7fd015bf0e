// Options that `send` and `receive` have in common.
#pragma once

#include <CLI/App.hpp>
#include <optional>

#include "os/tls_context.h"
#include "os/transfer.h"

namespace wallaroo::cli {

struct FramingFlags {
  bool lines = false;
  bool framed = false;
  bool raw = false;

  os::Framing chosen() const {
    if (framed) return os::Framing::framed;
    return raw ? os::Framing::raw : os::Framing::lines;
  }
};

/// --lines and --framed.
void add_framing_flags(CLI::App& command, FramingFlags& framing);

/// Files for addresses with tls://.
void add_tls_flags(CLI::App& command, os::TlsFiles& files, bool listens);

/// "250", "100k", "2.5M", "1G".
CLI::Validator number_with_suffix();
/// "64", "256KiB", "4M": sizes are powers of 1,024.
CLI::Validator size_with_suffix();

/// Seconds from 0 to `most`; not NaN.
CLI::Validator seconds_up_to(double most);
/// A whole number or size that is not 0.
CLI::Validator at_least_one();

/// The same check without its long name in the help.
CLI::Validator unnamed(CLI::Validator check);

}  // namespace wallaroo::cli
