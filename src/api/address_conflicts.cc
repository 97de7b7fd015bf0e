#include "api/address_conflicts.h"

#include "plan/plan.h"

namespace wallaroo::api {
namespace {

bool is_any(const io::Address& address) {
  return address.host == "0.0.0.0" || address.host == "::";
}

bool reaches(const io::Address& to, const io::Address& listener) {
  return to.port == listener.port &&
         (to.host == listener.host || (is_any(listener) && io::is_loopback(to)));
}

}  // namespace

Result<void> check_addresses(const Graph& graph, const std::vector<io::Address>& addresses) {
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!std::holds_alternative<TcpSinkSpec>(graph.nodes[i].sink)) continue;
    const std::string sink =
        "sink '" + graph.nodes[i].name + "' would connect to " + io::to_text(addresses[i]);
    if (addresses[i].port == 0) {
      return fail(ErrorCode::bad_option,
                  sink + ", but nobody can listen on port 0; name the receiver's port");
    }
    for (size_t k = 0; k < graph.nodes.size(); ++k) {
      if (!std::holds_alternative<TcpSourceSpec>(graph.nodes[k].source)) continue;
      if (!reaches(addresses[i], addresses[k])) continue;
      return fail(ErrorCode::bad_option, sink + ", where source '" + graph.nodes[k].name +
                                             "' of the same worker listens, and both would wait "
                                             "for each other; give one of them another address");
    }
  }
  return {};
}

}  // namespace wallaroo::api
