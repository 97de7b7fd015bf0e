#include "api/address_conflicts.h"

#include <gtest/gtest.h>

namespace wallaroo::api {
namespace {

std::string conflict(const io::Address& source, const io::Address& sink) {
  Graph graph;
  graph.nodes.push_back({.kind = NodeKind::source, .name = "in", .source = TcpSourceSpec{}});
  graph.nodes.push_back({.kind = NodeKind::sink, .name = "out", .sink = TcpSinkSpec{}});
  const auto checked = check_addresses(graph, {source, sink});
  return checked ? "" : checked.error().message;
}

TEST(AddressConflicts, a_sink_that_would_feed_its_own_worker_is_refused) {
  EXPECT_EQ(conflict({"127.0.0.1", 7010}, {"127.0.0.1", 7010}),
            "sink 'out' would connect to 127.0.0.1:7010, where source 'in' of the same worker "
            "listens, and both would wait for each other; give one of them another address");
  EXPECT_NE(conflict({"0.0.0.0", 7010}, {"127.0.0.1", 7010}), "");
  EXPECT_NE(conflict({"::", 7010}, {"::1", 7010}), "");
  EXPECT_EQ(conflict({"127.0.0.1", 7010}, {"127.0.0.1", 7011}), "");
  EXPECT_EQ(conflict({"127.0.0.1", 7010}, {"127.0.0.2", 7010}), "");
  EXPECT_EQ(conflict({"0.0.0.0", 7010}, {"192.0.2.1", 7010}), "");
}

TEST(AddressConflicts, a_sink_needs_a_port) {
  EXPECT_EQ(conflict({"127.0.0.1", 0}, {"127.0.0.1", 0}),
            "sink 'out' would connect to 127.0.0.1:0, but nobody can listen on port 0; name the "
            "receiver's port");
  EXPECT_EQ(conflict({"127.0.0.1", 0}, {"127.0.0.1", 1}), "");
}

}  // namespace
}  // namespace wallaroo::api
