// Watches accounts: when the deposits less withdrawals of ten seconds reach 1000 either way, an
// alert goes out once the ten seconds are over. Transactions may come in any order within the
// lateness.
#pragma once

#include <wallaroo/wallaroo.h>

#include <charconv>
#include <map>
#include <optional>
#include <string>

constexpr int64_t kWindowSeconds = 10;
constexpr int64_t kAlertFrom = 1000;

struct Transaction {
  std::string_view account;
  wl::Time at;
  int64_t amount = 0;  // negative: a withdrawal
};
struct Alert {
  std::string account;
  int64_t from_second = 0;
  int64_t sum = 0;
};

/// The state of one account: a sum for each window that is not over, and a timer with the window's
/// name for its end.
struct Windows {
  std::map<int64_t, int64_t> sums;  // by the second in which the window begins

  void on_event(const Transaction& transaction, wl::Context& context) {
    const int64_t second = transaction.at.ns / 1'000'000'000;
    const int64_t begin = second - second % kWindowSeconds;
    sums[begin] += transaction.amount;
    context.timer(std::to_string(begin), wl::Time{} + std::chrono::seconds(begin + kWindowSeconds));
  }

  std::optional<Alert> on_timer(std::string_view, wl::Context& context) {
    const auto [begin, sum] = *sums.begin();
    sums.erase(sums.begin());
    if (sums.empty()) context.clear_state();
    if (sum < kAlertFrom && sum > -kAlertFrom) return std::nullopt;
    return Alert{context.key<std::string>(), begin, sum};
  }
};

/// "ann 17 -250": account, second, amount. Anything else is refused and counted.
inline std::optional<Transaction> read_transaction(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const auto number = [](std::string_view text, int64_t& value) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  };
  int64_t at = 0;
  Transaction transaction{.account = line.substr(0, first), .at = {}};
  if (!number(line.substr(first + 1, second - first - 1), at) ||
      !number(line.substr(second + 1), transaction.amount) || at < 0 || at > 9'000'000'000) {
    return std::nullopt;
  }
  transaction.at = wl::Time{} + std::chrono::seconds(at);
  return transaction;
}

inline void write_alert(const Alert& alert, wl::Bytes& out) {
  out << (alert.sum > 0 ? "Deposit" : "Withdrawal") << " Alert for " << alert.account << ": "
      << alert.sum << " in the ten seconds from " << alert.from_second;
}

inline wl::Stream<Alert> find_alerts(const wl::Stream<Transaction>& transactions) {
  return transactions.event_time(&Transaction::at, wl::bounded_lateness(std::chrono::seconds(5)))
      .key_by(&Transaction::account)
      .process<Windows>("watch");
}
