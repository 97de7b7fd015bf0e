// The commands for dead letters, run as a user runs them.
#include <gtest/gtest.h>

#include "cli/program_test.h"

namespace wallaroo::cli {
namespace {

constexpr std::string_view kLetters =
    R"({"time":"2026-11-25T22:36:04.1Z","stage":"words","function":"check","error":"no\u0007","source":"in","message":2,"payload_of":"source","payload":"a bad line"}
{"time":"2026-11-25T22:36:05.1Z","stage":"count","function":"count","error":"x","source":"in","message_from":9,"key":"k","payload_of":"stage","payload":"v"}
{"time":"2026-11-25T22:36:06.1Z","stage":"words","function":"check","error":"y","source":"in","message":3,"payload_of":"source","payload":"two\nlines"}
)";

TEST_F(ProgramTest, lists_and_shows_dead_letters) {
  const std::string file = write("letters", kLetters);
  for (const char* name : {"words", "check"}) {  // a stage, a function
    Program list({"dead-letters", "list", file, "--stage", name});
    EXPECT_EQ(list.wait(), 0);
    EXPECT_EQ(list.out + list.err,
              "     1  2026-11-25T22:36:04  words/check  in 2  no\\x07\n"
              "     3  2026-11-25T22:36:06  words/check  in 3  y\n2 dead letters\n");
  }
  Program show({"dead-letters", "show", file, "2"});
  EXPECT_EQ(show.wait(), 0) << show.err;
  for (const char* shown : {"line: 2\n", "\nkey: k\n"})
    EXPECT_NE(show.out.find(shown), std::string::npos);
  Program none({"dead-letters", "show", file, "7"});
  EXPECT_EQ(none.wait(), 2);
  EXPECT_NE(none.err.find("there is no such dead letter"), std::string::npos) << none.err;
  Program other({"dead-letters", "list", write("text", "no letters\nat all\n")});
  EXPECT_EQ(other.wait(), 1) << "it is not a file of dead letters";
  Program missing({"dead-letters", "list", file + ".none"});
  EXPECT_EQ(missing.wait(), 1);
  EXPECT_NE(missing.err.find("No such file"), std::string::npos) << missing.err;
}

TEST_F(ProgramTest, replays_the_dead_letters_that_are_messages) {
  const std::string file = write("letters", kLetters);
  Program receive({"receive", "--listen", ":0", "--file", "-", "--until-closed"});
  const std::string address = receive.listening();
  Program cut({"dead-letters", "replay", file, "--to", address, "--lines"});
  EXPECT_EQ(cut.wait(), 2);
  EXPECT_NE(cut.err.find("the message of line 3 holds a newline"), std::string::npos) << cut.err;
  Program replay({"dead-letters", "replay", file, "--to", address, "--line", "1", "2"});
  EXPECT_EQ(replay.wait(), 0) << replay.err;
  EXPECT_NE(replay.err.find("1 of them failed behind a key_by"), std::string::npos) << replay.err;
  EXPECT_NE(replay.err.find("sent 1 dead letter again"), std::string::npos) << replay.err;
  EXPECT_EQ(receive.wait(), 0) << receive.err;
  EXPECT_EQ(receive.out, "a bad line\n");
  Program framed_receive(
      {"receive", "--listen", ":0", "--framed", "--file", "-", "--until-closed"});
  Program framed({"dead-letters", "replay", file, "--to", framed_receive.listening(), "--framed",
                  "--stage", "words"});
  EXPECT_EQ(framed.wait(), 0) << framed.err;
  EXPECT_EQ(framed_receive.wait(), 0) << framed_receive.err;
  EXPECT_EQ(framed_receive.out, "a bad line\ntwo\nlines\n");
}

TEST_F(ProgramTest, replays_the_dead_letters_of_one_source_only) {
  const std::string letter =
      R"({"stage":"s","error":"e","payload_of":"source", "payload":"caf\u00e9")";
  const std::string file = write("letters", letter +
                                                R"(,"source":"a"})"
                                                "\n" +
                                                letter +
                                                R"(,"source":"b"})"
                                                "\n");
  Program both({"dead-letters", "replay", file, "--to", ":1", "--lines"});
  EXPECT_EQ(both.wait(), 2);
  EXPECT_NE(both.err.find("the sources 'a' and 'b'"), std::string::npos) << both.err;
  Program receive({"receive", "--listen", ":0", "--file", "-", "--until-closed"});
  Program one({"dead-letters", "replay", file, "--to", receive.listening(), "--source", "b"});
  EXPECT_EQ(one.wait(), 0) << one.err;
  EXPECT_EQ(receive.wait(), 0) << receive.err;
  EXPECT_EQ(receive.out, "caf\xc3\xa9\n");
  Program none({"dead-letters", "replay", file, "--to", ":1", "--line", "1", "7"});
  EXPECT_EQ(none.wait(), 2);
  EXPECT_NE(none.err.find("no such dead letter on line 7"), std::string::npos) << none.err;
}

TEST_F(ProgramTest, lists_dead_letters_safely) {
  Program list({"dead-letters", "list",
                write("letters", R"({"stage":"\u001b[31m","function":"f","error":"e"})"
                                 "\n")});
  EXPECT_EQ(list.wait(), 0) << list.err;
  EXPECT_EQ(list.out, "     1    \\x1b[31m/f  source unknown  e\n");
}

}  // namespace
}  // namespace wallaroo::cli
