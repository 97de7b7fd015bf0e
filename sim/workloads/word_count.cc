// Words of lines, counted: the graph of the first example. The counts of a word are 1, 2, 3 ...
// whatever the interleaving, so the interpreter predicts every output.
#include <map>

#include "sim/workload.h"

namespace wallaroo::sim {
namespace {

struct Count {
  uint64_t n = 0;
};
struct WordTotal {
  std::string word;
  uint64_t total = 0;
};

void split(std::string_view line, Emit<std::string_view>& emit) {
  while (!line.empty()) {
    const size_t end = std::min(line.find(' '), line.size());
    if (end > 0) emit(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
}

class WordCount final : public Workload {
 public:
  explicit WordCount(base::Rng& rng)
      : vocabulary_(rng.between(1, 300)),
        senders_(static_cast<uint32_t>(rng.between(2, 5))),
        framing_(draw_framing(rng)),
        out_framing_(draw_framing(rng)) {}

  std::string_view name() const override { return "word_count"; }

  void build(Application& app) override {
    graph_ = &app.graph();
    app.pipeline("words")
        .source("lines", tcp::listen("10.0.0.1:7010", framing_, text, limits()))
        .to_many<std::string_view>("split", split)
        .key_by([](std::string_view word) { return word; })
        .state<Count>("count",
                      [](std::string_view word, Count& count) {
                        return WordTotal{std::string(word), ++count.n};
                      })
        .sink("counts",
              tcp::connect("10.0.0.2:7002", out_framing_, [](const WordTotal& total, Bytes& out) {
                out << total.word << " => " << total.total;
              }));
  }
  std::vector<Input> inputs() const override {
    return {{"lines", {"10.0.0.1", 7010}, framing_, senders_}};
  }
  std::vector<Output> outputs() const override {
    return {{"counts", {"10.0.0.2", 7002}, out_framing_}};
  }
  std::string message(base::Rng& rng, uint32_t, uint32_t) override {
    std::string line;
    for (uint64_t words = rng.between(1, 6); words > 0; --words) {
      std::string word = "w" + std::to_string(rng.below(vocabulary_));
      if (rng.chance(1, 20)) word.append(rng.below(200), 'x');
      line += word + std::string(rng.between(1, 2), ' ');
    }
    return line;
  }
  std::string check(const Evidence& evidence) override {
    std::map<std::string, uint64_t> counts;
    for (const std::string& line : evidence.written.at("counts")) {
      const size_t arrow = line.find(" => ");
      const uint64_t total = std::stoull(line.substr(arrow + 4));
      if (++counts[line.substr(0, arrow)] != total) {
        return "the counts of a word are not 1, 2, 3, ... in the order written: " + line;
      }
    }
    return compare_with_interpreter(*graph_, evidence, outputs());
  }

 private:
  const uint64_t vocabulary_;
  const uint32_t senders_;
  const Framing framing_;
  const Framing out_framing_;
  const Graph* graph_ = nullptr;
};

}  // namespace

std::unique_ptr<Workload> make_word_count(base::Rng& rng) {
  return std::make_unique<WordCount>(rng);
}

}  // namespace wallaroo::sim
