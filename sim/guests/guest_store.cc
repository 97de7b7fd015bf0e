#include "sim/guests/guest_store.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "wallaroo/c_guest.h"

namespace wallaroo::sim {

void require(bool kept, std::string_view rule) {
  if (kept) return;
  std::fprintf(stderr, "the C ABI was broken: %.*s\n", static_cast<int>(rule.size()), rule.data());
  std::abort();
}

uint64_t GuestValues::lend(std::string text) {
  const uint64_t number = ++lent_ * 0x9e3779b97f4a7c15ULL;  // odd: no two are the same
  values_.emplace(number, std::move(text));
  return number;
}

const std::string& GuestValues::look_at(uint64_t number) const {
  const auto found = values_.find(number);
  require(found != values_.end(), "a value was asked for that was never lent or came back already");
  return found->second;
}

void GuestValues::forget(uint64_t number) {
  require(values_.erase(number) == 1, "a value came back, or was freed, that is not out");
}

std::string& GuestStates::of_record(uint32_t core, uint32_t node, uint64_t marked_number) {
  const GuestStateId id{core, node, marked_number & ~WL_NEW_STATE};
  if ((marked_number & WL_NEW_STATE) != 0) {
    ++made_;
    add(id, {});
  }
  return look_at(id);
}

void GuestStates::add(const GuestStateId& id, std::string state) {
  require(std::get<2>(id) != 0, "a state has the number 0");
  require(states_.emplace(id, std::move(state)).second,
          "the number of a new state is that of one that was not freed");
}

std::string& GuestStates::look_at(const GuestStateId& id) {
  const auto found = states_.find(id);
  require(found != states_.end(), "a state was asked for that was never made or was freed");
  return found->second;
}

void GuestStates::forget(const GuestStateId& id) {
  require(states_.erase(id) == 1, "a state was freed that was never made or was freed already");
}

}  // namespace wallaroo::sim
