// The contract of KeyedState for the tables. Random histories of updates, erasures, drops and
// snapshot round trips are compared with a plain map.
#include "state/keyed_state_contract.h"
#include "state/table.h"

namespace wallaroo::state {
namespace {

template <class T>
struct TableOf {
  using Value = T;
  static std::unique_ptr<KeyedState> make(uint32_t partitions = kPartitions) {
    return std::make_unique<InlineTable>(state_type_for_test<T>(), partitions, 7);
  }
};
// Segments so small that a few keys already split them many times.
template <class T>
struct SmallSegmentsOf {
  using Value = T;
  static std::unique_ptr<KeyedState> make(uint32_t partitions = kPartitions) {
    return std::make_unique<InlineTable>(state_type_for_test<T>(), partitions, 7,
                                         TableOptions{.segment_bytes_max = 512});
  }
};
using Implementations =
    testing::Types<TableOf<Count>, TableOf<Pair>, TableOf<Text>, TableOf<Aligned>, TableOf<Large>,
                   SmallSegmentsOf<Count>, SmallSegmentsOf<Pair>, SmallSegmentsOf<Text>,
                   SmallSegmentsOf<Aligned>, SmallSegmentsOf<Large>, MapOf<Count>, MapOf<Text>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Tables, KeyedStateContract, Implementations);

RC_GTEST_PROP(KeyedStateHistory, table_equals_the_model, (uint64_t seed)) {
  random_history<TableOf<Count>>(seed);
}
RC_GTEST_PROP(KeyedStateHistory, table_with_small_segments_equals_the_model, (uint64_t seed)) {
  random_history<SmallSegmentsOf<Text>>(seed);
}
RC_GTEST_PROP(KeyedStateHistory, map_equals_the_model, (uint64_t seed)) {
  random_history<MapOf<Text>>(seed);
}

}  // namespace
}  // namespace wallaroo::state
