#include "guest.h"

#include "_cgo_export.h"

/* cgo declares exported functions without const; the calls are the same. */
void wlgo_guest(wl_guest* guest, uint64_t context) {
  guest->abi_version = WL_ABI_VERSION;
  guest->size = sizeof(wl_guest);
  guest->context = context;
  guest->open_chain = (uint64_t(*)(uint64_t, wl_chain*, uint32_t, uint32_t, const wl_end*,
                                   uint32_t))wlgoOpenChain;
  guest->close_chain = wlgoCloseChain;
  guest->process = (uint32_t(*)(uint64_t, uint64_t, const wl_input*))wlgoProcess;
  guest->timer = (void (*)(uint64_t, uint64_t, const wl_input*, const char*, uint32_t,
                           int64_t))wlgoTimer;
  guest->free_values = (void (*)(uint64_t, const uint64_t*, uint32_t))wlgoFreeValues;
  guest->encode_value = wlgoEncodeValue;
  guest->encode_states = (int32_t(*)(uint64_t, uint32_t, uint32_t, const uint64_t*, uint32_t,
                                     uint64_t*, wl_buffer*))wlgoEncodeStates;
  guest->decode_states =
      (int32_t(*)(uint64_t, uint32_t, uint32_t, const uint64_t*, uint32_t, const char*,
                  const uint64_t*, wl_buffer*))wlgoDecodeStates;
  guest->free_states =
      (void (*)(uint64_t, uint32_t, uint32_t, const uint64_t*, uint32_t))wlgoFreeStates;
  guest->find_messages =
      (uint32_t(*)(uint64_t, uint32_t, const char*, uint64_t, uint32_t, wl_span*, uint32_t,
                   uint32_t*))wlgoFindMessages;
}
