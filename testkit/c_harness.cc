// The functions of wallaroo/c_harness.h: the harness, with its exceptions as codes.
#include "wallaroo/c_harness.h"

#include "base/bytes.h"
#include "guest/c_error.h"
#include "guest/graph_json.h"
#include "wallaroo/testkit/harness.h"

using wallaroo::testkit::DeadLetter;
using wallaroo::testkit::Harness;
using wallaroo::testkit::HarnessOptions;
using wallaroo::testkit::Mistake;

struct wl_harness {
  Harness harness;
};

namespace {

/// Runs `body`; what the harness throws becomes a code and a sentence.
template <class Body>
int32_t guarded(wl_buffer* error, Body&& body) {
  try {
    body();
    return WL_OK;
  } catch (const Mistake& mistake) {
    return wl_tell({wallaroo::ErrorCode::bad_option, mistake.what()}, error);
  }
}

void put_text(wl_buffer* out, std::string_view text) {
  char size[sizeof(uint64_t)];
  wallaroo::base::store(size, uint64_t{text.size()});
  out->bytes.append(size, sizeof size);
  out->bytes.append(text.data(), text.size());
}

void put_texts(wl_buffer* out, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) put_text(out, text);
}

HarnessOptions options_of(const wl_harness_options& given, const char* const* flags,
                          uint32_t flag_count) {
  HarnessOptions options;
  options.cores = given.cores;
  options.seed = given.seed;
  options.batch_messages_max = given.batch_messages_max;
  options.credits_per_channel = given.credits_per_channel;
  options.ring_slots = given.ring_slots;
  options.partitions = given.partitions;
  options.sinks_push_back = given.sinks_push_back != 0;
  options.start = {given.start_ns};
  for (uint32_t i = 0; i + 1 < flag_count; i += 2)
    options.flags.emplace_back(flags[i], flags[i + 1]);
  return options;
}

}  // namespace

int32_t wl_harness_new(const wl_app* app, const wl_harness_options* options,
                       const char* const* flags, uint32_t flag_count, wl_harness** harness,
                       wl_buffer* error) {
  *harness = nullptr;
  return guarded(error, [&] {
    if (options->size != sizeof(wl_harness_options))
      throw Mistake("the options of the harness are those of another version of the C ABI");
    if (flag_count % 2 != 0) {
      throw Mistake(
          "the flags of the harness are names and values, one after the other; there are " +
          std::to_string(flag_count));
    }
    *harness = new wl_harness{Harness(app->guest->graph, options_of(*options, flags, flag_count))};
  });
}

void wl_harness_free(wl_harness* harness) { delete harness; }

int32_t wl_harness_feed(wl_harness* harness, const char* source, uint64_t source_size,
                        const char* bytes, const uint64_t* sizes, uint32_t count,
                        uint32_t connection, wl_buffer* error) {
  return guarded(error, [&] {
    for (uint32_t i = 0; i < count; ++i) {
      harness->harness.feed({source, source_size}, std::string_view(bytes, sizes[i]), connection);
      bytes += sizes[i];
    }
  });
}

int32_t wl_harness_generate(wl_harness* harness, const char* source, uint64_t source_size,
                            uint64_t count, wl_buffer* error) {
  return guarded(error, [&] { harness->harness.generate({source, source_size}, count); });
}

int32_t wl_harness_drain(wl_harness* harness, wl_buffer* error) {
  return guarded(error, [&] { harness->harness.drain(); });
}

int32_t wl_harness_advance_to(wl_harness* harness, int64_t time_ns, wl_buffer* error) {
  return guarded(error, [&] { harness->harness.advance_to({time_ns}); });
}

int64_t wl_harness_now(const wl_harness* harness) { return harness->harness.now().ns; }

int32_t wl_harness_close(wl_harness* harness, const char* source, uint64_t source_size,
                         wl_buffer* error) {
  return guarded(error, [&] { harness->harness.close({source, source_size}); });
}

int32_t wl_harness_finish(wl_harness* harness, wl_buffer* error) {
  return guarded(error, [&] { harness->harness.finish(); });
}

int32_t wl_harness_take_output(wl_harness* harness, const char* sink, uint64_t sink_size,
                               wl_buffer* out, wl_buffer* error) {
  return guarded(error, [&] { put_texts(out, harness->harness.take_output({sink, sink_size})); });
}

int32_t wl_harness_output_bytes(const wl_harness* harness, const char* sink, uint64_t sink_size,
                                wl_buffer* out, wl_buffer* error) {
  return guarded(error, [&] {
    out->bytes << std::string_view(harness->harness.output_bytes({sink, sink_size}));
  });
}

int32_t wl_harness_dead_letters(const wl_harness* harness, wl_buffer* out, wl_buffer* error) {
  return guarded(error, [&] {
    for (const DeadLetter& letter : harness->harness.dead_letters()) {
      put_texts(out, {letter.stage, letter.function, letter.error, letter.source,
                      std::to_string(letter.message), letter.key, letter.timer, letter.payload});
    }
  });
}

int32_t wl_harness_states(const wl_harness* harness, const char* stage, uint64_t stage_size,
                          wl_buffer* out, wl_buffer* error) {
  return guarded(error, [&] {
    for (const auto& [key, state] : harness->harness.encoded_states({stage, stage_size})) {
      put_texts(out, {key, state});
    }
  });
}

int32_t wl_harness_reload_states(wl_harness* harness, wl_buffer* error) {
  return guarded(error, [&] { harness->harness.reload_states(); });
}

int32_t wl_harness_counter(const wl_harness* harness, const char* name, uint64_t name_size,
                           const char* counter, uint64_t counter_size, uint64_t* value,
                           wl_buffer* error) {
  return guarded(error, [&] {
    *value = harness->harness.counter({name, name_size}, {counter, counter_size});
  });
}

int32_t wl_harness_failure(const wl_harness* harness, wl_buffer* error) {
  const auto failure = harness->harness.failure();
  return failure ? wl_tell(*failure, error) : WL_OK;
}

void wl_harness_log(const wl_harness* harness, wl_buffer* out) {
  put_texts(out, harness->harness.log());
}

int32_t wl_harness_names(const wl_harness* harness, const char* of, uint64_t of_size,
                         wl_buffer* out, wl_buffer* error) {
  return guarded(error, [&] {
    const std::string_view what(of, of_size);
    if (what == "sources")
      put_texts(out, harness->harness.sources());
    else if (what == "sinks")
      put_texts(out, harness->harness.sinks());
    else if (what == "states")
      put_texts(out, harness->harness.stages_with_state());
    else
      throw Mistake("the harness has names of sources, sinks and states, not of '" +
                    std::string(what) + "'");
  });
}
