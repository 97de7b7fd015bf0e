#include "flow/failures.h"

#include "base/bytes.h"
#include "base/printable.h"

namespace wallaroo::flow {
namespace {

constexpr size_t kShownBytes = 200;  // of a key or of an error's text, in a line of the log

/// Of the keys that reach the stage; empty where it keeps no state.
const std::string& key_type_of(const plan::Plan& plan, uint32_t stage) {
  static const std::string kNone;
  const Node& node = plan.graph.nodes[plan.stages[stage].node];
  return node.kind == NodeKind::state ? plan.graph.nodes[node.inputs[0]].key_type : kNone;
}

/// Numbers and enums travel as 8 bytes, whatever their width.
std::string key_text(const std::string& type, const Record& record) {
  const bool number = type.starts_with("u") || type.starts_with("i") || type.starts_with("enum ");
  if (!number || record.key_bytes != sizeof(uint64_t)) {
    return base::printable(record.key_view(), kShownBytes);
  }
  const bool is_signed = type.starts_with("i") || type.starts_with("enum i");
  return is_signed ? std::to_string(base::load<int64_t>(record.key))
                   : std::to_string(base::load<uint64_t>(record.key));
}

}  // namespace

/// The place of a message, for people: "message 17 of source 'words' (connection 3), key 'fish'".
std::string Failures::where(const Failure& failure) const {
  std::string text;
  if (!failure.timer.empty()) {
    text = "timer '" + base::printable(failure.timer, kShownBytes) + "'";
  } else if (failure.position.source == wire::kNoSource) {
    text = "a message";
  } else {
    const wire::SourcePosition& at = failure.position;
    text = (failure.exact ? "message " : "a message at or soon after number ") +
           std::to_string(at.message) + " of source '" + plan_.stages[at.source].name + "' (" +
           (failure.origin.empty() ? "connection " + std::to_string(at.origin) : failure.origin) +
           " on core " + std::to_string(at.core) + ")";
  }
  const std::string& key_type = key_type_of(plan_, failure.stage);
  if (key_type.empty()) return text;
  return text + ", key '" + key_text(key_type, failure.record) + "'";
}

bool Failures::handle(const Failure& failure, bool report) {
  const bool fails = failure.site.on_error == OnError::fail;
  if (!report && !fails) return true;
  const std::string what = "'" + failure.site.name + "' failed on " + where(failure) + ": " +
                           base::printable(failure.error, kShownBytes);
  const std::string& stage = plan_.stages[failure.stage].name;
  if (!fails) {
    log_.write(io::LogLevel::error,
               what + "; the message is dropped and counted (stage '" + stage + "')");
    return true;
  }
  stop({ErrorCode::user_function,
        what + "; the worker stops, because the error policy of '" + failure.site.name +
            "' (stage '" + stage + "') is fail"});
  return false;
}

}  // namespace wallaroo::flow
