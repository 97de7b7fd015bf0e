#include "in_process.h"

#include <cctype>
#include <map>

#include "engine.h"
#include "measure.h"

namespace wallaroo::bench {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

// Where two outputs part, for a person to look at.
std::string difference(const std::string& what, const std::string& expected,
                       const std::string& got) {
  if (expected == got) return {};
  std::size_t at = 0;
  while (at < expected.size() && at < got.size() && expected[at] == got[at]) ++at;
  const std::size_t from = at < 40 ? 0 : at - 40;
  return what + ": differs at byte " + std::to_string(at) + ": expected \"" +
         expected.substr(from, 80) + "\", got \"" + got.substr(from, 80) + "\"\n";
}

std::string check_keyed() {
  constexpr std::uint64_t kKeys = 1000;
  const auto keys = make_keys(kKeys, 100'000, 3);
  LibraryKeyed library;
  FastKeyed fast(kKeys);
  library.update(keys);
  fast.update(keys);
  std::string wrong;
  if (library.checksum() != fast.checksum())
    wrong += "keyed update: the fast table and the library map end in different states\n";
  if (library.checksum() != engine_keyed_checksum(keys))
    wrong += "keyed update: the engine and the library map end in different states\n";
  return wrong;
}

}  // namespace

double plain_count_ns(PlainCount& counter, const Text& text) {
  std::vector<char> out(FastCount::output_bytes_max(kChunk));
  std::string_view rest = text.frames;
  const std::uint64_t start = thread_cpu_ns();
  while (!rest.empty()) counter.count(next_chunk(rest, kChunk), out.data());
  return static_cast<double>(thread_cpu_ns() - start) / static_cast<double>(text.words());
}

double fast_count_ns(FastCount& counter, const Text& text) {
  std::vector<char> out(FastCount::output_bytes_max(kChunk));
  std::string_view rest = text.frames;
  const std::uint64_t start = thread_cpu_ns();
  while (!rest.empty()) counter.count(next_chunk(rest, kChunk), out.data());
  return static_cast<double>(thread_cpu_ns() - start) / static_cast<double>(text.words());
}

std::string plain_count_output(const Text& text) {
  PlainCount counter;
  std::vector<char> out(FastCount::output_bytes_max(text.frames.size()));
  return {out.data(), counter.count(text.frames, out.data())};
}

std::string fast_count_output(const Text& text) {
  FastCount counter;
  std::vector<char> buffer(FastCount::output_bytes_max(kChunk));
  std::string out;
  std::string_view rest = text.frames;
  while (!rest.empty()) {
    // A piece of the next message at the end must be left alone.
    const std::string_view whole = next_chunk(rest, kChunk);
    const std::size_t given = whole.size() + std::min<std::size_t>(rest.size(), 3);
    const auto counted = counter.count({whole.data(), given}, buffer.data());
    if (counted.consumed != whole.size()) return "consumed a part of a message";
    out.append(buffer.data(), counted.produced);
  }
  return out;
}

std::string reference_output(const Text& text) {
  std::map<std::string, std::uint64_t> counts;
  std::string out;
  for (std::uint64_t message = 0; message < text.messages(); ++message) {
    std::string token;
    for (std::size_t i = text.offsets[message] + 4; i <= text.offsets[message + 1]; ++i) {
      const bool over = i == text.offsets[message + 1];
      const auto c = over ? ' ' : static_cast<unsigned char>(text.frames[i]);
      if (c != ' ' && c != '\n') {
        token += static_cast<char>(c < 128 ? std::tolower(c) : c);
        continue;
      }
      const auto punct = [](char b) {
        const auto u = static_cast<unsigned char>(b);
        return u < 128 && std::ispunct(u);
      };
      while (!token.empty() && punct(token.front())) token.erase(token.begin());
      while (!token.empty() && punct(token.back())) token.pop_back();
      if (!token.empty()) out += token + " => " + std::to_string(++counts[token]) + "\n";
      token.clear();
    }
  }
  return out;
}

template <class Table>
double keyed_ns(Table& table, const std::vector<std::uint64_t>& keys) {
  const std::uint64_t start = thread_cpu_ns();
  table.update(keys);
  return static_cast<double>(thread_cpu_ns() - start) / static_cast<double>(keys.size());
}
template double keyed_ns(LibraryKeyed&, const std::vector<std::uint64_t>&);
template double keyed_ns(FastKeyed&, const std::vector<std::uint64_t>&);

std::string check_outputs() {
  std::string wrong;
  const auto compare = [&](const std::string& name, const Text& text) {
    const std::string expected = reference_output(text);
    wrong += difference("plain counter, " + name, expected, plain_count_output(text));
    wrong += difference("fast counter, " + name, expected, fast_count_output(text));
    wrong += difference("engine, " + name, expected, EngineWordCount(text).output());
  };
  compare("prose", make_text({.vocabulary = 10'000, .lines = 50'000, .seed = 2}));
  compare("many words", make_text({.vocabulary = 200'000, .lines = 50'000, .seed = 3}));
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    compare("nasty text " + std::to_string(seed), make_nasty_text(2'000, seed));
  return wrong + check_keyed();
}

}  // namespace wallaroo::bench
