// The histogram against exact values: every value falls into a bucket whose bound is within 1/64.
#include "base/histogram.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/rng.h"

namespace wallaroo::base {
namespace {

TEST(Histogram, buckets_are_contiguous_and_narrow) {
  size_t previous = 0;
  for (uint64_t value = 0; value < 100'000; ++value) {
    const size_t index = Histogram::index_of(value);
    ASSERT_TRUE(index == previous || index == previous + 1) << value;
    previous = index;
    ASSERT_GE(Histogram::upper_bound(index), value);
    ASSERT_LE(Histogram::upper_bound(index) - value, value / 64) << value;
  }
  EXPECT_LT(Histogram::index_of(UINT64_MAX), Histogram::kBuckets);
}

TEST(Histogram, quantiles_of_two_cores_are_read_as_one) {
  auto low = std::make_unique<Histogram>();
  auto high = std::make_unique<Histogram>();
  for (uint64_t value = 1; value <= 500; ++value) low->add(value);
  for (uint64_t value = 501; value <= 1000; ++value) high->add(value, 1);
  HistogramView view;
  view.add(*low);
  view.add(*high);
  EXPECT_EQ(view.count(), 1000u);
  EXPECT_EQ(view.sum(), 500'500u);
  EXPECT_EQ(view.max(), 1000u);
  EXPECT_NEAR(static_cast<double>(view.quantile(0.5)), 500, 10);
  EXPECT_NEAR(static_cast<double>(view.quantile(0.99)), 990, 16);
  EXPECT_EQ(view.quantile(1.0), 1000u);
  EXPECT_EQ(HistogramView().quantile(0.5), 0u);
}

}  // namespace
}  // namespace wallaroo::base
