// Why a handshake failed, in words for whoever runs the worker.
#pragma once

#include <string>

// As OpenSSL declares it.
struct ssl_st;

namespace wallaroo::os {

/// Takes what OpenSSL noted about the last call on `session`. `peer_name` is empty for a server.
std::string handshake_reason(const ssl_st* session, const std::string& peer_name);

/// The same for a call after the handshake.
std::string session_reason();

}  // namespace wallaroo::os
