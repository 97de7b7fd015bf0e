// For docs/guide/graphs.md.
struct Quote {
  std::string symbol;
  double price = 0;
};
struct Order {
  std::string symbol;
  uint64_t pieces = 0;
};
struct Market {
  double price = 0;
};

constexpr auto follow = [](const Quote& quote, Market& market) {
  market.price = quote.price;
  return quote;
};
constexpr auto check_order = [](const Order& order, Market& market) -> std::optional<Order> {
  if (market.price == 0) return std::nullopt;
  return order;
};
constexpr auto slow_parse = [](std::string_view line) { return Order{std::string(line), 1}; };
constexpr auto add_up = [](const Order& order, uint64_t& pieces) { return pieces += order.pieces; };

struct Given : GivenApplication {
  const wl::Stream<Quote> quotes = stream_of<Quote>("quotes");
  const wl::Stream<Order> orders = stream_of<Order>("orders");
  const wl::Stream<std::string_view> lines =
      app.pipeline("text").source("text", wl::tcp::listen(":0", wl::framing::lines, wl::text));
};
