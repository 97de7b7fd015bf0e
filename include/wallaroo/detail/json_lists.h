// From JSON to containers. Users include json.h.
#pragma once

#include <iterator>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "wallaroo/detail/json_types.h"

namespace wallaroo::detail {

template <class T>
bool read_json(JsonCursor in, T& value, JsonProblem& problem);

template <class T>
bool read_json_list(JsonCursor in, T& value, JsonProblem& problem) {
  JsonList list{};
  if (!open(in, list, problem)) return false;
  JsonCursor element{};
  size_t count = 0;
  constexpr bool kReuses = SequenceLike<T> && !std::is_same_v<T, std::vector<bool>>;
  if constexpr (!kReuses) value.clear();
  auto reused = value.begin();
  for (; list.next(element); ++count) {
    if constexpr (kReuses) {
      if (reused == value.end()) {
        value.emplace_back();
        reused = std::prev(value.end());
      }
      if (!read_json(element, *reused, problem)) return problem.in_element(count);
      ++reused;
    } else {
      typename T::value_type one{};
      if (!read_json(element, one, problem)) return problem.in_element(count);
      if constexpr (SequenceLike<T>) {
        value.push_back(one);
      } else {
        value.insert(std::move(one));
      }
    }
  }
  if constexpr (kReuses) value.erase(reused, value.end());
  return true;
}

template <class T>
bool read_json_fixed_list(JsonCursor in, T& value, JsonProblem& problem) {
  JsonList list{};
  if (!open(in, list, problem)) return false;
  constexpr size_t kElements = std::tuple_size_v<T>;
  JsonCursor element{};
  size_t at = 0;
  const auto one = [&](auto& part) {
    if (!list.next(element)) {
      return problem.refuse("a list of " + std::to_string(kElements) + " elements has only " +
                            std::to_string(at));
    }
    return read_json(element, part, problem) ? (++at, true) : problem.in_element(at);
  };
  if (!std::apply([&](auto&... part) { return (one(part) && ...); }, value)) return false;
  return !list.next(element) ||
         problem.refuse("the list has more than its " + std::to_string(kElements) + " elements");
}

template <class T>
bool read_json_map(JsonCursor in, T& value, JsonProblem& problem) {
  JsonObject object{};
  if (!open(in, object, problem)) return false;
  value.clear();
  std::string_view name;
  JsonCursor entry{};
  while (object.next(name, entry)) {
    const auto [at, fresh] = value.try_emplace(typename T::key_type(name));
    if (!fresh) return problem.refuse("comes twice") || problem.in_entry(name);
    if (!read_json(entry, at->second, problem)) return problem.in_entry(name);
  }
  return true;
}

}  // namespace wallaroo::detail
