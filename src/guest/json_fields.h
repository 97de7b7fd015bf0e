// Reading objects of JSON field by field, with errors that say where. Nothing of it is copied; the
// document outlives the readers.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wallaroo::guest {

/// The first thing that is wrong in a document.
class JsonTrouble {
 public:
  void say(const std::string& where, const std::string& what) {
    if (!error_) error_ = Error{ErrorCode::bad_application, where + ": " + what};
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  std::optional<Error> error_;
};

/// The fields of one object. Each is asked for once; done() refuses those that nobody asked for.
class JsonFields {
 public:
  JsonFields(const boost::json::value& value, std::string where, JsonTrouble& trouble)
      : object_(value.if_object()), where_(std::move(where)), trouble_(trouble) {
    if (object_ == nullptr) trouble_.say(where_, "must be an object");
  }

  /// Null when it is absent.
  const boost::json::value* find(const char* name) {
    asked_.insert(name);
    return object_ == nullptr ? nullptr : object_->if_contains(name);
  }
  std::string text(const char* name, const std::string& fallback = {}) {
    const auto* value = find(name);
    if (value == nullptr) return fallback;
    const auto* found = value->if_string();
    if (found == nullptr) trouble_.say(path(name), "must be text");
    return found == nullptr ? fallback : std::string(std::string_view(*found));
  }
  bool boolean(const char* name) {
    const auto* value = find(name);
    if (value != nullptr && !value->is_bool()) trouble_.say(path(name), "must be true or false");
    return value != nullptr && value->is_bool() && value->get_bool();
  }
  template <class N>
  N number(const char* name, N fallback) {
    const auto* value = find(name);
    if (value == nullptr) return fallback;
    boost::json::error_code refused;
    const auto found = value->to_number<N>(refused);
    if (!refused) return found;
    trouble_.say(path(name),
                 "must be a number from 0 to " + std::to_string(std::numeric_limits<N>::max()));
    return fallback;
  }
  /// Empty when it is absent.
  std::vector<const boost::json::value*> list(const char* name) {
    std::vector<const boost::json::value*> items;
    const auto* value = find(name);
    if (value == nullptr) return items;
    if (!value->is_array()) {
      trouble_.say(path(name), "must be a list");
      return items;
    }
    for (const auto& item : value->get_array()) items.push_back(&item);
    return items;
  }
  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> found;
    for (const auto* item : list(name)) {
      if (!item->is_string())
        trouble_.say(path(name), "must be a list of texts");
      else
        found.emplace_back(std::string_view(item->get_string()));
    }
    return found;
  }
  void done() {
    if (object_ == nullptr) return;
    for (const auto& field : *object_) {
      if (!asked_.contains(std::string(std::string_view(field.key()))))
        trouble_.say(where_, "has no field '" + std::string(std::string_view(field.key())) + "'");
    }
  }

  std::string path(const char* name) const { return where_ + "." + name; }
  void say(const std::string& what) { trouble_.say(where_, what); }
  JsonTrouble& trouble() { return trouble_; }

 private:
  const boost::json::object* object_;
  const std::string where_;
  JsonTrouble& trouble_;
  std::set<std::string> asked_;
};

}  // namespace wallaroo::guest
