// What the cases share; precompiled, so that a case takes a fraction of a second.
#pragma once

#include <wallaroo/wallaroo.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct Order {
  std::string user;
  uint64_t amount = 0;
  wl::Time at;
};
struct Total {
  uint64_t amount = 0;
};
struct Event {  // another message, with fields that look like those of an Order
  std::string user;
  wl::Time at;
  std::string take_user() { return std::move(user); }
};
struct Opaque {  // a message and state that cannot be serialised
  std::function<void()> call;
};
class Private {  // no plain struct: nobody may look into it
 public:
  Private() = default;
  explicit Private(int value) : value_(value) {}
  int value() const { return value_; }

 private:
  int value_ = 0;
};
struct View {  // state that would outlive what it views
  std::string_view user;
};
struct NoDefault {
  explicit NoDefault(int) {}
};
