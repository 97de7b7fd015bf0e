// One mistake for each macro CASE_...; without any the file is correct. CMakeLists.txt has the
// sentences. ONE_MISTAKE leaves the correct uses out, for speed.
#include <prelude.h>

struct Process {
  Total sum;
#if defined(CASE_process_without_on_event)
#elif defined(CASE_process_of_another_message)
  Total on_event(const std::string&, wl::Context&) { return sum; }
#elif defined(CASE_process_without_output_followed)
  void on_event(const Order&, wl::Context&) {}
#else
  Total on_event(const Order&, wl::Context&) { return sum; }
#endif
#if defined(CASE_process_without_on_timer)
#elif defined(CASE_process_without_output_followed)
  void on_timer(std::string_view, wl::Context&) {}
#elif defined(CASE_process_with_two_outputs)
  std::string on_timer(std::string_view, wl::Context&) { return {}; }
#else
  std::optional<Total> on_timer(std::string_view, wl::Context&) { return sum; }
#endif
#if defined(CASE_process_not_serialisable)
  std::unique_ptr<int> pointer;
#endif
};

void sources(wl::Application& app) {
#if defined(CASE_source_decoder_of_another_type)
  app.pipeline("p").source("in", wl::memory::source({}, [](int) { return Order{}; }));
#elif defined(CASE_source_decoder_without_result)
  app.pipeline("p").source("in", wl::memory::source({}, [](std::string_view) {}));
#elif defined(CASE_source_without_name)
  app.pipeline("p").source(wl::memory::source({}, wl::text));
#elif defined(CASE_source_of_a_sink)
  app.pipeline("p").source("in", wl::tcp::connect(":1", wl::framing::lines, wl::text));
#elif defined(CASE_source_of_something_else)
  app.pipeline("p").source("in", wl::text);
#elif defined(CASE_source_swapped)
  app.pipeline("p").source(wl::memory::source({}, wl::text), "in");
#elif defined(CASE_source_move_only)
  app.pipeline("p").source(
      "in", wl::memory::source({}, [p = std::make_unique<int>()](std::string_view) { return *p; }));
#elif defined(CASE_generator_move_only)
  app.pipeline("p").source(
      "in", wl::generator([p = std::make_unique<int>()](uint64_t) { return std::optional(*p); }));
#elif defined(CASE_generator_of_another_type)
  app.pipeline("p").source("in", wl::generator([](const Order&) { return std::optional(1); }));
#elif defined(CASE_generator_without_end)
  app.pipeline("p").source("in", wl::generator([](uint64_t number) { return number; }));
#elif !defined(ONE_MISTAKE)
  app.pipeline("p").source("in", wl::memory::source({}, wl::text));
#endif
}

void computations(const wl::Stream<Order>& orders) {
#if defined(CASE_to_of_another_message)
  orders.to("map", [](const Total& total) { return total; });
#elif defined(CASE_to_without_result_followed)
  orders.to("map", [](const Order&) {}).to("more", [](const Order& order) { return order; });
#elif defined(CASE_to_without_result_keyed)
  orders.to("map", [](const Order&) {})
      .key_by(&Order::user, {"ann", "bob"})
      .state<Total>("sum", [](const Order&, Total& total) { return total; });
#elif defined(CASE_to_without_result_merged)
  orders.merge("both", orders.to("map", [](const Order&) {}));
#elif defined(CASE_to_without_default)
  orders.to("map", [](const Order&) { return NoDefault(1); });
#elif !defined(ONE_MISTAKE)
  orders.to("map", [](const Order& order) { return order.amount; });
  orders.to("end", [](const Order&) {});
#endif
}

