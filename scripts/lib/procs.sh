# shellcheck shell=bash
# Starts processes with a log each, watches them, and stops them in the reverse order. Needs say.sh and $logs.

names=() pids=()

# start NAME COMMAND...: in the background, output appended to the log of that name.
start() {
    local name=$1
    shift
    # Job control gives it a process group of its own: Ctrl-C then reaches this script alone, which stops things in order.
    set -m
    "$@" >>"$logs/$name.log" 2>&1 </dev/null &
    set +m
    names+=("$name")
    pids+=($!)
}

# Says which process is gone, if one is.
all_alive() {
    local index
    for index in "${!pids[@]}"; do
        kill -0 "${pids[index]}" 2>/dev/null || {
            printf '%s has stopped; the end of its log:\n' "${names[index]}" >&2
            tail -n 15 "$logs/${names[index]}.log" | sed 's/^/    /' >&2
            return 1
        }
    done
}

# Interrupts one process and waits until it is gone; kills it when 10 s are not enough.
stop_process() {
    local pid=$1 tries=0
    kill -INT "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do
        ((tries++ < 100)) || {
            kill -KILL "$pid" 2>/dev/null || true
            break
        }
        sleep 0.1
    done
    wait "$pid" 2>/dev/null || true
}

stop_all() {
    local index
    for ((index = ${#pids[@]} - 1; index >= 0; index--)); do
        stop_process "${pids[index]}"
    done
    names=() pids=()
}

# wait_until SECONDS WHAT COMMAND...: runs the command until it succeeds. Fails, saying what never came true, when time is
# over or a process is gone.
wait_until() {
    local seconds=$1 what=$2 start=$SECONDS
    shift 2
    until "$@" >/dev/null 2>&1; do
        all_alive || return 1
        ((SECONDS - start < seconds)) || {
            printf 'not within %s s: %s\n' "$seconds" "$what" >&2
            return 1
        }
        sleep 0.2
    done
}

# Fails with one line when something listens on the port.
need_free_port() {
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
        die "port $1 is in use: choose others with --port-base"
    fi
}
