#include "flow/failures.h"

#include "base/bytes.h"
#include "base/json_text.h"
#include "base/mutant.h"
#include "base/printable.h"
#include "flow/key_text.h"

namespace wallaroo::flow {
namespace {

constexpr size_t kShownBytes = 200;  // of a key or of an error's text, in a line of the log

/// Of the keys that reach the stage; empty where it keeps no state.
const std::string& key_type_of(const plan::Plan& plan, uint32_t stage) {
  static const std::string kNone;
  const Node& node = plan.graph.nodes[plan.stages[stage].node];
  return node.kind == NodeKind::state ? plan.graph.nodes[node.inputs[0]].key_type : kNone;
}

}  // namespace

/// The place of a message, for people: "message 17 of source 'words' (connection 3), key 'fish'".
std::string Failures::where(const Failure& failure) const {
  std::string text;
  if (!failure.timer.empty()) {
    text = "timer '" + base::printable(failure.timer, kShownBytes) + "'";
  } else if (failure.position.source == wire::kNoSource) {
    text = "a message";
  } else if (failure.position.origin == wire::kNoOrigin) {
    text = "a message of source '" + plan_.stages[failure.position.source].name + "'";
  } else {
    const wire::SourcePosition& at = failure.position;
    text = (failure.exact ? "message " : "a message at or soon after number ") +
           std::to_string(at.message) + " of source '" + plan_.stages[at.source].name + "' (" +
           origin_of(failure) + " on core " + std::to_string(at.core) + ")";
  }
  const std::string& key_type = key_type_of(plan_, failure.stage);
  if (key_type.empty()) return text;
  return text + ", key '" + key_text(key_type, failure.record.key_view(), kShownBytes) + "'";
}

std::string Failures::origin_of(const Failure& failure) const {
  const Node& source = plan_.graph.nodes[plan_.stages[failure.position.source].node];
  if (const auto* file = std::get_if<FileSourceSpec>(&source.source)) return file->path.value;
  return failure.origin.empty() ? "connection " + std::to_string(failure.position.origin)
                                : failure.origin;
}

std::string Failures::letter(const Failure& failure) const {
  const plan::Stage& stage = plan_.stages[failure.stage];
  std::string text = "{";
  const auto add = [&text](std::string_view name, std::string_view value) {
    if (text.size() > 1) text += ',';
    base::append_json_bytes(text, name, value);
  };
  const auto add_number = [&text](std::string_view name, const std::string& number) {
    text += ",\"" + std::string(name) + "\":" + number;
  };
  add("time", base::utc_text(failure.wall_ns));
  add("application", plan_.graph.application);
  add("pipeline", failure.site.pipeline);
  add("stage", stage.name);
  add("function", failure.site.name);
  add("error", failure.error);
  if (failure.position.source != wire::kNoSource) {
    add("source", plan_.stages[failure.position.source].name);
  }
  if (failure.position.source != wire::kNoSource && failure.position.origin != wire::kNoOrigin) {
    add("origin", origin_of(failure));
    add_number("core", std::to_string(failure.position.core));
    add_number(failure.exact ? "message" : "message_from",
               std::to_string(failure.position.message));
  }
  if (const std::string& type = key_type_of(plan_, failure.stage); !type.empty()) {
    const auto number = key_number(type, failure.record.key_view());
    if (number) add_number("key", *number);
    if (!number) add("key", failure.record.key_view());
  }
  if (!failure.timer.empty()) {
    add("timer", failure.timer);
  } else {
    add("payload_of", failure.exact ? "source" : "stage");
    Bytes scratch;
    add("payload", failure.entry.message(failure.record, scratch));
  }
  return text + "}\n";
}

bool Failures::handle(const Failure& failure, bool report) {
  const OnError policy = failure.site.on_error;
  const bool skipped = MUTANT(letter_skipped_when_full) && full();
  if (policy == OnError::dead_letter && letters_ != nullptr && !skipped) {
    letters_->buffer() << letter(failure);
    letters_->commit(1);
    letter_counters_->messages.add(1);
  }
  if (!report && policy != OnError::fail) return true;
  const std::string what = "'" + failure.site.name + "' failed on " + where(failure) + ": " +
                           base::printable(failure.error, kShownBytes);
  const std::string it = failure.timer.empty() ? "; the message" : "; the call";
  const std::string stage = "stage '" + plan_.stages[failure.stage].name + "'";
  std::string trace;
  if (!failure.trace.empty()) trace.append("\n").append(failure.trace);
  switch (policy) {
    case OnError::drop:
      log_.write(io::LogLevel::error,
                 what + it + " is dropped and counted (" + stage + ")" + trace);
      return true;
    case OnError::dead_letter:
      log_.write(io::LogLevel::error,
                 what + it + " goes to the dead letters (" + stage + ")" + trace);
      return true;
    case OnError::fail:
      stop({ErrorCode::user_function, what + "; the worker stops, because the error policy of '" +
                                          failure.site.name + "' (" + stage + ") is fail" + trace});
      break;
  }
  return false;
}

}  // namespace wallaroo::flow