void computations_said_otherwise(const wl::Stream<Order>& orders) {
#if defined(CASE_state_without_key)
  orders.state<Total>("sum", [](const Order&, Total& total) { return total; });
#elif defined(CASE_process_without_key)
  orders.process<Process>("sum");
#elif defined(CASE_to_many_without_type)
  orders.to_many("split", [](const Order& order, auto& emit) { emit(order); });
#elif defined(CASE_to_swapped)
  orders.to([](const Order& order) { return order; }, "map");
#elif defined(CASE_to_move_only)
  orders.to("map", [p = std::make_unique<int>()](const Order&) { return *p; });
#elif defined(CASE_state_without_key_and_type)
  orders.state("sum", [](const Order&, Total& total) { return total; });
#elif defined(CASE_to_without_name)
  orders.to([](const Order& order) { return order; });
#elif defined(CASE_error_is_not_followed_by_others)
  orders.to("map", [](const Total& total) { return total; })
      .filter("keep", [](const Order&) { return true; })
      .key_by(&Order::user)
      .state<Total>("sum", [](const Order&, Total& total) { return total; })
      .sink("out", wl::tcp::connect(":1", wl::framing::lines, wl::text));
#elif !defined(ONE_MISTAKE)
  orders.to("map", [](const Order& order) { return order.amount; });
#endif
}

void filters_and_splits(const wl::Stream<Order>& orders) {
#if defined(CASE_filter_of_another_message)
  orders.filter("keep", [](const std::string&) { return true; });
#elif defined(CASE_filter_without_bool)
  orders.filter("keep", [](const Order& order) { return order.user; });
#elif defined(CASE_filter_swapped)
  orders.filter([](const Order&) { return true; }, "keep");
#elif defined(CASE_filter_move_only)
  orders.filter("keep", [p = std::make_unique<bool>()](const Order&) { return *p; });
#elif defined(CASE_filter_without_name)
  orders.filter([](const Order&) { return true; });
#elif !defined(ONE_MISTAKE)
  orders.filter("keep", [](const Order&) { return true; });
#endif

#if defined(CASE_to_many_of_another_message)
  orders.to_many<int>("split", [](const Total&, wl::Emit<int>&) {});
#elif defined(CASE_to_many_without_emit)
  orders.to_many<int>("split", [](const Order&) { return 1; });
#elif defined(CASE_to_many_of_another_message_and_any_emit)
  orders.to_many<int>("split", [](const Total& total, auto& emit) { emit(total.amount); });
#elif defined(CASE_to_many_emits_another_type)
  orders.to_many<int>("split", [](const Order& order, auto& emit) { emit(order.user); });
#elif defined(CASE_to_many_emits_a_view_of_a_temporary)
  orders.to_many<std::string_view>("split",
                                   [](const Order& order, auto& emit) { emit(order.user + "!"); });
#elif defined(CASE_to_many_swapped)
  orders.to_many<int>([](const Order&, wl::Emit<int>&) {}, "split");
#elif defined(CASE_to_many_move_only)
  orders.to_many<int>("split",
                      [p = std::make_unique<int>()](const Order&, auto& emit) { emit(*p); });
#elif defined(CASE_to_many_without_name)
  orders.to_many<int>([](const Order&, wl::Emit<int>&) {});
#elif !defined(ONE_MISTAKE)
  orders.to_many<int>("split", [](const Order&, wl::Emit<int>& emit) { emit(1); });
#endif
}

