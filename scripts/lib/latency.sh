# shellcheck shell=bash
# scripts/bench rpc: how long a transaction takes at a pace. Needs bench.sh, report.sh.

# run_pace CASE SIDE RATE BATCH CONNECTIONS
run_pace() {
    local seconds=10
    ((shrink == 1)) || seconds=4
    local how=(paced --kind transfer --rate "$3" --batch "$4" --connections "$5" --seconds "$seconds")
    if [[ $2 == gainsay ]]; then
        load_node "$1" "${how[@]}" --preconfirmations
    else
        load_peer "$1" "${how[@]}"
    fi
}

bench_rpc() {
    local round
    build_for_bench
    begin_report rpc
    clean_up_at_exit
    for ((round = 0; round < rounds; round++)); do
        need_node net-rpc --block-time 250
        run_pace 2000 gainsay 2000 1 64
        run_pace 2000 anvil 2000 1 64
        need_node net-rpc --block-time 250
        run_pace 10000 gainsay 10000 10 64
        run_pace 10000 anvil 10000 10 64
    done
    clean_up
    end_report rpc
}
