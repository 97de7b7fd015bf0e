// The records of the market spread example: fixed layouts, numbers big-endian, doubles as IEEE 754.
#pragma once

#include <wallaroo/wallaroo.h>

#include <bit>
#include <optional>
#include <string>
#include <string_view>

/// 53 bytes: 1, side, account, order id (6), symbol (4), quantity, price, time (21, not read).
struct Order {
  uint8_t side = 0;  ///< 1 buys, 2 sells
  uint32_t account = 0;
  std::string id;
  std::string symbol;
  double quantity = 0;
  double price = 0;
};
/// 42 bytes: 2, symbol (4), time (21, not read), bid, offer.
struct Quote {
  std::string symbol;
  double bid = 0;
  double offer = 0;
};
/// 47 bytes: side, account, order id (6), symbol (4), quantity, price, bid, offer.
struct Rejected {
  Order order;
  double bid = 0;
  double offer = 0;
};

namespace records {

constexpr size_t kOrderBytes = 53;
constexpr size_t kQuoteBytes = 42;

inline uint64_t number_at(std::string_view bytes, size_t at, size_t width) {
  uint64_t number = 0;
  for (size_t i = 0; i < width; ++i) number = number << 8 | static_cast<uint8_t>(bytes[at + i]);
  return number;
}
inline double double_at(std::string_view bytes, size_t at) {
  return std::bit_cast<double>(number_at(bytes, at, 8));
}
inline void put_number(wl::Bytes& out, uint64_t number, size_t width) {
  for (size_t i = width; i-- > 0;) out << static_cast<char>(number >> (8 * i));
}
inline void put_double(wl::Bytes& out, double number) {
  put_number(out, std::bit_cast<uint64_t>(number), 8);
}

}  // namespace records

/// Anything that is not an order is refused and counted.
inline std::optional<Order> read_order(std::string_view bytes) {
  if (bytes.size() != records::kOrderBytes || bytes[0] != 1) return std::nullopt;
  return Order{.side = static_cast<uint8_t>(bytes[1]),
               .account = static_cast<uint32_t>(records::number_at(bytes, 2, 4)),
               .id = std::string(bytes.substr(6, 6)),
               .symbol = std::string(bytes.substr(12, 4)),
               .quantity = records::double_at(bytes, 16),
               .price = records::double_at(bytes, 24)};
}

inline std::optional<Quote> read_quote(std::string_view bytes) {
  if (bytes.size() != records::kQuoteBytes || bytes[0] != 2) return std::nullopt;
  return Quote{.symbol = std::string(bytes.substr(1, 4)),
               .bid = records::double_at(bytes, 26),
               .offer = records::double_at(bytes, 34)};
}

inline void write_rejected(const Rejected& rejected, wl::Bytes& out) {
  const Order& order = rejected.order;
  records::put_number(out, order.side, 1);
  records::put_number(out, order.account, 4);
  out << order.id << order.symbol;
  for (const double number : {order.quantity, order.price, rejected.bid, rejected.offer}) {
    records::put_double(out, number);
  }
}
