// A stream of structs with a string of any length and a vector, keyed by the string: what it
// allocates for each of them is counted by the runner.
#include <wallaroo/wallaroo.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Reading {
  std::string sensor;
  std::vector<uint32_t> values;
};
struct Sums {
  uint64_t readings = 0;
  uint64_t sum = 0;
};

// "name value value ...", into an object that keeps its capacity.
struct Parse {
  Reading reading;

  void operator()(std::string_view line, wl::Emit<Reading>& emit) {
    size_t at = std::min(line.find(' '), line.size());
    reading.sensor.assign(line.data(), at);
    reading.values.clear();
    while (at < line.size()) {
      uint32_t value = 0;
      for (++at; at < line.size() && line[at] != ' '; ++at)
        value = value * 10 + static_cast<uint32_t>(line[at] - '0');
      reading.values.push_back(value);
    }
    emit(reading);
  }
};

Sums add(const Reading& reading, Sums& sums) {
  ++sums.readings;
  for (const uint32_t value : reading.values) sums.sum += value;
  return sums;
}

void write_sums(const Sums& sums, wl::Bytes& out) { out << sums.readings << ' ' << sums.sum; }

}  // namespace

int main(int argc, char** argv) {
  wl::Application app("readings");
  app.pipeline("readings")
      .source("lines", wl::tcp::listen(app.flag("in", ":7010"), wl::framing::u32be, wl::text))
      .to_many<Reading>("parse", Parse{})
      .key_by(&Reading::sensor)
      .state<Sums>("add", add)
      .sink("sums", wl::tcp::connect(app.flag("out", ":7002"), wl::framing::lines, write_sums));
  return app.main(argc, argv);
}
