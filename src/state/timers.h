#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
namespace wallaroo::state {
struct Timer {
  uint64_t hash = 0;
  std::string key;
  std::string name;
  int64_t at_ns = 0;
};
class Timers {
 public:
  void set(uint64_t hash, std::string_view key, std::string_view name, int64_t at_ns) {
    cancel(hash, key, name);
    by_name_[{std::string(key), std::string(name)}] = {at_ns, ++seq_};
    by_time_[{at_ns, seq_}] = {hash, std::string(key), std::string(name), at_ns};
  }
  void cancel(uint64_t, std::string_view key, std::string_view name) {
    auto f = by_name_.find({std::string(key), std::string(name)});
    if (f == by_name_.end()) return;
    by_time_.erase(f->second);
    by_name_.erase(f);
  }
  int64_t next_due_ns() const {
    return by_time_.empty() ? INT64_MAX : by_time_.begin()->first.first;
  }
  bool pop_due(int64_t w, Timer& out) {
    if (by_time_.empty() || by_time_.begin()->first.first > w) return false;
    out = by_time_.begin()->second;
    by_name_.erase({out.key, out.name});
    by_time_.erase(by_time_.begin());
    return true;
  }
  uint64_t bytes() const { return by_time_.size() * 200; }

 private:
  uint64_t seq_ = 0;
  std::map<std::pair<std::string, std::string>, std::pair<int64_t, uint64_t>> by_name_;
  std::map<std::pair<int64_t, uint64_t>, Timer> by_time_;
};
}  // namespace wallaroo::state
