// Honest traffic beside whatever else a test does, and what has to come of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sockets.h"

namespace wallaroo::e2e {

/// The results of one key in the order of their arrival: number of the message, count of the key.
using KeyResults = std::vector<std::pair<uint64_t, uint64_t>>;

struct Results {
  std::map<std::string, KeyResults> by_key;
  std::vector<std::string> malformed;
};

/// Reads lines "key:number => count", connection by connection. An unfinished line at the end of a
/// connection is malformed unless `cut` says that connections were broken on purpose.
Results read_results(const std::vector<std::string>& streams, bool cut = false);

/// Sends numbered messages of a few keys of its own. Each must come out exactly once, and those of
/// one key in their order.
class Honest {
 public:
  Honest(uint16_t port, std::string name, bool lines = false);

  /// `padding` bytes make the messages longer.
  void send(size_t messages, size_t padding = 0);
  void finish() { client_.finish(); }
  Client& client() { return client_; }
  size_t sent() const { return sent_; }
  /// Empty when everything has come out as it must.
  std::string complaint(const Results& results) const;

  /// The text of message `number`.
  static std::string message(const std::string& name, uint64_t number, size_t padding);

 private:
  Client client_;
  const std::string name_;
  const bool lines_;
  size_t sent_ = 0;
};

/// What must come of messages 0 to `sent` of Honest `name`; "" when it does.
std::string complaint(const std::string& name, size_t sent, const Results& results);

}  // namespace wallaroo::e2e
