// The files that a run gives its worker to read, and what the worker read of them.
#include <algorithm>

#include "sim/world.h"

namespace wallaroo::sim {
namespace {

constexpr uint32_t kFirstFileSender = 1'000;  // no TCP sender has so high a number

}  // namespace

void World::make_files() {
  for (size_t input = 0; input < inputs_.size(); ++input) {
    if (inputs_[input].file.empty()) continue;
    FileSlot slot{.input = input, .messages = {}, .unwritten = {}};
    std::string content;
    const auto sender = static_cast<uint32_t>(kFirstFileSender + input);
    for (uint32_t n = 0; n <= setup_.messages / 2; ++n) {
      slot.messages.push_back(workload_->message(rng_, sender, n));
      content += framed(inputs_[input].framing, slot.messages.back());
    }
    if (inputs_[input].follows) {
      slot.may_shrink = false;
      slot.unwritten = content.substr(content.size() / 3);
      content.resize(content.size() / 3);
    } else if (inputs_[input].framing == Framing::lines && rng_.chance(1, 2)) {
      content.pop_back();  // the last line counts without its newline
    }
    files_.content(inputs_[input].file) = std::move(content);
    input_files_.push_back(std::move(slot));
  }
}

/// A piece more of every file that is being written, or all that is left.
void World::grow_files(bool whole) {
  for (FileSlot& slot : input_files_) {
    if (slot.unwritten.empty()) continue;
    verdict_.reach.hit(Row::file_grew);
    const size_t bytes = whole ? slot.unwritten.size() : rng_.below(slot.unwritten.size()) + 1;
    files_.content(inputs_[slot.input].file) += slot.unwritten.substr(0, bytes);
    slot.unwritten.erase(0, bytes);
  }
}

/// One that is being read, to less than what was read of it: otherwise the start of a line would
/// be a line of the file, and nobody could tell.
void World::shrink_one_file() {
  if (input_files_.empty()) return;
  FileSlot& slot = input_files_[rng_.below(input_files_.size())];
  const std::string& path = inputs_[slot.input].file;
  const size_t read = files_.read_of(path).size();
  if (!slot.may_shrink || read == 0 || read == files_.content(path).size()) return;
  slot.may_shrink = false;
  say("file " + path + " shrinks");
  files_.shrink(path, rng_.below(read));
}

bool World::files_read() const {
  return std::ranges::all_of(input_files_, [this](const FileSlot& slot) {
    const std::string& path = inputs_[slot.input].file;
    return slot.unwritten.empty() && files_.read_to_end(path) &&
           files_.read_of(path).size() >= files_.content(path).size();
  });
}

/// What was read is the worker's. An incomplete message at the end of it is none, except for a last
/// line when the file really ends there.
void World::gather_files_read() {
  for (const FileSlot& slot : input_files_) {
    const Input& input = inputs_[slot.input];
    Taken taken{input.source, static_cast<uint32_t>(kFirstFileSender + slot.input), {}};
    const std::string& read = files_.read_of(input.file);
    const std::string_view rest = split_messages(input.framing, read, taken.messages);
    const bool ends_here = files_.read_to_end(input.file) && !input.follows &&
                           files_.content(input.file).size() == read.size();
    if (!rest.empty() && ends_here && input.framing == Framing::lines) {
      taken.messages.emplace_back(rest);
    }
    verdict_.records += taken.messages.size();
    verdict_.connections += 1;
    evidence_.taken.push_back(std::move(taken));
  }
}

}  // namespace wallaroo::sim
