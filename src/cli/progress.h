// How a transfer goes, told to a person.
#pragma once

#include <string>

#include "os/transfer.h"

namespace wallaroo::cli {

/// "12,345,678"
std::string grouped(uint64_t number);

/// Writes to stderr: one line that changes every second on a terminal, a new line every five
/// seconds elsewhere, nothing when quiet.
class ProgressDisplay {
 public:
  /// `verb` is "sent" or "received".
  ProgressDisplay(std::string verb, bool quiet);

  /// Makes a transfer tell this display, which outlives it.
  void attach(os::TransferWatch& watch);
  void finish(const os::TransferStatus& total, std::string_view remark);

 private:
  void show(const os::TransferStatus& status);
  std::string line(const os::TransferStatus& now, const os::TransferStatus& since) const;

  const std::string verb_;
  const bool quiet_;
  const bool terminal_;
  os::TransferStatus last_;
};

}  // namespace wallaroo::cli
