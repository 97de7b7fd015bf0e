// What each customer has bought: JSON in, JSON out. The names of the fields are all that the codec
// needs.
#pragma once

#include <wallaroo/json.h>
#include <wallaroo/wallaroo.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

enum class Payment : uint8_t { card, cash };
WALLAROO_NAMES(Payment, card, cash)

struct Item {
  std::string article;
  uint16_t pieces = 0;
  int64_t cents = 0;  // of one piece
  WALLAROO_FIELDS(Item, article, pieces, cents)
};
struct Purchase {
  std::string customer;
  Payment payment = Payment::card;
  std::vector<Item> items;
  std::optional<int64_t> discount_cents;
  WALLAROO_FIELDS(Purchase, customer, payment, items, discount_cents)
};

struct Customer {
  uint32_t purchases = 0;
  int64_t cents = 0;
  std::map<std::string, uint32_t> pieces;
};
struct Total {
  std::string customer;
  uint32_t purchases = 0;
  int64_t cents = 0;
  std::map<std::string, uint32_t> pieces;
  WALLAROO_FIELDS(Total, customer, purchases, cents, pieces)
};

inline Total add(const Purchase& purchase, Customer& customer) {
  ++customer.purchases;
  customer.cents -= purchase.discount_cents.value_or(0);
  for (const Item& item : purchase.items) {
    customer.cents += item.pieces * item.cents;
    customer.pieces[item.article] += item.pieces;
  }
  return {purchase.customer, customer.purchases, customer.cents, customer.pieces};
}

inline wl::Stream<Total> add_up(const wl::Stream<Purchase>& purchases) {
  return purchases.key_by(&Purchase::customer).state<Customer>("add", add);
}
