#include "yardstick/text.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "yardstick/random.h"

namespace wallaroo::bench {
namespace {

constexpr std::size_t kHeaderBytes = 4;

// Common words are short: four letters, and one more for every e^3 ranks, give a mean of 4.9
// letters with 10 k words and 5.6 with 1 M.
std::size_t letters_of_rank(std::uint64_t rank, Random& random) {
  const double letters = 4.0 + 0.26 * std::log(static_cast<double>(rank + 1)) + 0.6 * random.unit();
  return std::min<std::size_t>(9, static_cast<std::size_t>(letters));
}

std::vector<std::string> make_words(std::uint64_t count, Random& random) {
  std::vector<std::string> words;
  std::unordered_set<std::string> seen;
  seen.reserve(count);
  while (words.size() < count) {
    std::string word(letters_of_rank(words.size(), random), ' ');
    for (char& letter : word) letter = static_cast<char>('a' + random.below(26));
    if (seen.insert(word).second) words.push_back(std::move(word));
  }
  return words;
}

// Walker's alias method: one random number and one table entry a sample.
class Zipf {
 public:
  explicit Zipf(std::uint64_t n) : threshold_(n), alias_(n) {
    std::vector<double> weight(n);
    double total = 0;
    for (std::uint64_t i = 0; i < n; ++i) total += weight[i] = 1.0 / static_cast<double>(i + 1);
    std::vector<std::uint32_t> small, large;
    for (std::uint64_t i = 0; i < n; ++i) {
      weight[i] *= static_cast<double>(n) / total;
      (weight[i] < 1 ? small : large).push_back(static_cast<std::uint32_t>(i));
    }
    while (!small.empty() && !large.empty()) {
      const std::uint32_t low = small.back(), high = large.back();
      small.pop_back();
      threshold_[low] = weight[low];
      alias_[low] = high;
      weight[high] -= 1 - weight[low];
      if (weight[high] >= 1) continue;
      large.pop_back();
      small.push_back(high);
    }
    for (std::uint32_t i : small) threshold_[i] = 1;
    for (std::uint32_t i : large) threshold_[i] = 1;
  }
  std::uint64_t sample(Random& random) const {
    const std::uint64_t i = random.below(threshold_.size());
    return random.unit() < threshold_[i] ? i : alias_[i];
  }

 private:
  std::vector<double> threshold_;
  std::vector<std::uint32_t> alias_;
};

class Builder {
 public:
  explicit Builder(std::uint64_t messages) {
    text_.offsets.reserve(messages + 1);
    text_.units.reserve(messages + 1);
  }
  void begin() {
    text_.offsets.push_back(static_cast<std::uint32_t>(text_.frames.size()));
    text_.units.push_back(units_);
    text_.frames.append(kHeaderBytes, '\0');
  }
  void end(std::uint32_t units) {
    const std::size_t start = text_.offsets.back();
    const auto length = static_cast<std::uint32_t>(text_.frames.size() - start - kHeaderBytes);
    const std::uint32_t big_endian = __builtin_bswap32(length);
    __builtin_memcpy(text_.frames.data() + start, &big_endian, sizeof big_endian);
    units_ += units;
  }
  std::string& bytes() { return text_.frames; }
  Text take() {
    text_.offsets.push_back(static_cast<std::uint32_t>(text_.frames.size()));
    text_.units.push_back(units_);
    return std::move(text_);
  }

 private:
  Text text_;
  std::uint32_t units_ = 0;
};

void append_line(std::string& out, const std::vector<std::string>& words, const Zipf& zipf,
                 std::uint64_t count, Random& random) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t at = out.size();
    out += words[zipf.sample(random)];
    if (i == 0) out[at] = static_cast<char>(out[at] - 'a' + 'A');
    if (i + 1 == count) {
      out += '.';
    } else {
      if (random.below(10) == 0) out += ',';
      out += ' ';
    }
  }
}

}  // namespace

Text make_text(const TextOptions& options) {
  Random random(options.seed);
  const std::vector<std::string> words = make_words(options.vocabulary, random);
  const Zipf zipf(options.vocabulary);
  Builder builder(options.lines);
  builder.bytes().reserve(options.lines * 75);
  for (std::uint64_t line = 0; line < options.lines; ++line) {
    const std::uint64_t count = 8 + random.below(5);
    builder.begin();
    append_line(builder.bytes(), words, zipf, count, random);
    builder.end(static_cast<std::uint32_t>(count));
  }
  return builder.take();
}

Text make_readings(std::uint64_t names, std::uint64_t messages, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::string> known(names);
  for (std::string& name : known) {
    name.resize(5 + random.below(196));
    for (char& letter : name) letter = static_cast<char>('a' + random.below(26));
  }
  Builder builder(messages);
  for (std::uint64_t i = 0; i < messages; ++i) {
    builder.begin();
    builder.bytes() += known[random.below(names)];
    for (std::uint64_t n = random.below(20); n > 0; --n)
      builder.bytes() += ' ' + std::to_string(random.below(1000));
    builder.end(1);
  }
  return builder.take();
}

Text make_fixed_frames(std::uint64_t messages, std::size_t bytes) {
  Builder builder(messages);
  for (std::uint64_t i = 0; i < messages; ++i) {
    builder.begin();
    builder.bytes().append(bytes - kHeaderBytes, static_cast<char>('a' + i % 26));
    builder.end(static_cast<std::uint32_t>(bytes));
  }
  return builder.take();
}

Text make_nasty_text(std::uint64_t messages, std::uint64_t seed) {
  static constexpr std::string_view kAlphabet = "abcxyzABCXYZ019'-_.,!@[`{~";
  Random random(seed);
  Builder builder(messages);
  for (std::uint64_t i = 0; i < messages; ++i) {
    builder.begin();
    const std::uint64_t pieces = random.below(30);
    for (std::uint64_t piece = 0; piece < pieces; ++piece) {
      const std::uint64_t kind = random.below(64);
      const std::uint64_t longest = kind == 0 ? 300 : kind < 6 ? 40 : 6;
      for (std::uint64_t n = random.below(longest + 1); n > 0; --n) {
        const std::uint64_t odd = random.below(200);
        builder.bytes() += odd == 0   ? static_cast<char>(random.below(256))
                           : odd == 1 ? '\0'
                                      : kAlphabet[random.below(kAlphabet.size())];
      }
      for (std::uint64_t n = 1 + random.below(2); n > 0; --n)
        builder.bytes() += random.below(8) == 0 ? '\n' : ' ';
    }
    builder.end(0);
  }
  return builder.take();
}

std::string_view next_chunk(std::string_view& frames, std::size_t bytes) {
  std::size_t end = 0;
  while (end < frames.size()) {
    const std::size_t next = end + kHeaderBytes + read_length(frames.data() + end);
    if (end > 0 && next > bytes) break;
    end = next;
  }
  const std::string_view chunk = frames.substr(0, end);
  frames.remove_prefix(end);
  return chunk;
}

}  // namespace wallaroo::bench
