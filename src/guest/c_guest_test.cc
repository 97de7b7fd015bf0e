// The functions of the C ABI that need no running worker.
#include <gtest/gtest.h>

#include "guest/graph_json.h"
#include "wallaroo/c_worker.h"

namespace {

std::string text(const wl_buffer* buffer) {
  return {wl_buffer_data(buffer), wl_buffer_size(buffer)};
}

class CGuest : public testing::Test {
 protected:
  CGuest() {
    functions_.abi_version = WL_ABI_VERSION;
    functions_.size = sizeof(wl_guest);
    functions_.open_chain = [](uint64_t, wl_chain*, uint32_t, uint32_t, const wl_end*, uint32_t) {
      return uint64_t{0};
    };
    functions_.close_chain = [](uint64_t, uint64_t) {};
    functions_.process = [](uint64_t, uint64_t, const wl_input* input) { return input->from; };
    functions_.timer = [](uint64_t, uint64_t, const wl_input*, const char*, uint32_t, int64_t) {};
    functions_.free_values = [](uint64_t, const uint64_t*, uint32_t) {};
    functions_.encode_value = [](uint64_t, uint64_t, uint64_t, wl_buffer*) { return 0; };
    functions_.encode_states = [](uint64_t, uint32_t, uint32_t, const uint64_t*, uint32_t,
                                  uint64_t*, wl_buffer*) { return 0; };
    functions_.decode_states = [](uint64_t, uint32_t, uint32_t, const uint64_t*, uint32_t,
                                  const char*, const uint64_t*, wl_buffer*) { return 0; };
    functions_.free_states = [](uint64_t, uint32_t, uint32_t, const uint64_t*, uint32_t) {};
    functions_.find_messages = [](uint64_t, uint32_t, const char*, uint64_t, uint32_t, wl_span*,
                                  uint32_t, uint32_t*) { return uint32_t{0}; };
  }
  ~CGuest() override {
    wl_app_free(app_);
    wl_buffer_free(error_);
  }
  /// What is said about a guest that lacks one function.
  std::string without(auto wl_guest::*function) {
    const wl_guest all = functions_;
    functions_.*function = nullptr;
    EXPECT_EQ(make("{}"), WL_BAD_APPLICATION);
    EXPECT_EQ(app_, nullptr);
    functions_ = all;
    return text(error_);
  }
  int32_t make(const std::string& graph) {
    return wl_app_new(&functions_, graph.data(), graph.size(), &app_, error_);
  }

  wl_guest functions_{};
  wl_app* app_ = nullptr;
  wl_buffer* error_ = wl_buffer_new();
};

const std::string kGraph = R"({"application":"a","pipelines":["p"],"nodes":[
  {"kind":"source","name":"in","pipeline":"p","from":{"memory":{"messages":["a"]}}},
  {"kind":"sink","name":"out","pipeline":"p","inputs":[0],"to":{"file":{"path":"b"}}}]})";

TEST_F(CGuest, buffers_grow_and_are_cleared) {
  EXPECT_EQ(wl_abi_version(), WL_ABI_VERSION);
  EXPECT_EQ(wl_buffer_size(error_), 0u);
  wl_buffer_append(error_, "ab", 2);
  wl_buffer_append(error_, "", 0);
  wl_buffer_append(error_, "c\0d", 3);
  EXPECT_EQ(text(error_), std::string("abc\0d", 5));
  wl_buffer_clear(error_);
  EXPECT_EQ(wl_buffer_size(error_), 0u);
}

TEST_F(CGuest, an_application_is_made_checked_and_explained) {
  ASSERT_EQ(make(kGraph), WL_OK) << text(error_);
  EXPECT_EQ(wl_app_check(app_, error_), WL_OK);
  for (const std::string form : {"text", "mermaid", "dot"}) {
    wl_buffer* out = wl_buffer_new();
    EXPECT_EQ(wl_app_explain(app_, form.data(), form.size(), 2, out, error_), WL_OK);
    EXPECT_NE(text(out).find("in"), std::string::npos) << form;
    wl_buffer_free(out);
  }
  EXPECT_EQ(wl_app_explain(app_, "svg", 3, 1, error_, error_), WL_BAD_OPTION);
  EXPECT_EQ(text(error_), "a graph is explained as text, mermaid or dot, not as 'svg'");
}

