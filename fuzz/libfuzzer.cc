// The driver of one target, FUZZ_TARGET, under libFuzzer. With --seeds=FOLDER it writes the valid
// inputs there and ends.
#include <cstdlib>
#include <fstream>

#include "fuzz/targets.h"

namespace {

const wallaroo::fuzz::Target& target() {
  for (const auto& one : wallaroo::fuzz::targets()) {
    if (one.name == FUZZ_TARGET) return one;
  }
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view kFlag = "--seeds=";
  for (int i = 1; i < *argc; ++i) {
    const std::string_view flag = (*argv)[i];
    if (!flag.starts_with(kFlag)) continue;
    size_t number = 0;
    for (const std::string& seed : target().seeds()) {
      std::ofstream(std::string(flag.substr(kFlag.size())) + "/seed" + std::to_string(number++))
          << seed;
    }
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  target().run(data, bytes);
  return 0;
}
