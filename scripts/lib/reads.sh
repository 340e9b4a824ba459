# shellcheck shell=bash
# scripts/bench reads: how many reads are answered, and how soon, while blocks are made. Needs bench.sh, report.sh.

# Of each kind: what is read, calls in a request.
declare -A reads=([call]="call 1" [call-batch]="call 50" [balance]="balance 1" [logs]="logs 1" [block]="block 1")
read_order=(call call-batch balance logs block) read_connections=(1 16 128)
# Blocks of both sides with the transfers whose logs are asked for: the first and the last.
declare -A log_blocks=()

# make_logs SIDE ADDRESS PID: 50 transfers of the token over five seconds, and which blocks they are in.
make_logs() {
    local rpc=http://$2 from
    from=$(cast block-number --rpc-url "$rpc")
    "$bin/load" paced --address "$2" --pid "$3" --kind token-hot --rate 10 --seconds 5 --connections 1 >/dev/null
    log_blocks[$1]="$((from + 1)) $(cast block-number --rpc-url "$rpc")"
}

# Both sides run, with blocks of a second, and have logs to be asked for.
need_both() {
    if ((node_failed)) || [[ -z ${log_blocks[gainsay]-} ]] || ! kill -0 "$node_pid" "$peer_pid" 2>/dev/null; then
        need_node net-reads --block-time 1000
        make_logs gainsay "$node_address" "$node_pid"
        start_peer
        make_logs anvil "127.0.0.1:$peer_port" "$peer_pid"
    fi
}

# run_reads CASE SIDE CONNECTIONS
run_reads() {
    local read batch from to seconds=3 address=$node_address pid=$node_pid
    ((shrink == 1)) || seconds=2
    [[ $2 == gainsay ]] || address=127.0.0.1:$peer_port pid=$peer_pid
    read -r read batch <<<"${reads[$1]}"
    read -r from to <<<"${log_blocks[$2]}"
    record "$1 $3" "$2" "$bin/load" reads --address "$address" --pid "$pid" --kind token-hot --rate 200 --seconds $seconds \
        --read "$read" --batch "$batch" --connections "$3" --from-block "$from" --to-block "$to"
}

bench_reads() {
    local name round connections wanted=("$@")
    ((${#wanted[@]})) || wanted=("${read_order[@]}")
    for name in "${wanted[@]}"; do
        [[ -n ${reads[$name]-} ]] || die "there is no kind of read $name; there are: ${read_order[*]}"
    done
    build_for_bench
    begin_report reads
    clean_up_at_exit
    need_both
    if ((perf)); then
        profile run_reads "${wanted[0]}" gainsay 16
        return
    fi
    for ((round = 0; round < rounds; round++)); do
        for name in "${wanted[@]}"; do
            for connections in "${read_connections[@]}"; do
                need_both
                # Whoever comes first in one round comes last in the next.
                if ((round % 2)); then run_reads "$name" anvil "$connections"; fi
                run_reads "$name" gainsay "$connections"
                if ((round % 2 == 0)); then run_reads "$name" anvil "$connections"; fi
            done
        done
    done
    clean_up
    end_report reads
}
