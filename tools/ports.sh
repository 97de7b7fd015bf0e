# For scripts that start servers: sourced, not run. Reads the kernel's own tables, because a minimal
# Debian has no tool that does.
# shellcheck shell=sh

# free_port NUMBER: a loopback port that nobody uses now; different NUMBERs give different ports. Below
# the range from which the kernel itself chooses.
free_port() {
  port=$((20000 + ($$ * 16 + $1) % 12000))
  while grep -qi ":$(printf '%04X' "$port") " /proc/net/tcp; do
    port=$((port + 1600))
    [ "$port" -lt 32000 ] || port=$((port - 12000))
  done
  echo "$port"
}

# wait_listening PORT PID: until the port is listened on; fails when the process ends or 10 s pass.
wait_listening() {
  tries=0
  until grep -qiE ":$(printf '%04X' "$1") [0-9A-F:]+ 0A " /proc/net/tcp /proc/net/tcp6; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] && kill -0 "$2" 2>/dev/null || return 1
    sleep 0.1
  done
}

# wait_ended PID SECONDS: until the process is gone; fails when it is not.
wait_ended() {
  tries=$(($2 * 10))
  while kill -0 "$1" 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.1
  done
}