TEST_F(CGuest, a_guest_of_another_version_is_refused) {
  const std::string version = std::to_string(WL_ABI_VERSION);
  functions_.abi_version = 99;
  EXPECT_EQ(make(kGraph), WL_BAD_APPLICATION);
  EXPECT_EQ(app_, nullptr);
  EXPECT_EQ(text(error_),
            "the program was built for version 99 of the C ABI, this library has "
            "version " +
                version +
                "; build the program again with the headers of "
                "this library");
  functions_.abi_version = WL_ABI_VERSION;
  functions_.size -= 8;
  EXPECT_EQ(make(kGraph), WL_BAD_APPLICATION);
  EXPECT_EQ(app_, nullptr);
  EXPECT_NE(text(error_).find("of " + std::to_string(functions_.size) + " bytes"),
            std::string::npos)
      << text(error_);
}

TEST_F(CGuest, a_guest_that_lacks_a_function_is_refused) {
  EXPECT_EQ(without(&wl_guest::timer),
            "the function 'timer' of the program's wl_guest is null; set all of its functions, "
            "whether its graph needs them or not");
  EXPECT_NE(without(&wl_guest::open_chain).find("'open_chain'"), std::string::npos);
  EXPECT_NE(without(&wl_guest::close_chain).find("'close_chain'"), std::string::npos);
  EXPECT_NE(without(&wl_guest::process).find("'process'"), std::string::npos);
  EXPECT_NE(without(&wl_guest::free_values).find("'free_values'"), std::string::npos);
  EXPECT_NE(without(&wl_guest::encode_value).find("'encode_value'"), std::string::npos);
  EXPECT_NE(without(&wl_guest::encode_states).find("'encode_states'"), std::string::npos);
  EXPECT_NE(without(&wl_guest::decode_states).find("'decode_states'"), std::string::npos);
  EXPECT_NE(without(&wl_guest::free_states).find("'free_states'"), std::string::npos);
  EXPECT_NE(without(&wl_guest::find_messages).find("'find_messages'"), std::string::npos);
}

TEST_F(CGuest, a_graph_that_cannot_be_read_or_planned_is_refused) {
  EXPECT_EQ(make("{}}"), WL_BAD_APPLICATION);
  EXPECT_EQ(text(error_), "the graph is no JSON: extra data");
  EXPECT_EQ(wl_app_new(&functions_, "[", 1, &app_, nullptr), WL_BAD_APPLICATION);
  ASSERT_EQ(make(R"({"application":"a"})"), WL_OK);
  EXPECT_EQ(wl_app_check(app_, error_), WL_BAD_APPLICATION);
  EXPECT_NE(wl_buffer_size(error_), 0u);
  EXPECT_EQ(wl_app_explain(app_, "text", 4, 1, error_, error_), WL_BAD_APPLICATION);
}

TEST_F(CGuest, messages_are_found_as_the_guest_says) {
  functions_.context = 7;
  functions_.find_messages = [](uint64_t context, uint32_t node, const char* bytes, uint64_t size,
                                uint32_t size_max, wl_span* found, uint32_t found_max,
                                uint32_t* problem) {
    EXPECT_EQ(context, 7u);
    EXPECT_EQ(node, 3u);
    EXPECT_EQ(size_max, 100u);
    EXPECT_EQ(found_max, 2u);
    EXPECT_EQ(std::string(bytes, size), "a|b|?");
    found[0] = {0, 1};
    found[1] = {2, 3};
    *problem = 2;
    return uint32_t{2};
  };
  const wallaroo::guest::Program program{functions_};
  const wallaroo::guest::Finder finder(program, 3);
  wallaroo::MessageFinder::Span found[2];
  auto problem = wallaroo::MessageFinder::Problem::none;
  EXPECT_EQ(finder.find("a|b|?", 100, found, 2, problem), 2u);
  EXPECT_EQ(problem, wallaroo::MessageFinder::Problem::senseless);
  EXPECT_EQ(found[1].begin, 2u);
  EXPECT_EQ(found[1].end, 3u);
}

}  // namespace
