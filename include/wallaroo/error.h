// Errors of the public API: what can fail in an expected way is a Result, never an exception.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

namespace wallaroo {

/// Stable numbers: 1xxx options, 2xxx application, 3xxx runtime, 4xxx connectors, 5xxx network,
/// 9xxx bugs.
enum class ErrorCode : uint16_t {
  bad_option = 1001,          ///< a flag, number or address that cannot be used
  bad_application = 2001,     ///< the graph is wrong; the message lists everything found
  user_function = 3001,       ///< a user function threw
  outputs_over_limit = 3002,  ///< one record produced more than outputs_per_record_max
  bad_snapshot = 3003,        ///< stored state that cannot be loaded
  undecodable = 4001,         ///< bytes that a decoder refused
  frame_over_limit = 4002,    ///< a frame or line longer than the limit
  truncated = 4003,           ///< the connection ended inside a frame
  unreachable = 5001,         ///< peer absent, refused or reset
  address_in_use = 5002,      ///< another program listens there
  unresolved_host = 5003,     ///< the name has no address
  too_many_connections = 5004,
  out_of_descriptors = 5005,
  io = 5006,  ///< any other failure reported by the operating system
};

/// What failed, on what, why, and what to do now, in one sentence or two.
struct Error {
  ErrorCode code;
  std::string message;
};

/// What becomes of a message on which a user function failed. Its outputs are taken back in each
/// case, it is counted, and the first of them are logged.
enum class OnError : uint8_t {
  drop,         ///< go on with the next message
  dead_letter,  ///< the same, after writing it down where dead letters are kept
  fail,         ///< stop the worker and say where it was
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace wallaroo