void event_time_and_keys(const wl::Stream<Order>& orders, const wl::Stream<Opaque>& opaque) {
#if defined(CASE_event_time_of_another_message)
  orders.event_time([](const Total&) { return wl::Time{}; }, wl::bounded_lateness({}));
#elif defined(CASE_event_time_member_of_another_message)
  orders.event_time(&Event::at, wl::bounded_lateness({}));
#elif defined(CASE_event_time_move_only)
  orders.event_time([p = std::make_unique<wl::Time>()](const Order&) { return *p; },
                    wl::bounded_lateness({}));
#elif defined(CASE_event_time_without_time)
  orders.event_time(&Order::user, wl::bounded_lateness({}));
#elif !defined(ONE_MISTAKE)
  orders.event_time(&Order::at, wl::bounded_lateness({}));
#endif

#if defined(CASE_key_by_of_another_message)
  orders.key_by([](const Total& total) { return total.amount; });
#elif defined(CASE_key_by_member_of_another_message)
  orders.key_by(&Event::user);
#elif defined(CASE_key_by_member_of_another_message_listed)
  orders.key_by(&Event::user, std::vector<std::string>{"ann"});
#elif defined(CASE_key_by_method_that_changes)
  orders.to("event", [](const Order&) { return Event{}; }).key_by(&Event::take_user);
#elif defined(CASE_key_by_with_a_name)
  orders.key_by("by-user", &Order::user);
#elif defined(CASE_key_by_move_only)
  orders.key_by([p = std::make_unique<int>()](const Order&) { return *p; });
#elif defined(CASE_key_by_message_with_private_fields)
  orders.to("hide", [](const Order&) { return Private(1); }).key_by([](const Private&) {
    return 1;
  });
#elif defined(CASE_key_by_floating_point)
  orders.key_by([](const Order&) { return 1.5; });
#elif defined(CASE_key_by_without_key)
  orders.key_by([](const Order&) {});
#elif defined(CASE_key_by_message_not_serialisable)
  opaque.key_by([](const Opaque&) { return 1; });
#elif defined(CASE_key_by_list_of_another_type)
  orders.key_by(&Order::amount, std::vector<std::string>{"ann"});
#elif defined(CASE_key_by_braces_of_another_type)
  orders.key_by(&Order::amount, {"ann", "bob"});
#elif defined(CASE_key_by_braces_of_numbers)
  orders.key_by(&Order::user, {0, 1});
#elif defined(CASE_key_by_braces_of_another_message)
  orders.key_by([](const Total& total) { return total.amount; }, {1, 2});
#elif defined(CASE_key_by_braces_of_another_member)
  orders.key_by(&Event::user, {"ann", "bob"});
#elif defined(CASE_key_by_braces_without_key)
  orders.key_by([](const Order&) {}, {{"ann", 1}, {"bob", 2}});
#elif defined(CASE_key_by_braces_move_only)
  orders.key_by([p = std::make_unique<int>()](const Order&) { return *p; }, {1, 2});
#elif defined(CASE_error_is_not_followed_by_braces)
  orders.to("map", [](const Total& total) { return total; }).key_by(&Order::user, {"ann", "bob"});
#elif !defined(ONE_MISTAKE)
  orders.key_by(&Order::user, std::vector<std::string>{"ann"});
  orders.key_by(&Order::user, {"ann", "bob"});
#endif
}

void ends(const wl::Stream<Order>& orders, const wl::Stream<Opaque>& opaque) {
#if defined(CASE_merge_not_serialisable)
  opaque.merge("both", opaque);
#elif defined(CASE_merge_of_another_type)
  orders.merge("both", opaque);
#elif defined(CASE_merge_swapped)
  orders.merge(orders, "both");
#elif defined(CASE_merge_without_name)
  orders.merge(orders);
#elif !defined(ONE_MISTAKE)
  orders.merge("both", orders);
#endif

#if defined(CASE_spread_not_serialisable)
  opaque.spread("deal");
#elif defined(CASE_spread_without_name)
  orders.spread();
#elif !defined(ONE_MISTAKE)
  orders.spread("deal");
#endif

#if defined(CASE_sink_of_another_message)
  orders.sink("out", wl::tcp::connect(":1", wl::framing::lines, wl::text));
#elif defined(CASE_sink_encoder_without_bytes)
  orders.sink("out", wl::tcp::connect(":1", wl::framing::lines, [](const Order&) { return 1; }));
#elif defined(CASE_sink_of_a_source)
  orders.sink("out", wl::tcp::listen(":1", wl::framing::lines, wl::text));
#elif defined(CASE_sink_of_something_else)
  orders.sink("out", [](const Order&, wl::Bytes&) {});
#elif defined(CASE_sink_swapped)
  orders.sink(wl::tcp::connect(":1", wl::framing::lines, [](const Order&, wl::Bytes&) {}), "out");
#elif defined(CASE_sink_move_only)
  orders.sink("out", wl::tcp::connect(":1", wl::framing::lines,
                                      [p = std::make_unique<int>()](const Order&, wl::Bytes& out) {
                                        out << *p;
                                      }));
#elif defined(CASE_sink_without_name)
  orders.sink(wl::tcp::connect(":1", wl::framing::lines, [](const Order&, wl::Bytes&) {}));
#elif !defined(ONE_MISTAKE)
  orders.sink("out", wl::tcp::connect(":1", wl::framing::lines, [](const Order&, wl::Bytes&) {}));
#endif

#if defined(CASE_codec_of_a_type_that_has_none)
  wl::Bytes bytes;
  wl::Codec<Opaque>::encode(Opaque{}, bytes);
#endif
}

