// Strong ids: a StageId is not a CoreId, and the compiler knows.
#pragma once

#include <compare>
#include <cstdint>

namespace wallaroo::base {

template <class Tag, class Number = uint32_t>
struct Id {
  Number value = 0;

  constexpr Id() = default;
  constexpr explicit Id(Number number) : value(number) {}
  constexpr auto operator<=>(const Id&) const = default;
};

using CoreId = Id<struct CoreTag>;
using StageId = Id<struct StageTag>;                      // a stage of the physical plan
using ChannelId = Id<struct ChannelTag>;                  // edge × sending core × receiving core
using ConnectionId = Id<struct ConnectionTag, uint64_t>;  // 0 is none
using ListenerId = Id<struct ListenerTag, uint64_t>;
using FileId = Id<struct FileTag, uint64_t>;

}  // namespace wallaroo::base
