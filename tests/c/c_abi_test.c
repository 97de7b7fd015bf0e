/* An application in C, from source to sink through the shared library: words are dealt over the
 * cores, keyed by themselves and counted. It fails with the line of the first thing that is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wallaroo/c.h"

#define CHECK(what)                                                  \
  do {                                                               \
    if (!(what)) {                                                   \
      fprintf(stderr, "c_abi_test: line %d: %s\n", __LINE__, #what); \
      exit(1);                                                       \
    }                                                                \
  } while (0)

enum {
  SOURCE,
  SPREAD,
  KEY_BY,
  COUNT,
  SINK,
  WORD_MAX = 31,
  MESSAGE_MAX = 299,
  CORES = 2,
  VALUES_MAX = 64,
  STATES_MAX = 16
};

#define GRAPH(policy, framing)                                                            \
  "{\"application\":\"words\",\"pipelines\":[\"words\"]," policy                          \
  "\"nodes\":["                                                                           \
  "{\"kind\":\"source\",\"name\":\"words\",\"pipeline\":\"words\","                       \
  "\"from\":{\"tcp\":{\"address\":\":7010\",\"framing\":\"lines\"}}},"                    \
  "{\"kind\":\"spread\",\"name\":\"deal\",\"pipeline\":\"words\",\"inputs\":[0]},"        \
  "{\"kind\":\"key_by\",\"pipeline\":\"words\",\"key_type\":\"text\",\"inputs\":[1]},"    \
  "{\"kind\":\"state\",\"name\":\"count\",\"pipeline\":\"words\",\"state_type\":\"u64\"," \
  "\"inputs\":[2]},"                                                                      \
  "{\"kind\":\"sink\",\"name\":\"counts\",\"pipeline\":\"words\",\"inputs\":[3],"         \
  "\"to\":{\"tcp\":{\"address\":\":7002\",\"framing\":" framing "}}}]}"

static const char graph[] = GRAPH("", "\"lines\"");
/* A count that does not fit its framing stops the worker. */
static const char strict_graph[] = GRAPH("\"on_error\":\"fail\",", "{\"length\":1}");

/* What the guest keeps: a value is a word; a state is how often its key came. */
struct chain {
  wl_chain* engine;
  uint32_t core;
  uint32_t entry;
  int stopped;
};
struct guest {
  struct chain chains[CORES * SINK];
  uint32_t chains_open;
  uint32_t chains_made;
  char values[VALUES_MAX][WORD_MAX + 1]; /* value n lies at n - 1; empty: it is not out */
  uint64_t counts[CORES][STATES_MAX];    /* 0: there is none */
  uint32_t states;
};

static struct guest* guest_of(uint64_t context) { return (struct guest*)(uintptr_t)context; }

static uint64_t open_chain(uint64_t context, wl_chain* engine, uint32_t core, uint32_t entry,
                           const wl_end* ends, uint32_t end_count) {
  struct guest* guest = guest_of(context);
  CHECK(end_count == 1 && ends[0].is_sink == (entry == COUNT ? 1 : 0));
  CHECK(ends[0].node == (entry == SOURCE ? SPREAD : entry == SPREAD ? KEY_BY : SINK));
  CHECK(guest->chains_made < CORES * SINK && core < CORES);
  struct chain* chain = &guest->chains[guest->chains_made++];
  chain->engine = engine;
  chain->core = core;
  chain->entry = entry;
  chain->stopped = 0;
  ++guest->chains_open;
  return (uint64_t)(uintptr_t)chain;
}

static void close_chain(uint64_t context, uint64_t chain) {
  (void)chain;
  --guest_of(context)->chains_open;
}

static uint64_t lend(struct guest* guest, const char* word, size_t size) {
  CHECK(size > 0 && size <= WORD_MAX);
  for (uint64_t i = 0; i < VALUES_MAX; ++i) {
    if (guest->values[i][0] != 0) continue;
    memcpy(guest->values[i], word, size);
    guest->values[i][size] = 0;
    return i + 1;
  }
  CHECK(!"too many values are out");
  return 0;
}

static void take_back(struct guest* guest, uint64_t value) {
  CHECK(value >= 1 && value <= VALUES_MAX && guest->values[value - 1][0] != 0);
  guest->values[value - 1][0] = 0;
}

