#include "os/command.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "base/assert.h"

namespace wallaroo::os {
namespace {

constexpr int kSignalled = 128;

/// Pointers to texts, as exec wants them.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> environment_with(const std::vector<Variable>& variables) {
  std::vector<std::string> all;
  for (const Variable& old : read_environment("")) {
    const bool replaced = std::any_of(variables.begin(), variables.end(),
                                      [&](const Variable& v) { return v.name == old.name; });
    if (!replaced) all.push_back(old.name + "=" + old.value);
  }
  for (const Variable& variable : variables) all.push_back(variable.name + "=" + variable.value);
  return all;
}

/// In the new process; `failure` takes the reason when the program cannot be run.
[[noreturn]] void become(const std::string& directory, char* const* words, char* const* variables,
                         int failure) {
  if (chdir(directory.c_str()) == 0) execvpe(words[0], words, variables);
  const int why = errno;
  const ssize_t written = write(failure, &why, sizeof(why));
  _exit(written == sizeof(why) ? 127 : 126);
}

Error cannot_run(const Command& command, int why) {
  return {ErrorCode::io, "cannot run '" + command.words[0] + "' in '" + command.directory +
                             "': " + std::generic_category().message(why)};
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? kSignalled + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<int> run_command(const Command& command) {
  ASSERT(!command.words.empty(), "a command has no words");
  std::vector<std::string> words = command.words;
  std::vector<std::string> variables = environment_with(command.variables);
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(variables);
  std::array<int, 2> failure{};
  if (pipe2(failure.data(), O_CLOEXEC) != 0) return tl::unexpected(cannot_run(command, errno));
  const pid_t child = fork();
  if (child == 0) become(command.directory, argv.data(), envp.data(), failure[1]);
  const int no_child = errno;
  close(failure[1]);
  int why = child < 0 ? no_child : 0;
  if (child > 0) {
    while (read(failure[0], &why, sizeof(why)) < 0 && errno == EINTR) {
    }
  }
  close(failure[0]);
  if (child < 0) return tl::unexpected(cannot_run(command, why));
  const auto interrupted = std::signal(SIGINT, SIG_IGN);
  const int code = wait_for(child);
  std::signal(SIGINT, interrupted);
  if (why != 0) return tl::unexpected(cannot_run(command, why));
  return code;
}

}  // namespace wallaroo::os
