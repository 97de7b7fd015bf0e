// The only source of randomness in the engine: a value, seeded by whoever owns it.
// Algorithm: SplitMix64 (Steele, Lea, Flood 2014).
#pragma once

#include <cstdint>

namespace wallaroo::base {

class Rng {
 public:
  explicit constexpr Rng(uint64_t seed) : state_(seed) {}

  constexpr uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, bound); bound > 0. The modulo bias is below 2^-32 for bounds below 2^32.
  constexpr uint64_t below(uint64_t bound) { return next() % bound; }
  /// Uniform in [low, high], both included.
  constexpr uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }
  constexpr bool chance(uint64_t numerator, uint64_t denominator) {
    return below(denominator) < numerator;
  }
  /// An independent generator: what it draws does not shift what this one draws next.
  constexpr Rng fork() { return Rng(next()); }

 private:
  uint64_t state_;
};

}  // namespace wallaroo::base
