// Programs in which streams meet: merged, shared, dealt; and a source that makes its messages.
#include "conformance/graphs_cpp/graphs.h"

namespace conformance {
namespace {

auto behind(std::string word) {
  return [word](std::string_view line) {
    if (line == "bad " + word) throw std::runtime_error("no bad words");
    return word + ' ' + std::string(line);
  };
}

/// A source whose messages get its name in front.
wl::Stream<std::string> saying(wl::Application& app, const std::string& name, const char* address) {
  return app.pipeline(name).source(name, listen(wl::text, address)).to("say-" + name, behind(name));
}

void merge(wl::Application& app) {
  saying(app, "left", ":7010")
      .merge("both", saying(app, "right", ":7011"))
      .sink("out", connect(wl::text));
}

/// Streams that were merged and spread are merged once more.
void merge_three(wl::Application& app) {
  saying(app, "one", ":7010")
      .merge("first", saying(app, "two", ":7011"))
      .spread("deal")
      .merge("second", saying(app, "three", ":7012"))
      .sink("out", connect(wl::text));
}

/// Refused: a stream merged with itself.
void wrong_merge(wl::Application& app) {
  const auto lines = lines_of(app);
  lines.merge("both", lines).sink("out", connect(wl::text));
}

/// One stream goes two ways, which meet again.
void diamond(wl::Application& app) {
  const auto lines = lines_of(app);
  lines.to("plus", behind("plus"))
      .merge("both", lines.to("minus", behind("minus")))
      .sink("out", connect(wl::text));
}

Count count(std::string_view key, uint64_t& n) { return {std::string(key), ++n}; }

/// What comes out of a stage with state, with that of a source.
void merge_behind(wl::Application& app) {
  const auto counts = lines_of(app).key_by(whole).state<uint64_t>("count", count);
  const auto others = app.pipeline("o")
                          .source("others", listen(wl::text, ":7011"))
                          .to("zero", [](std::string_view line) {
                            return Count{std::string(line), 0};
                          });
  app.on_error(wl::OnError::dead_letter);
  counts.merge("all", others)
      .filter("check",
              [](const Count& counted) {
                if (counted.key == "bad") throw std::runtime_error("no bad words");
                return true;
              })
      .sink("out", connect(write_count));
}

void spread_count(wl::Application& app) {
  lines_of(app)
      .spread("deal")
      .to("upper", upper)
      .key_by([](const std::string& line) { return line; })
      .state<uint64_t>("count", count)
      .sink("out", connect(write_count));
}

/// "name amount".
struct Transfer {
  std::string name;
  int64_t amount = 0;
};

std::optional<Transfer> decode_transfer(std::string_view line) {
  const auto [name, digits] = halves(line);
  const auto amount = number<int64_t>(digits);
  if (!amount) return std::nullopt;
  return Transfer{std::string(name), *amount};
}

std::string balance_of(const Transfer& transfer, int64_t balance) {
  return transfer.name + ' ' + std::to_string(balance);
}

void shared(wl::Application& app) {
  app.on_error(wl::OnError::dead_letter);
  app.pipeline("d")
      .source("deposits", listen(decode_transfer))
      .key_by(&Transfer::name)
      .state<int64_t>("deposit", wl::shared("balance"),
                      [](const Transfer& transfer, int64_t& balance) {
                        return balance_of(transfer, balance += transfer.amount);
                      })
      .sink("deposited", connect(wl::text));
  app.pipeline("w")
      .source("withdrawals", listen(decode_transfer, ":7011"))
      .key_by(&Transfer::name)
      .state<int64_t>("withdraw", wl::shared("balance"),
                      [](const Transfer& transfer, int64_t& balance) {
                        if (balance < transfer.amount) throw std::runtime_error("not enough");
                        return balance_of(transfer, balance -= transfer.amount);
                      })
      .sink("withdrawn", connect(wl::text, ":7003"));
}

/// Refused: a name that cannot be one, and one that is used twice.
void wrong_names(wl::Application& app) {
  lines_of(app)
      .to("Upper case", upper)
      .to("again", upper)
      .to("again", upper)
      .sink("out", connect(wl::text));
}

/// Refused: states of one name and two types, and keys of two types.
void wrong_shared(wl::Application& app) {
  const auto lines = lines_of(app);
  lines.key_by(whole).state<uint64_t>("one", wl::shared("it"), count);
  lines.key_by(whole).state<int64_t>("two", wl::shared("it"),
                                     [](std::string_view, int64_t& n) { return ++n; });
  lines.key_by([](std::string_view line) { return uint64_t{line.size()}; })
      .state<uint64_t>("three", wl::shared("it"), count);
}

std::optional<uint64_t> make(uint64_t number) {
  if (number == 4) throw std::runtime_error("no four");
  return number < 10 ? std::optional(number) : std::nullopt;
}

void generator(wl::Application& app) {
  app.pipeline("p")
      .source("numbers", wl::generator(make))
      .key_by([](uint64_t number) { return number % 3; })
      .state<uint64_t>("sum",
                       [](uint64_t number, uint64_t& sum) {
                         return Count{std::to_string(number % 3), sum += number};
                       })
      .sink("out", connect(write_count));
}

}  // namespace

Programs joined_programs() {
  return {{"merge", merge},
          {"merge_three", merge_three},
          {"wrong_merge", wrong_merge},
          {"wrong_names", wrong_names},
          {"wrong_shared", wrong_shared},
          {"diamond", diamond},
          {"merge_behind", merge_behind, {{"count", text_of<uint64_t>("count")}}},
          {"spread_count", spread_count, {{"count", text_of<uint64_t>("count")}}},
          {"shared",
           shared,
           {{"deposit", text_of<int64_t>("deposit")}, {"withdraw", text_of<int64_t>("withdraw")}}},
          {"generator", generator}};
}

}  // namespace conformance
