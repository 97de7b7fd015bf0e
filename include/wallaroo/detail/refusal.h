// How a wrong use of a stream is refused: with one sentence and nothing after it. Streams have
// these methods beside the right ones: too few arguments, arguments in the wrong order or of the
// wrong kind, a type that is not named. Users do not need this header.
#pragma once

#include <string>
#include <type_traits>

#include "wallaroo/connectors.h"
#include "wallaroo/detail/broken.h"

namespace wallaroo::detail {

template <class A>
concept Name = std::is_convertible_v<const A&, std::string>;
/// Of which each core could not have its own.
template <class Function>
concept MoveOnly = !std::is_copy_constructible_v<Function>;

template <class A>
inline constexpr bool kIsSource = false;
template <class Decoder>
inline constexpr bool kIsSource<Source<Decoder>> = true;
template <class Make>
inline constexpr bool kIsSource<GeneratorSource<Make>> = true;
template <class A>
inline constexpr bool kIsSink = false;
template <class Encoder>
inline constexpr bool kIsSink<Sink<Encoder>> = true;

struct UnnamedPipeline {
  template <class Source>
  Broken source(const Source&) const {
    static_assert(kNever<Source>, "source(): takes the name of the source, then what it reads");
    return {};
  }
  template <class Other>
  requires(!Name<Other>) Broken source(const Other&, const std::string&)
  const {
    static_assert(kNever<Other>,
                  "source(): takes the name of the source first, then what it reads");
    return {};
  }
  // Not const, as the right ones are not: they would match better, or not at all.
  template <class Other>
  Broken source(const std::string&, const Other&) {
    if constexpr (kIsSink<Other>) {
      static_assert(kNever<Other>,
                    "source(): this is a sink; a source is what messages are read from, such as "
                    "tcp::listen(...)");
    } else {
      static_assert(kNever<Other>,
                    "source(): takes the name of the source, then what it reads, such as "
                    "tcp::listen(...) or generator(...)");
    }
    return {};
  }
  template <class Decoder>
  Broken source(std::string, Source<Decoder>) requires MoveOnly<Decoder> {
    static_assert(kNever<Decoder>,
                  "source(): each core has its own copy of the decoder, but this one cannot be "
                  "copied; hold what it owns in a std::shared_ptr");
    return {};
  }
  template <class Make>
  Broken source(std::string, GeneratorSource<Make>) requires MoveOnly<Make> {
    static_assert(kNever<Make>,
                  "source(): each core has its own copy of the generator's function, but this one "
                  "cannot be copied; hold what it owns in a std::shared_ptr");
    return {};
  }
};

}  // namespace wallaroo::detail
