#include "yardstick/service.h"

#include <sys/epoll.h>

#include <cstring>
#include <map>
#include <vector>

#include "yardstick/net.h"

namespace wallaroo::bench {
namespace {

constexpr int kConnectMs = 10'000;

struct Source {
  Socket socket;
  std::vector<char> buffer = std::vector<char>(kServiceReadBytes);
  std::size_t filled = 0;
};

class Service {
 public:
  Service(const ServiceOptions& options, const Handler& handle)
      : options_(options),
        handle_(handle),
        listener_(listen_on(options.in)),
        sink_(connect_to(options.out, kConnectMs)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!sink_.open()) die("cannot connect to " + options.out + ": nobody listens there");
    watch(listener_);
  }

  void run() {
    epoll_event events[64];
    for (bool had_source = false; !had_source || !sources_.empty();) {
      const int n = epoll_wait(epoll_.fd(), events, 64, options_.busy_poll ? 0 : -1);
      for (int i = 0; i < n; ++i) {
        if (events[i].data.fd == listener_.fd()) {
          had_source |= accept();
        } else if (!read(events[i].data.fd)) {
          return;
        }
      }
    }
  }

 private:
  void watch(const Socket& socket) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket.fd();
    epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, socket.fd(), &event);
  }

  bool accept() {
    Socket socket = accept_from(listener_, 0);
    if (!socket.open()) return false;
    watch(socket);
    const int fd = socket.fd();
    sources_[fd].socket = std::move(socket);
    return true;
  }

  // False when the sink is gone.
  bool read(int fd) {
    Source& source = sources_[fd];
    const long got = receive(source.socket, source.buffer.data() + source.filled,
                             source.buffer.size() - source.filled);
    if (got < 0) sources_.erase(fd);
    if (got <= 0) return true;
    source.filled += static_cast<std::size_t>(got);
    const Handled handled = handle_({source.buffer.data(), source.filled});
    if (handled.consumed == 0 && source.filled == source.buffer.size())
      die("cannot take a message of more than 64 KiB");
    if (!send_all(sink_, handled.output)) return false;
    source.filled -= handled.consumed;
    std::memmove(source.buffer.data(), source.buffer.data() + handled.consumed, source.filled);
    return true;
  }

  const ServiceOptions& options_;
  const Handler& handle_;
  Socket listener_;
  Socket sink_;
  Socket epoll_;
  std::map<int, Source> sources_;
};

}  // namespace

ServiceOptions parse_service_options(int argc, char** argv) {
  ServiceOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--busy-poll") {
      options.busy_poll = true;
    } else if ((flag == "--in" || flag == "--out") && i + 1 < argc) {
      (flag == "--in" ? options.in : options.out) = argv[++i];
    } else {
      die("unknown option '" + flag + "': --in ADDRESS --out ADDRESS [--busy-poll]");
    }
  }
  if (options.in.empty() || options.out.empty()) die("give --in ADDRESS and --out ADDRESS");
  return options;
}

void run_service(const ServiceOptions& options, const Handler& handle) {
  Service(options, handle).run();
}

}  // namespace wallaroo::bench
