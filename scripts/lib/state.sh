# shellcheck shell=bash
# scripts/bench state and replay. Needs bench.sh, report.sh, throughput.sh.

# use_node small|large: which of the two nodes is measured.
use_node() {
    local -n chosen=$1
    node_data=${chosen[0]} node_address=${chosen[1]} node_pid=${chosen[2]}
}

bench_state() {
    local accounts=${1-10000000} round size small large
    [[ $accounts =~ ^[0-9]+$ ]] && ((accounts >= 10000)) || die "state wants a number of accounts, 10000 at least"
    ((shrink == 1)) || accounts=$(((accounts + 99) / 100))
    build_for_bench
    begin_report state
    clean_up_at_exit
    start_node net-small
    small=("$node_data" "$node_address" "$node_pid")
    fill 10000
    warm_up
    start_node net-large
    large=("$node_data" "$node_address" "$node_pid")
    fill "$accounts"
    warm_up
    for ((round = 0; round < rounds; round++)); do
        for size in small large; do
            use_node "$size"
            known "$size" "$accounts"
            all_alive || die "a node that is measured has stopped"
        done
    done
    clean_up
    roots
    end_report state
}

# fill ACCOUNTS: makes them, and says what they take on disk.
fill() {
    local before
    before=$(on_disk)
    load_node "fill $1" run --kind fill --count "$1" --batch 2 --connections 2 --in-flight 200
    calm
    printf '{"case":"disk","side":"gainsay","accounts":%s,"bytes":%s}\n' "$1" $(($(on_disk) - before)) >>"$raw"
}

# known SIZE ACCOUNTS: transfers to random ones of the accounts.
known() {
    local accounts=$2 before
    if [[ $1 == small ]]; then accounts=10000; fi
    before=$(on_disk)
    load_node "$1" run --kind known --accounts "$accounts" --batch 50 --connections 4 --count $((120000 / shrink))
    calm
    printf '{"case":"growth %s","side":"gainsay","bytes":%s}\n' "$1" $(($(on_disk) - before)) >>"$raw"
}

# What a block's root costs: 1,000 random accounts of a million, whose pages are read first or are in memory.
roots() {
    local round
    cargo build --locked --quiet -p gainsay-state --example root || return 0
    for ((round = 0; round < rounds; round++)); do
        target/debug/examples/root 1000000 1000 | node -e '
            for (const line of fs.readFileSync(0, "utf8").split("\n")) {
              const [, how, time, unit] = /changes, (.*?):? root .* in ([0-9.]+)(ms|µs|s);/.exec(line) ?? [];
              const name = how?.includes("memory") ? "root, in memory" : "root";
              if (how) console.log(JSON.stringify({ case: name, side: "gainsay", ms: time * { s: 1e3, ms: 1, µs: 1e-3 }[unit] }));
            }' >>"$raw"
    done
}

bench_replay() {
    local round blocks=40
    ((shrink == 1)) || blocks=10
    build_for_bench
    cargo build --locked --quiet -p gainsay-chain --example replay
    begin_report replay
    clean_up_at_exit
    for ((round = 0; round < rounds; round++)); do
        need_node net-replay
        run_case transfer gainsay
        need_node net-replay
        run_case token-hot gainsay
    done
    clean_up
    target/debug/examples/replay "$blocks" 2000 2>"$logs/replay.log" >>"$raw" || die "the replay failed: $(tail -n 1 "$logs/replay.log")"
    end_report replay
}
