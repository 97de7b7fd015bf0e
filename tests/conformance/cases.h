// Reading the cases of the conformance suite; tests/conformance/README.md is their format.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace conformance {

using Texts = std::vector<std::string>;

/// The text that stands for a message: itself, or an object that describes it.
std::string text_of_message(const boost::json::value& message);
/// A list of messages; one entry can stand for many.
Texts texts_of(const boost::json::value& messages);

std::string from_base64(std::string_view text);
std::string to_base64(std::string_view bytes);
std::string to_hex(std::string_view bytes);

/// For people: unprintable bytes escaped, long texts cut.
std::string shown(std::string_view text);

/// Brings messages into the order in which they are compared.
Texts ordered(Texts texts, std::string_view order);

/// A sentence about the first difference; empty when there is none.
std::string difference(const std::string& what, const Texts& wanted, const Texts& found);

struct Case {
  std::string name;  ///< of the file, without its ending
  boost::json::object fields;
};
/// The cases in a folder, sorted by name.
std::vector<Case> cases_in(const std::string& folder);

}  // namespace conformance