void states(const wl::Keyed<Order, std::string>& keyed) {
#if defined(CASE_state_of_another_message)
  keyed.state<Total>("sum", [](const std::string&, Total& total) { return total; });
#elif defined(CASE_state_of_another_state)
  keyed.state<Total>("sum", [](const Order&, std::string&) { return 1; });
#elif defined(CASE_state_shared_of_another_state)
  keyed.state<Total>("sum", wl::shared("sums"), [](const Order&, std::string&) { return 1; });
#elif defined(CASE_state_by_value)
  keyed.state<Total>("sum", [](const Order&, Total total) { return total; });
#elif defined(CASE_key_by_without_state)
  keyed.sink("out", wl::tcp::connect(":1", wl::framing::lines, wl::text));
#elif defined(CASE_state_without_result_followed)
  keyed.state<Total>("sum", [](const Order&, Total&) {})
      .sink("out", wl::tcp::connect(":1", wl::framing::lines, wl::text));
#elif defined(CASE_state_without_result_followed_behind_its_policy)
  keyed.state<Total>("sum", wl::shared("sums"), [](const Order&, Total&) {})
      .on_error(wl::OnError::fail)
      .to_many<int>("split", [](const Order&, wl::Emit<int>& emit) { emit(1); });
#elif defined(CASE_state_not_serialisable)
  keyed.state<Opaque>("sum", [](const Order&, Opaque&) { return 1; });
#elif defined(CASE_state_of_views)
  keyed.state<View>("sum", [](const Order&, View&) { return 1; });
#elif defined(CASE_state_with_private_fields)
  keyed.state<Private>("sum", [](const Order&, Private&) { return 1; });
#elif !defined(ONE_MISTAKE)
  keyed.state<Total>("sum", [](const Order&, Total& total) { return total; });
  keyed.state<Total>("end", [](const Order&, Total&) {}).on_error(wl::OnError::fail);
#endif
}

void states_said_otherwise(const wl::Keyed<Order, std::string>& keyed) {
#if defined(CASE_state_swapped)
  keyed.state<Total>([](const Order&, Total& total) { return total; }, "sum");
#elif defined(CASE_state_without_type)
  keyed.state("sum", [](const Order&, Total& total) { return total; });
#elif defined(CASE_state_shared_without_type)
  keyed.state("sum", wl::shared("sums"), [](const Order&, Total& total) { return total; });
#elif defined(CASE_state_move_only)
  keyed.state<Total>("sum", [p = std::make_unique<int>()](const Order&, Total&) { return *p; });
#elif defined(CASE_state_shared_move_only)
  keyed.state<Total>("sum", wl::shared("sums"),
                     [p = std::make_unique<int>()](const Order&, Total&) { return *p; });
#elif defined(CASE_state_without_name)
  keyed.state<Total>([](const Order&, Total& total) { return total; });
#elif !defined(ONE_MISTAKE)
  keyed.state<Total>("sum", [](const Order&, Total& total) { return total; });
#endif
}

void states_with_many_outputs(const wl::Keyed<Order, std::string>& keyed) {
#if defined(CASE_state_many_of_another_message)
  keyed.state_many<Total, int>("sum", [](int, Total&, wl::Emit<int>&) {});
#elif defined(CASE_state_many_not_serialisable)
  keyed.state_many<Opaque, int>("sum", [](const Order&, Opaque&, wl::Emit<int>&) {});
#elif defined(CASE_state_many_swapped)
  keyed.state_many<Total, int>([](const Order&, Total&, wl::Emit<int>&) {}, "sum");
#elif defined(CASE_state_many_without_types)
  keyed.state_many("sum", [](const Order&, Total&, wl::Emit<int>&) {});
#elif defined(CASE_state_many_without_output)
  keyed.state_many<Total>("sum", [](const Order&, Total&, wl::Emit<int>&) {});
#elif defined(CASE_state_many_move_only)
  keyed.state_many<Total, int>(
      "sum", [p = std::make_unique<int>()](const Order&, Total&, auto& emit) { emit(*p); });
#elif defined(CASE_state_many_without_name)
  keyed.state_many<Total, int>([](const Order&, Total&, wl::Emit<int>&) {});
#elif !defined(ONE_MISTAKE)
  keyed.state_many<Total, int>("sum", [](const Order&, Total&, wl::Emit<int>&) {});
#endif

#if defined(CASE_process_without_name)
  keyed.process<Process>();
#elif defined(CASE_process_without_type)
  keyed.process("sum");
#elif defined(CASE_process_without_output_followed)
  keyed.process<Process>("sum").filter("keep", [](const Total&) { return true; });
#else
  keyed.process<Process>("sum");
#endif
}

