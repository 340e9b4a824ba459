# shellcheck shell=bash
# Nodes to be measured, and their peers. Needs say.sh, foundry.sh, procs.sh, accounts.sh, network.sh and $root.

port_base=24525 work=$root/target/bench logs=$root/target/bench/logs
# Rounds of each measurement: figures are medians over them. Loads are divided by $shrink.
rounds=3 shrink=1
# Gas is no limit here: what the machine can do is measured, not what a network's parameters allow.
chain_id=42026 block_gas_limit=1000000000 gas_rate=10000000000
# All the data of the node that is measured, its address, its process.
node_data='' node_address='' node_pid=0 node_failed=0

build_for_bench() {
    [[ -x $(foundry_tool anvil) && -x $root/contracts/tools/solc ]] || "$root/scripts/contracts" setup >/dev/null
    if [[ -z $bin ]]; then
        cargo build --locked --quiet -p gainsay-load -p gainsay-sequencer --bins
        bin=$root/target/debug
    fi
    [[ -x $bin/sequencer && -x $bin/load ]] || die "there are no programs sequencer and load in $bin"
    mkdir -p "$work" "$logs"
    "$bin/load" genesis --chain-id $chain_id --gas-limit $block_gas_limit --out "$work/genesis.json"
    bench_parameters
}

# The development network's parameters with much gas, blocks of 100 ms, and the accounts of the load.
bench_parameters() {
    params=$work/params.json
    BLOCK_GAS_LIMIT=$block_gas_limit GAS_RATE=$gas_rate node -e '
        const params = JSON.parse(fs.readFileSync(process.argv[1]));
        const gas = Number(process.env.BLOCK_GAS_LIMIT);
        Object.assign(params.chain, { blockTimeMs: 100, blockGasLimit: gas, gasTarget: gas, gasRate: Number(process.env.GAS_RATE) });
        params.genesis.allocFile = "genesis.json";
        fs.writeFileSync(process.argv[2], JSON.stringify(params));' "$root/scripts/devnet.params.json" "$params"
}

# Ports that nobody uses: those of a network, and one more for the peer.
take_ports() {
    port_base=${1-24545}
    until (choose_ports && need_free_port $((port_base + 1005))) 2>/dev/null; do
        port_base=$((port_base + 7))
        ((port_base < 60000)) || die "there are no free ports"
    done
    choose_ports
    peer_port=$((port_base + 1005))
}

# start_node NAME OPTIONS...: a new L1, the contracts, and a sequencer with nothing in its database. The batcher is deferred: L1 makes no block any more
# once the sequencer runs, so that a batch which the batcher sends stays in L1's pool, and no other is made until it is through.
start_node() {
    local name=$1
    shift
    take_ports "$((port_base + 20))"
    state=$work/$name
    rm -rf "$state"
    mkdir -p "$state"
    start_l1
    deploy
    node_data=$state/sequencer node_address=127.0.0.1:$sequencer_port
    printf '%s %s: a new sequencer\n' "$(date -u +%FT%TZ)" "$name" >>"$logs/sequencer.log"
    start sequencer env GAINSAY_BATCHER_KEY="$(key_of "$batcher")" "$bin/sequencer" run --network "$state/network" --l1-rpc "$l1_rpc" --beacon "$l1_rpc" \
        --data "$node_data" --port "$sequencer_port" --no-proposer --batch-interval 3600 --log warn "$@"
    node_pid=${pids[-1]}
    wait_until 60 "the sequencer answers" cast chain-id --rpc-url "$sequencer_rpc"
    cast rpc --rpc-url "$l1_rpc" evm_setIntervalMining 0 >/dev/null
}

# Why a load may have failed: whether the node is gone, and what it said last. Its log is kept, with those of runs before.
show_node() {
    local how="still runs"
    kill -0 "$node_pid" 2>/dev/null || how="has stopped"
    printf 'the sequencer %s; the end of its log, %s:\n' "$how" "$logs/sequencer.log"
    # Since it was started.
    awk '/: a new sequencer$/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' "$logs/sequencer.log" | tail -n 15 | cut -c 1-400 | sed 's/^/    /'
}

