#include "fuzz/targets.h"

namespace wallaroo::fuzz {

std::span<const Target> targets() {
  static constexpr Target kTargets[] = {
      {"address", fuzz_address, address_seeds},
      {"batch", fuzz_batch, batch_seeds},
      {"framing", fuzz_framing, framing_seeds},
      {"graph", fuzz_graph, graph_seeds},
      {"http", fuzz_http, http_seeds},
      {"json", fuzz_json, json_seeds},
      {"letters", fuzz_letters, letters_seeds},
      {"lines", fuzz_lines, lines_seeds},
      {"settings", fuzz_settings, settings_seeds},
      {"slice", fuzz_slice, slice_seeds},
      {"splitter", fuzz_splitter, splitter_seeds},
      {"values", fuzz_values, values_seeds},
  };
  return kTargets;
}

}  // namespace wallaroo::fuzz