/* One record: what it puts out, into `bytes`. Returns 0 when it put nothing out. */
static int take(struct guest* guest, const struct chain* chain, const wl_input* input, uint32_t at,
                wl_output* output, char* bytes) {
  const wl_record* record = &input->records[at];
  output->event_time_ns = record->event_time_ns;
  output->value = 0;
  output->record = at;
  output->size = 0;
  if (chain->entry == SOURCE) {
    if (record->payload_size == 0 || record->payload_size > WORD_MAX) {
      (void)wl_undecodable(chain->engine, SOURCE, at, "no word", 7);
      return 0;
    }
    output->value = lend(guest, record->payload, record->payload_size);
    return 1;
  }
  char word[WORD_MAX + 1];
  CHECK(input->values[at] <= VALUES_MAX && guest->values[input->values[at] - 1][0] != 0);
  strcpy(word, guest->values[input->values[at] - 1]);
  if (chain->entry == SPREAD) {
    output->value = lend(guest, word, strlen(word));
    output->size = (uint32_t)strlen(word);
    memcpy(bytes, word, output->size);
    return 1;
  }
  CHECK(strlen(word) == record->key_size && memcmp(word, record->key, record->key_size) == 0);
  const uint64_t number = input->states[at] & ~WL_NEW_STATE;
  CHECK(number > 0 && number < STATES_MAX);
  uint64_t* count = &guest->counts[chain->core][number];
  CHECK((*count == 0) == ((input->states[at] & WL_NEW_STATE) != 0));
  if (*count == 0) ++guest->states;
  ++*count;
  /* "long" becomes longer than a length of one byte can say. */
  output->size = (uint32_t)sprintf(bytes, "%*s %u", strcmp(word, "long") == 0 ? 256 : 1, word,
                                   (unsigned)*count);
  return 1;
}

static uint32_t process(uint64_t context, uint64_t handle, const wl_input* input) {
  struct chain* chain = (struct chain*)(uintptr_t)handle;
  CHECK(!chain->stopped);
  CHECK(input->from < input->count && input->batch > 0);
  CHECK((input->values == NULL) == (chain->entry == SOURCE));
  CHECK((input->states == NULL) == (chain->entry != COUNT));
  uint32_t at = input->from;
  int32_t next = WL_GO_ON;
  for (; at < input->count && next == WL_GO_ON; ++at) {
    char bytes[MESSAGE_MAX + 1];
    wl_output output;
    if (take(guest_of(context), chain, input, at, &output, bytes))
      next = wl_emit(chain->engine, 0, &output, 1, bytes, output.size);
  }
  chain->stopped = next == WL_STOPPED;
  for (uint32_t i = input->from; i < at && input->values != NULL; ++i)
    take_back(guest_of(context), input->values[i]);
  return at;
}

static void timer(uint64_t context, uint64_t chain, const wl_input* key, const char* name,
                  uint32_t name_size, int64_t at_ns) {
  (void)context, (void)chain, (void)key, (void)name, (void)name_size, (void)at_ns;
  CHECK(!"there are no timers");
}

static void free_values(uint64_t context, const uint64_t* values, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) take_back(guest_of(context), values[i]);
}

static int32_t encode_value(uint64_t context, uint64_t chain, uint64_t value, wl_buffer* out) {
  (void)chain;
  const char* word = guest_of(context)->values[value - 1];
  wl_buffer_append(out, word, strlen(word));
  return WL_OK;
}

static int32_t encode_states(uint64_t context, uint32_t core, uint32_t state,
                             const uint64_t* states, uint32_t count, uint64_t* sizes,
                             wl_buffer* out) {
  CHECK(state == COUNT);
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t* number = &guest_of(context)->counts[core][states[i]];
    CHECK(*number != 0);
    sizes[i] = sizeof *number;
    wl_buffer_append(out, (const char*)number, sizeof *number);
  }
  return WL_OK;
}

static int32_t decode_states(uint64_t context, uint32_t core, uint32_t state,
                             const uint64_t* states, uint32_t count, const char* bytes,
                             const uint64_t* sizes, wl_buffer* why) {
  (void)why;
  CHECK(state == COUNT);
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t* number = &guest_of(context)->counts[core][states[i]];
    CHECK(*number == 0 && sizes[i] == sizeof *number);
    memcpy(number, bytes, sizeof *number);
    bytes += sizes[i];
    ++guest_of(context)->states;
  }
  return WL_OK;
}

static void free_states(uint64_t context, uint32_t core, uint32_t state, const uint64_t* states,
                        uint32_t count) {
  CHECK(state == COUNT);
  for (uint32_t i = 0; i < count; ++i) {
    CHECK(guest_of(context)->counts[core][states[i]] != 0);
    guest_of(context)->counts[core][states[i]] = 0;
    --guest_of(context)->states;
  }
}

static uint32_t find_messages(uint64_t context, uint32_t node, const char* bytes, uint64_t size,
                              uint32_t size_max, wl_span* found, uint32_t found_max,
                              uint32_t* problem) {
  (void)context, (void)node, (void)bytes, (void)size, (void)size_max, (void)found, (void)found_max;
  CHECK(!"no source has a framing of its own");
  *problem = 0;
  return 0;
}

static void feed(wl_harness* harness, const char* bytes, const uint64_t* sizes, uint32_t count) {
  CHECK(wl_harness_feed(harness, "words", 5, bytes, sizes, count, 0, NULL) == WL_OK);
  (void)wl_harness_drain(harness, NULL); /* which fails when the worker stops */
}

