#include "cli/progress.h"

#include <fmt/format.h>

#include <cstdio>

#include "os/terminal.h"

namespace wallaroo::cli {

std::string grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

ProgressDisplay::ProgressDisplay(std::string verb, bool quiet)
    : verb_(std::move(verb)), quiet_(quiet), terminal_(os::is_stderr_terminal()) {}

void ProgressDisplay::attach(os::TransferWatch& watch) {
  if (quiet_) return;
  watch.progress_ns = terminal_ ? 1'000'000'000 : 5'000'000'000;
  watch.on_progress = [this](const os::TransferStatus& status) { show(status); };
}

void ProgressDisplay::show(const os::TransferStatus& status) {
  const std::string text = line(status, last_);
  last_ = status;
  // \r goes back to the line's begin, ESC [K clears what was longer before
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r" : "", text, terminal_ ? "\x1b[K" : "\n");
  std::fflush(stderr);
}

void ProgressDisplay::finish(const os::TransferStatus& total, std::string_view remark) {
  if (quiet_) return;
  fmt::print(stderr, "{}{} in {:.2f} s{}\n", terminal_ ? "\r\x1b[K" : "", line(total, {}),
             total.seconds, remark);
}

std::string ProgressDisplay::line(const os::TransferStatus& now,
                                  const os::TransferStatus& since) const {
  const double seconds = now.seconds - since.seconds;
  const double per_second = seconds > 0 ? 1 / seconds : 0;
  return fmt::format("{} {} messages, {} a second, {:.1f} MB/s, {} connection{}", verb_,
                     grouped(now.messages),
                     grouped(uint64_t(double(now.messages - since.messages) * per_second)),
                     double(now.bytes - since.bytes) * per_second * 1e-6, now.connections,
                     now.connections == 1 ? "" : "s");
}

}  // namespace wallaroo::cli
