# shellcheck shell=bash
# scripts/bench throughput and soak: as fast as the node takes it. Needs bench.sh, report.sh.

# Of each case: kind of load, transactions in a request, connections, transactions in a run. Both sides get as many: what a transaction costs depends on how
# much state there is. About 5 s of ours, 15 s of anvil's.
declare -A cases=(
    [transfer]="transfer 50 4 180000"
    [single]="transfer 1 16 100000"
    [fresh]="fresh 50 4 160000"
    [token]="token 50 4 140000"
    [token-hot]="token-hot 50 4 160000"
    [slots]="slots 50 4 60000"
)
case_order=(transfer single fresh token-hot token slots)

# run_case CASE SIDE
run_case() {
    local kind batch connections count
    read -r kind batch connections count <<<"${cases[$1]}"
    local how=(run --kind "$kind" --batch "$batch" --connections "$connections" --count $((count / shrink)))
    if [[ $2 == gainsay ]]; then
        load_node "$1" "${how[@]}"
    else
        load_peer "$1" "${how[@]}"
    fi
}

bench_throughput() {
    local name round wanted=("$@")
    ((${#wanted[@]})) || wanted=("${case_order[@]}")
    for name in "${wanted[@]}"; do
        [[ -n ${cases[$name]-} ]] || die "there is no case $name; there are: ${case_order[*]}"
    done
    build_for_bench
    begin_report throughput
    clean_up_at_exit
    if ((perf)); then
        need_node net-throughput
        profile run_case "${wanted[0]}" gainsay
        return
    fi
    for ((round = 0; round < rounds; round++)); do
        for name in "${wanted[@]}"; do
            # Whoever comes first in one round comes last in the next.
            if ((round % 2)); then run_case "$name" anvil; fi
            need_node net-throughput
            run_case "$name" gainsay
            if ((round % 2 == 0)); then run_case "$name" anvil; fi
        done
    done
    clean_up
    end_report throughput
}

# profile COMMAND...: one run against the node, which is under perf.
profile() {
    command -v perf >/dev/null || die "perf is missing: install it, e.g. 'apt-get install linux-perf'"
    local data=$work/perf.data recorder
    perf record --quiet -F 199 --call-graph dwarf,12000 -p "$node_pid" -o "$data" >"$logs/perf.log" 2>&1 &
    recorder=$!
    "$@"
    kill -INT "$recorder"
    wait "$recorder" || true
    clean_up
    say "perf report --no-children -g none -i $data      # by function; with -g caller: who calls it" >&2
    say "perf report --no-children -g none --sort comm -i $data      # by thread" >&2
}

bench_soak() {
    local minutes=${1-10} before
    [[ $minutes =~ ^[0-9]+$ ]] || die "soak wants a number of minutes, not $minutes"
    build_for_bench
    begin_report soak
    clean_up_at_exit
    need_node net-soak
    # As many as it takes in so many minutes at the rate of a short run; all are signed before.
    local rate seconds=60 count=150000
    ((shrink == 1)) || seconds=5 count=30000
    load_node start run --kind fresh --batch 50 --connections 4 --count $count
    rate=$(node -p 'JSON.parse(process.argv[1]).rate' "$(tail -n 1 "$raw")")
    [[ $rate != undefined ]] || die "the node does not take the load"
    before=$(on_disk)
    count=$(node -p "Math.ceil($rate * $seconds * $minutes / 50) * 50")
    say "signing $count transactions" >&2
    load_node soak run --kind fresh --batch 50 --connections 4 --count "$count" --interval $seconds
    calm
    printf '{"case":"disk","side":"gainsay","bytes":%s,"count":%s}\n' $(($(on_disk) - before)) "$count" >>"$raw"
    clean_up
    end_report soak
}