// Functions from streams to streams, as programs are written: a mistake in one stays the only
// error.
wl::Stream<Total> returned(const wl::Stream<Order>& orders, const wl::Stream<Total>& totals) {
#if defined(CASE_returned_state_of_another_message)
  return orders.key_by(&Order::user).state<Total>("sum", [](const std::string&, Total& total) {
    return total;
  });
#elif defined(CASE_returned_state_by_value)
  return orders.key_by(&Order::user).state<Total>("sum", [](const Order&, Total total) {
    return total;
  });
#elif defined(CASE_returned_state_of_views)
  return orders.key_by(&Order::user).state<View>("sum", [](const Order&, View&) {
    return Total{};
  });
#elif defined(CASE_returned_key_by_floating_point)
  return orders.key_by([](const Order&) { return 1.5; })
      .state<Total>("sum", [](const Order&, Total& total) { return total; });
#elif defined(CASE_returned_key_by_member_of_another_message)
  return orders.key_by(&Event::user).state<Total>("sum", [](const Order&, Total& total) {
    return total;
  });
#elif defined(CASE_returned_to_of_another_message)
  return orders.to("map", [](const Total& total) { return total; });
#elif defined(CASE_returned_to_without_result)
  return orders.to("map", [](const Order&) {});
#elif defined(CASE_returned_state_without_result)
  return orders.key_by(&Order::user).state<Total>("sum", [](const Order& order, Total& total) {
    total.amount += order.amount;
  });
#elif defined(CASE_returned_source_of_another_type)
  wl::Application app("a");
  return app.pipeline("p").source("in", wl::memory::source({}, [](int) { return Total{}; }));
#elif defined(CASE_error_is_merged_in_silence)
  orders.merge("both", orders.to("map", [](const Total&) { return Order{}; }));
#elif defined(CASE_error_is_handed_on_in_silence)
  return returned(orders.to("map", [](const Total&) { return Order{}; }), totals);
#elif !defined(ONE_MISTAKE)
  return orders.to("map", [](const Order& order) { return Total{order.amount}; });
#endif
  return totals;
}

#if defined(CASE_returned_key_by_of_another_message)
wl::Keyed<Order, std::string> returned_keyed(const wl::Stream<Order>& orders) {
  return orders.key_by([](const Total&) { return std::string(); });
}
#endif

#if !defined(ONE_MISTAKE) || defined(CASE_json_read_of_a_type_without_fields) ||           \
    defined(CASE_json_written_of_a_type_without_fields) || defined(CASE_json_view_read) || \
    defined(CASE_json_variant_with_one_name_twice)
#include <wallaroo/json.h>

struct Named {
  int number = 0;
  WALLAROO_FIELDS(Named, number)
};

void as_json(wl::Bytes& out) {
#if defined(CASE_json_read_of_a_type_without_fields)
  (void)wl::json::parse<std::vector<Total>>("[]");
#elif defined(CASE_json_written_of_a_type_without_fields)
  wl::json::encode(std::vector<Total>(), out);
#elif defined(CASE_json_view_read)
  (void)wl::json::parse<std::optional<std::string_view>>("null");
#elif defined(CASE_json_variant_with_one_name_twice)
  wl::json::encode(std::variant<int, long>(), out);
#elif !defined(ONE_MISTAKE)
  wl::json::encode(wl::json::parse<std::vector<Named>>("[]").value(), out);
#endif
}
#endif
