# For scripts that start servers on port 0: sourced, not run. Needs only what a minimal Debian has.
# shellcheck shell=sh

# wait_address LOG WORDS PID: the address that follows WORDS in what PID writes to LOG; fails when the
# process ends first or 10 s pass.
wait_address() {
  tries=0
  until address=$(sed -n "s|^.*$2\([^ /]*:[0-9][0-9]*\).*|\1|p" "$1" 2>/dev/null) && [ -n "$address" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] && kill -0 "$3" 2>/dev/null || return 1
    sleep 0.1
  done
  echo "$address"
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
