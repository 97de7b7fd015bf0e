// The fastest hand-written word count over TCP: framed text in, one line for each word out.
#include <vector>

#include "yardstick/fast_count.h"
#include "yardstick/service.h"

int main(int argc, char** argv) {
  using namespace wallaroo::bench;
  const ServiceOptions options = parse_service_options(argc, argv);
  FastCount counter;
  std::vector<char> out(FastCount::output_bytes_max(kServiceReadBytes));
  run_service(options, [&](std::string_view input) -> Handled {
    const FastCount::Counted counted = counter.count(input, out.data());
    return {counted.consumed, {out.data(), counted.produced}};
  });
}