/* Whether the lines written so far hold `line`. */
static int has_line(const wl_harness* harness, const char* line) {
  wl_buffer* out = wl_buffer_new();
  CHECK(wl_harness_output_bytes(harness, "counts", 6, out, NULL) == WL_OK);
  wl_buffer_append(out, "", 1);
  const int found = strstr(wl_buffer_data(out), line) != NULL;
  wl_buffer_free(out);
  return found;
}

static const wl_harness_options options = {.size = sizeof options,
                                           .cores = CORES,
                                           .batch_messages_max = 2,
                                           .credits_per_channel = 1,
                                           .ring_slots = 1,
                                           .partitions = 4,
                                           .sinks_push_back = 1};

/* What is under way when a worker stops is the guest's to forget. */
static void run_until_it_stops(struct guest* guest, const wl_guest* functions, wl_buffer* error) {
  wl_app* app = NULL;
  CHECK(wl_app_new(functions, strict_graph, strlen(strict_graph), &app, error) == WL_OK);
  wl_harness* harness = NULL;
  CHECK(wl_harness_new(app, &options, NULL, 0, &harness, error) == WL_OK);
  const uint64_t sizes[] = {4, 4, 4};
  feed(harness, "longlonglong", sizes, 3);
  CHECK(wl_harness_failure(harness, error) == WL_FAILED && wl_buffer_size(error) > 0);
  CHECK(has_line(harness, "long") == 0);
  int stopped = 0;
  for (uint32_t i = 0; i < guest->chains_made; ++i) stopped += guest->chains[i].stopped;
  CHECK(stopped == 1);
  wl_harness_free(harness);
  CHECK(guest->states == 0 && guest->chains_open == 0);
  memset(guest->values, 0, sizeof guest->values);
  guest->chains_made = 0;
  wl_app_free(app);
}

static void run(const wl_app* app, wl_buffer* error) {
  wl_harness* harness = NULL;
  const char* const flags[] = {"--in"};
  CHECK(wl_harness_new(app, &options, flags, 1, &harness, error) == WL_BAD_OPTION);
  CHECK(harness == NULL && wl_buffer_size(error) > 0);
  CHECK(wl_harness_new(app, &options, NULL, 0, &harness, error) == WL_OK);
  const uint64_t sizes[] = {3, 3, 0, 3, 3};
  feed(harness,
       "annboban"
       "nann",
       sizes, 5);
  CHECK(has_line(harness, "ann 3\n") && has_line(harness, "bob 1\n"));
  CHECK(wl_harness_reload_states(harness, error) == WL_OK);
  feed(harness, "ann", sizes, 1);
  CHECK(has_line(harness, "ann 4\n"));
  uint64_t refused = 0;
  CHECK(wl_harness_counter(harness, "words", 5, "undecodable", 11, &refused, error) == WL_OK);
  CHECK(refused == 1);
  CHECK(wl_harness_finish(harness, error) == WL_OK);
  CHECK(wl_harness_failure(harness, error) == WL_OK);
  CHECK(wl_harness_feed(harness, "words", 5, "ann", sizes, 1, 0, error) == WL_BAD_OPTION);
  CHECK(wl_buffer_size(error) > 0);
  wl_harness_free(harness);
}

/* What is wrong with a command line comes back, and is not printed here. */
static void refuse_flags(const wl_app* app, wl_buffer* error) {
  const char* const argv[] = {"program", "--bogus", NULL};
  wl_worker* worker = NULL;
  CHECK(wl_worker_new(app, 2, argv, &worker, error) == WL_BAD_OPTION);
  CHECK(worker == NULL);
  wl_buffer_append(error, "", 1);
  CHECK(strstr(wl_buffer_data(error), "--bogus") != NULL);
  wl_buffer_clear(error);
}

int main(void) {
  static struct guest guest;
  const wl_guest functions = {.abi_version = WL_ABI_VERSION,
                              .size = sizeof functions,
                              .context = (uint64_t)(uintptr_t)&guest,
                              .open_chain = open_chain,
                              .close_chain = close_chain,
                              .process = process,
                              .timer = timer,
                              .free_values = free_values,
                              .encode_value = encode_value,
                              .encode_states = encode_states,
                              .decode_states = decode_states,
                              .free_states = free_states,
                              .find_messages = find_messages};
  CHECK(wl_abi_version() == WL_ABI_VERSION && strlen(wl_version()) > 0);
  wl_buffer* error = wl_buffer_new();
  run_until_it_stops(&guest, &functions, error);
  wl_app* app = NULL;
  CHECK(wl_app_new(&functions, graph, strlen(graph), &app, error) == WL_OK);
  CHECK(wl_app_check(app, error) == WL_OK);
  refuse_flags(app, error);
  run(app, error);
  for (uint32_t i = 0; i < VALUES_MAX; ++i) CHECK(guest.values[i][0] == 0);
  CHECK(guest.states == 0 && guest.chains_open == 0 && guest.chains_made == 3 * CORES);
  wl_app_free(app);
  wl_buffer_free(error);
  return 0;
}