# Ends the benchmark if the node is gone.
need_alive() { kill -0 "$node_pid" 2>/dev/null || { show_node >&2; die "the node that is measured has stopped"; }; }

# Code and caches are warm, and the batcher has made the one batch that it waits for.
warm_up() {
    "$bin/load" run --address "$node_address" --pid "$node_pid" --kind transfer --batch 50 --count 30000 >&2 || { show_node >&2; die "the node does not take the load"; }
    calm
}

# Time of the node on the processor so far, in hundredths of a second.
node_ticks() { sed 's/.*) //' "/proc/$node_pid/stat" | awk '{ print $12 + $13 }'; }

# Waits until the node hardly does anything: what it does behind the load, such as that one batch, is over.
calm() {
    local before now tries
    now=$(node_ticks)
    for ((tries = 0; tries < 60; tries++)); do
        sleep 1
        need_alive
        before=$now now=$(node_ticks)
        if ((now - before < 5)); then return; fi
    done
    say "the node does not come to rest: what it does beside the load is measured as well" >&2
}

# need_node NAME OPTIONS...: a warm node; the one that runs, unless its last load failed.
need_node() {
    if [[ $node_pid == 0 || $node_failed == 1 ]] || ! kill -0 "$node_pid" 2>/dev/null; then
        stop_all
        start_node "$@"
        warm_up
        node_failed=0
    fi
}

# start_peer: anvil with the same accounts, a block a second, and more gas than it can use.
start_peer() {
    rm -rf "$work/peer-states"
    start peer "$(foundry_tool anvil)" --port "$peer_port" --block-time 1 --silent --init "$work/genesis.json" --chain-id $chain_id --gas-limit 20000000000 \
        --cache-path "$work/peer-states"
    peer_pid=${pids[-1]}
    wait_until 20 "anvil answers" cast chain-id --rpc-url "http://127.0.0.1:$peer_port"
}

# Stops what was started last.
stop_last() {
    stop_process "${pids[-1]}"
    unset 'names[-1]' 'pids[-1]'
}

# record CASE SIDE COMMAND...: runs the load, and keeps its line with case and side; when it fails, what it said.
record() {
    local name=$1 side=$2 line
    shift 2
    if line=$("$@" 2>"$logs/load.log"); then
        printf '{"case":"%s","side":"%s",%s\n' "$name" "$side" "${line#\{}" >>"$raw"
    else
        line=$(tail -n 1 "$logs/load.log" | cut -c 1-200)
        if [[ $side == gainsay ]]; then
            node_failed=1
            show_node >&2
        fi
        printf '{"case":"%s","side":"%s","failed":%s}\n' "$name" "$side" "$(node -p 'JSON.stringify(process.argv[1])' "$line")" >>"$raw"
        printf '%s, %s: %s\n' "$name" "$side" "$line" >&2
    fi
    tail -n 1 "$raw" >&2
}

# load_node CASE ARGUMENTS..., load_peer CASE ARGUMENTS...: one run of the load against the sequencer, or against a new anvil.
load_node() {
    local name=$1 verb=$2
    shift 2
    record "$name" gainsay "$bin/load" "$verb" --address "$node_address" --pid "$node_pid" "$@"
}

load_peer() {
    local name=$1 verb=$2
    shift 2
    start_peer
    record "$name" anvil "$bin/load" "$verb" --address "127.0.0.1:$peer_port" --pid "$peer_pid" "$@"
    stop_last
}

# Bytes on disk of the node's database.
on_disk() { du -s -B1 "$node_data" | cut -f 1; }

# Leaves nothing behind but figures and logs.
clean_up() {
    stop_all
    rm -rf "$work"/net-* "$work/peer-states"
}

# Also when it is interrupted or told to stop.
clean_up_at_exit() {
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
