#pragma once
// Jobs without sockets: each runs the same input through one counter or table and says what one
// unit of it cost.
#include <cstdint>
#include <string>
#include <vector>

#include "yardstick/fast_count.h"
#include "yardstick/keyed.h"
#include "yardstick/plain_count.h"
#include "yardstick/text.h"

namespace wallaroo::bench {

/// ns a word of one pass over the text, in pieces of 64 KiB whose output is dropped. The counter
/// has seen the words before.
double plain_count_ns(PlainCount& counter, const Text& text);
double fast_count_ns(FastCount& counter, const Text& text);

/// The whole output of one pass by a fresh counter.
std::string plain_count_output(const Text& text);
std::string fast_count_output(const Text& text);
/// The same by a byte-wise loop and std::map, sharing no code with the others.
std::string reference_output(const Text& text);

template <class Table>
double keyed_ns(Table& table, const std::vector<std::uint64_t>& keys);

/// Compares every counter and table, and the engine, with the reference, byte for byte; empty when
/// all agree.
std::string check_outputs();

}  // namespace wallaroo::bench
