#include "cli/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "os/http_client.h"
#include "os/resolve.h"

namespace wallaroo::cli {
namespace {

namespace json = boost::json;

constexpr const char* kExamples = R"(Examples:
  wallaroo status
  wallaroo status --http 127.0.0.1:7080 -o json
)";

using Row = std::vector<std::pair<std::string, std::string>>;  // column, cell

std::string to_cell(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_null()) return "-";
  if (value.is_double()) return fmt::format("{:.6g}", value.get_double());
  return json::serialize(value);
}

/// Members of nested objects become columns of their own: "latency_seconds.p50".
void flatten(const std::string& prefix, const json::object& object, Row& row) {
  for (const auto& member : object) {
    const std::string name = prefix + std::string(member.key());
    if (member.value().is_object())
      flatten(name + '.', member.value().get_object(), row);
    else
      row.emplace_back(name, to_cell(member.value()));
  }
}

bool is_table(const json::value& value) {
  return value.is_array() && !value.get_array().empty() &&
         std::all_of(value.get_array().begin(), value.get_array().end(),
                     [](const json::value& each) { return each.is_object(); });
}

bool is_number(std::string_view cell) {
  return cell.find_first_of("0123456789") != std::string_view::npos &&
         cell.find_first_not_of("0123456789+-.e") == std::string_view::npos;
}

using Cells = std::vector<std::string>;

struct Column {
  size_t width = 0;
  bool numbers = true;  // and dashes: set to the right
};

Column measure(const std::vector<Cells>& lines, size_t index) {
  Column column;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string& cell = lines[i][index];
    column.width = std::max(column.width, cell.size());
    if (i > 0 && cell != "-" && !is_number(cell)) column.numbers = false;
  }
  return column;
}

/// The first line is the heading.
std::string align(const std::vector<Cells>& lines) {
  std::vector<Column> columns;
  for (size_t i = 0; i < lines.front().size(); ++i) columns.push_back(measure(lines, i));
  std::string text;
  for (const Cells& cells : lines) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      line += columns[i].numbers ? fmt::format("  {:>{}}", cells[i], columns[i].width)
                                 : fmt::format("  {:<{}}", cells[i], columns[i].width);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

std::string format_table(const json::array& array) {
  std::vector<Row> rows;
  Cells columns;
  for (const json::value& each : array) {
    flatten("", each.get_object(), rows.emplace_back());
    for (const auto& [name, cell] : rows.back())
      if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
  }
  std::vector<Cells> lines{columns};
  for (const Row& row : rows) {
    Cells& cells = lines.emplace_back(columns.size(), "-");
    for (const auto& [name, cell] : row) {
      const auto column = std::find(columns.begin(), columns.end(), name);
      cells[size_t(column - columns.begin())] = cell;
    }
  }
  return align(lines);
}

struct StatusFlags {
  std::string http = "127.0.0.1:7080";
  std::string output = "text";
  bool json = false;
};

ExitCode show_status(const StatusFlags& flags) {
  const auto address = os::resolve(flags.http);
  if (!address) return report(address.error());
  const auto answer = os::http_get(*address, "/status");
  if (!answer) return report(answer.error());
  if (answer->status != 200) {
    return report({ErrorCode::io, fmt::format("http://{}/status answers {}: {}; is this a worker?",
                                              flags.http, answer->status, answer->body)});
  }
  if (flags.json || flags.output == "json") {
    fmt::print("{}{}", answer->body, answer->body.ends_with('\n') ? "" : "\n");
    return ExitCode::done;
  }
  const auto text = format_status(answer->body);
  if (!text) return report(text.error());
  fmt::print("{}", *text);
  return ExitCode::done;
}

}  // namespace

Result<std::string> format_status(std::string_view text) {
  boost::system::error_code error;
  const json::value status = json::parse({text.data(), text.size()}, error);
  if (error || !status.is_object()) {
    return fail(ErrorCode::io,
                "the answer is not a JSON object; is this the address of a worker's --http?");
  }
  Row row;
  std::string tables;
  for (const auto& member : status.get_object()) {
    const std::string name(member.key());
    if (is_table(member.value()))
      tables += '\n' + name + '\n' + format_table(member.value().get_array());
    else if (member.value().is_object())
      flatten(name + '.', member.value().get_object(), row);
    else if (!member.value().is_array() || !member.value().get_array().empty())
      row.emplace_back(name, to_cell(member.value()));
  }
  size_t width = 0;
  for (const auto& [name, cell] : row) width = std::max(width, name.size());
  std::string result;
  for (const auto& [name, cell] : row) result += fmt::format("{:<{}}  {}\n", name, width, cell);
  return result + tables;
}

void add_status(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("status", "Show what a worker has taken, sent and dropped");
  command->footer(kExamples);
  const auto flags = std::make_shared<StatusFlags>();
  command->add_option("--http", flags->http, "The address of the worker's --http")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  const auto output = command->add_option("-o,--output", flags->output, "text or json")
                          ->type_name("FORMAT")
                          ->check(unnamed(CLI::IsMember({"text", "json"})))
                          ->capture_default_str();
  command->add_flag("--json", flags->json, "The same as -o json")->excludes(output);
  command->callback([flags, &exit] { exit = show_status(*flags); });
}

}  // namespace wallaroo::cli
