// A graph in JSON, as a program in another language hands it over.
#include "guest/graph_json.h"

#include "fuzz/targets.h"
#include "plan/explain.h"
#include "plan/plan.h"

namespace wallaroo::fuzz {

void fuzz_graph(const uint8_t* data, size_t bytes) {
  const std::string_view json(reinterpret_cast<const char*>(data), bytes);
  const auto read = guest::read_graph(wl_guest{}, json);
  if (!read.has_value()) {
    ASSERT(!read.error().message.empty(), "an error says what is wrong");
    return;
  }
  const Graph& graph = (*read)->graph;
  for (const Node& node : graph.nodes) ASSERT(node.factory != nullptr, "a node makes its steps");
  const auto plan = plan::build(graph);
  if (!plan.has_value()) {
    ASSERT(!plan.error().message.empty(), "an error says what is wrong");
    return;
  }
  ASSERT(!plan->stages.empty(), "a graph that is accepted has something to run");
  ASSERT(!plan::explain_text(*plan, {.cores = 2}).empty(), "what is accepted can be explained");
}

std::vector<std::string> graph_seeds() {
  const std::string head = R"({"application":"a","pipelines":["p"],"nodes":[)";
  const std::string source = R"({"kind":"source","name":"in","pipeline":"p","from":)";
  const std::string sink = R"({"kind":"sink","name":"out","pipeline":"p","inputs":)";
  return {
      head + source + R"({"memory":{"messages":["a"],"repeat":2}}},)" + sink +
          R"([0],"to":{"file":{"path":"b","append":true}}}]})",
      head + source + R"({"tcp":{"address":{"flag":"in","value":":1"},"framing":"own"}}},)" +
          R"({"kind":"key_by","pipeline":"p","inputs":[0],"key_type":"text","keys":["YQ=="]},)" +
          R"({"kind":"state","name":"s","pipeline":"p","inputs":[1],"shared":"x",)" +
          R"("state_type":"t","timers":true,"on_error":"fail"},)" + sink +
          R"([2],"to":{"tcp":{"address":":2","framing":{"length":2,"little_endian":true}}}}]})",
      head + source + R"({"generator":{"per_second":9}}},)" +
          R"({"kind":"event_time","pipeline":"p","inputs":[0]},)" +
          R"({"kind":"spread","name":"d","pipeline":"p","inputs":[1]},)" +
          R"({"kind":"merge","name":"m","pipeline":"p","inputs":[2,0]},)" +
          R"({"kind":"computation","name":"c","pipeline":"p","inputs":[3]},)" + sink +
          R"([4],"to":{"discard":{}}}]})",
  };
}

}  // namespace wallaroo::fuzz
