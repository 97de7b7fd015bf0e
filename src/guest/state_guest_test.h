// The guest's side of states, for tests: each is a T under its number, written in decimal as the
// states of the tests of KeyedState are.
#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <memory>
#include <string>

#include "guest/state.h"
#include "state/state_type_for_test.h"

namespace wallaroo::guest {

template <class T>
class StateGuest {
 public:
  StateGuest() {
    program_.functions.context = reinterpret_cast<uint64_t>(this);
    program_.functions.encode_states = encode;
    program_.functions.decode_states = decode;
    program_.functions.free_states = free;
  }
  ~StateGuest() { EXPECT_TRUE(states_.empty()) << states_.size() << " states were not freed"; }
  StateGuest(const StateGuest&) = delete;
  StateGuest& operator=(const StateGuest&) = delete;

  const Program& program() const { return program_; }
  T* at(uint64_t number) { return states_.at(number).get(); }
  T* make(uint64_t number) {
    const auto [place, is_new] = states_.try_emplace(number, std::make_unique<T>());
    EXPECT_TRUE(is_new && number != 0) << "state " << number << " is made twice";
    return place->second.get();
  }
  void forget(uint64_t number) { states_.erase(number); }
  size_t count() const { return states_.size(); }

  bool refuses_to_encode = false;

 private:
  static StateGuest& of(uint64_t context) { return *reinterpret_cast<StateGuest*>(context); }

  static int32_t encode(uint64_t context, uint32_t, uint32_t, const uint64_t* numbers,
                        uint32_t count, uint64_t* sizes, wl_buffer* out) {
    StateGuest& guest = of(context);
    for (uint32_t i = 0; i < count; ++i) {
      const std::string text = std::to_string(state::get_value(*guest.at(numbers[i])));
      sizes[i] = text.size();
      out->bytes << text;
    }
    if (!guest.refuses_to_encode) return WL_OK;
    out->bytes.clear();
    out->bytes << "it is not serializable";
    return WL_FAILED;
  }
  static int32_t decode(uint64_t context, uint32_t, uint32_t, const uint64_t* numbers,
                        uint32_t count, const char* bytes, const uint64_t* sizes, wl_buffer* why) {
    for (uint32_t i = 0; i < count; ++i) {
      uint64_t value = 0;
      const auto [end, error] = std::from_chars(bytes, bytes + sizes[i], value);
      if (error != std::errc() || end != bytes + sizes[i]) {
        why->bytes << "it is no number";
        return WL_FAILED;
      }
      state::set_value(*of(context).make(numbers[i]), value);
      bytes += sizes[i];
    }
    return WL_OK;
  }
  static void free(uint64_t context, uint32_t, uint32_t, const uint64_t* numbers, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) of(context).forget(numbers[i]);
  }

  Program program_;
  std::map<uint64_t, std::unique_ptr<T>> states_;
};

}  // namespace wallaroo::guest
