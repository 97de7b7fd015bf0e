// wallaroo_sim: runs the engine in one thread from numbered seeds, judges every run, and shows what
// was reached. The clock read here is for the campaign's own time limit; no run sees it.
#include <chrono>

#include "sim/campaign.h"

namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

int main(int argc, char** argv) { return wallaroo::sim::campaign_main(argc, argv, seconds); }
