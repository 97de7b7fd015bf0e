// A bare TCP relay: what comes in goes out. The least latency a service of this shape can have.
#include "yardstick/service.h"

int main(int argc, char** argv) {
  using namespace wallaroo::bench;
  run_service(parse_service_options(argc, argv), [](std::string_view input) -> Handled {
    return {input.size(), input};
  });
}
