// What the engine allocates for each record once it has warmed up, counted from outside.
#include <sys/mman.h>
#include <unistd.h>

#include "load.h"
#include "preload/page.h"
#include "rows.h"

namespace wallaroo::bench {
namespace {

constexpr int kConnections = 4, kStopMs = 10'000;
// One allocation in more than ten thousand records is not one for each record.
constexpr double kPerRecordMax = 1e-4;

// The page in which a program counts its allocations.
class CountedProgram {
 public:
  explicit CountedProgram(std::string library) : library_(std::move(library)) {
    file_ = memfd_create("allocations", MFD_CLOEXEC);
    if (file_ < 0 || ftruncate(file_, sizeof(AllocationPage)) != 0)
      die("cannot make the page in which allocations are counted: is there memory left?");
    void* const mapped =
        mmap(nullptr, sizeof(AllocationPage), PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    if (mapped == MAP_FAILED) die("cannot map the page in which allocations are counted");
    page_ = static_cast<AllocationPage*>(mapped);
  }
  ~CountedProgram() {
    munmap(page_, sizeof(AllocationPage));
    close(file_);
  }
  CountedProgram(const CountedProgram&) = delete;
  CountedProgram& operator=(const CountedProgram&) = delete;

  std::vector<std::string> command(const std::vector<std::string>& program) const {
    std::vector<std::string> whole = {"/usr/bin/env", "LD_PRELOAD=" + library_,
                                      std::string(kAllocationPageVariable) + "=/proc/" +
                                          std::to_string(getpid()) + "/fd/" +
                                          std::to_string(file_)};
    whole.insert(whole.end(), program.begin(), program.end());
    return whole;
  }
  // The warm-up is over at the first call.
  std::uint64_t count() {
    page_->warm = 1;
    return page_->allocations;
  }

 private:
  const std::string library_;
  int file_;
  AllocationPage* page_;
};

struct AllocationCase {
  const char* name;
  std::string program;
  const Text& text;
  int cores;
};

void allocation_case(const AllocationCase& job, const BenchOptions& options, Rounds& rounds,
                     Report& report) {
  double worst = 0, records = 0;
  Variant engine{"engine", [&] {
                   CountedProgram counted(options.folder + "/libcount_allocations.so");
                   Load service(counted.command(engine_command(job.program, job.cores)), -1,
                                kConnections, job.cores);
                   const LoadResult result =
                       service.run({.text = &job.text,
                                    .connections = kConnections,
                                    .warmup_s = 2,
                                    .duration_s = options.quick ? 0.5 : 2,
                                    .counter = [&] { return counted.count(); }});
                   if (!result.error.empty()) die(job.program + ": " + result.error);
                   service.child().stop(kStopMs);  // at its end it writes the stacks, if asked to
                   if (result.counted >= worst) {
                     worst = result.counted;
                     records = result.units;
                   }
                   return result.counted / result.units;
                 }};
  const std::string name = std::string("allocations, ") + job.name;
  rounds.take_turns(name, "a record", {&engine});
  report.add(TargetRow{.what = name,
                       .unit = "a record",
                       .engine = engine.spread(),
                       .target = "0",
                       .met = engine.spread().high < kPerRecordMax});
  report.note(name + ": " + std::to_string(static_cast<std::uint64_t>(worst)) +
              " allocations for " + std::to_string(static_cast<std::uint64_t>(records)) +
              " records in the worst round.");
}

}  // namespace

void allocation_rows(const BenchOptions& options, Rounds& rounds, Report& report) {
  pin_to_any_core();
  const Text text = make_text({.vocabulary = 10'000, .lines = 100'000, .seed = 1});
  const Text readings = make_readings(5'000, 50'000, 1);
  const std::string program = options.folder + "/readings";
  const AllocationCase cases[] = {
      {"word count, 1 core", options.program, text, 1},
      {"word count, 2 cores", options.program, text, 2},
      {"structs with keys of 5 to 200 bytes and a vector, 2 cores", program, readings, 2},
  };
  for (const AllocationCase& job : cases) allocation_case(job, options, rounds, report);
}

}  // namespace wallaroo::bench
