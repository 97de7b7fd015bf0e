// Votes for letters are added up; after each vote the letter's total goes out. The keys are a
// closed list, the letters a to z: a vote for anything else is dropped and counted.
#pragma once

#include <wallaroo/wallaroo.h>

#include <optional>
#include <string>
#include <vector>

struct Vote {
  char letter = 0;
  uint32_t votes = 0;
};
struct LetterTotal {
  char letter = 0;
  uint64_t votes = 0;
};

/// Five bytes: the letter, and the number of votes, big-endian.
inline std::optional<Vote> read_vote(std::string_view bytes) {
  if (bytes.size() != 5) return std::nullopt;
  Vote vote{.letter = bytes[0]};
  for (const char byte : bytes.substr(1)) {
    vote.votes = vote.votes << 8 | static_cast<uint8_t>(byte);
  }
  return vote;
}

inline void write_total(const LetterTotal& total, wl::Bytes& out) {
  out << total.letter << " => " << total.votes;
}

inline wl::Stream<LetterTotal> add_votes(const wl::Stream<Vote>& votes) {
  std::vector<char> letters;
  for (char letter = 'a'; letter <= 'z'; ++letter) letters.push_back(letter);
  return votes.key_by(&Vote::letter, letters)
      .state<LetterTotal>("add", [](const Vote& vote, LetterTotal& total) {
        total.letter = vote.letter;
        total.votes += vote.votes;
        return total;
      });
}
