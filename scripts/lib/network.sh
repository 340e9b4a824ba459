# shellcheck shell=bash
# The parts of the development network, in the order in which they start. Needs say.sh, foundry.sh, procs.sh, accounts.sh, and
# $root, $state, $logs, $port_base, $da.

# Seconds between two L1 blocks.
l1_block_time=1
# What the contracts are deployed with, and what else the sequencer is told.
params=$root/scripts/devnet.params.json sequencer_options=()

choose_ports() {
    l1_port=$port_base
    sequencer_port=$((port_base + 1000))
    follower_port=$((port_base + 1001))
    challenger_port=$((port_base + 1002))
    metrics_port=$((port_base + 1010))
    l1_rpc=http://127.0.0.1:$l1_port
    sequencer_rpc=http://127.0.0.1:$sequencer_port
    follower_rpc=http://127.0.0.1:$follower_port
    challenger_url=http://127.0.0.1:$challenger_port
    local port
    for port in "$l1_port" "$sequencer_port" "$follower_port" "$challenger_port" "$metrics_port" $((metrics_port + 1)) $((metrics_port + 2)); do
        need_free_port "$port"
    done
}

# anvil keeps its chain, blobs included, in one file: written every 30 s and when it stops. States of older blocks it writes elsewhere, and leaves them there
# when it is killed: a new one has no use for them.
start_l1() {
    rm -rf "$state/l1-states"
    start l1 "$(foundry_tool anvil)" --port "$l1_port" --block-time "$l1_block_time" --slots-in-an-epoch 4 --hardfork osaka \
        --mnemonic "$mnemonic" --state "$state/l1.json" --state-interval 30 --cache-path "$state/l1-states"
    wait_until 20 "L1 answers" cast chain-id --rpc-url "$l1_rpc"
    put_multicall
}

# Multicall3, where public chains have it: viem reads many values at once through it. Its transaction was signed once for all chains.
put_multicall() {
    local contract=0xcA11bde05977b3631167028862bE2a173976CA11 sender=0x05f32B3cC3888453ff71B01135B34FF8e41263F2
    [[ $(cast code --rpc-url "$l1_rpc" "$contract") == 0x ]] || return 0
    cast rpc --rpc-url "$l1_rpc" anvil_setBalance "$sender" "$(cast to-wei 0.1 | xargs printf '0x%x')" >/dev/null
    cast publish --rpc-url "$l1_rpc" --async "$(<"$root/scripts/multicall3.tx")" >/dev/null
}

# Writes addresses.json and genesis.json; finds everything in place when it was done before.
deploy() {
    GAINSAY_DEPLOYER_KEY=$(key_of "$deployer") "$bin/sequencer" deploy --l1-rpc "$l1_rpc" \
        --params "$params" --out "$state/network" >>"$logs/deploy.log" 2>&1 || {
        tail -n 5 "$logs/deploy.log" >&2
        die "the contracts could not be deployed; the whole log: $logs/deploy.log"
    }
}

# What every node is told.
node_options() { printf '%s\n' --network "$state/network" --l1-rpc "$l1_rpc" --beacon "$l1_rpc"; }

start_sequencer() {
    local common
    mapfile -t common < <(node_options)
    start sequencer env GAINSAY_BATCHER_KEY="$(key_of "$batcher")" GAINSAY_PROPOSER_KEY="$(key_of "$proposer")" \
        "$bin/sequencer" run "${common[@]}" --data "$state/sequencer" --port "$sequencer_port" --metrics-port "$metrics_port" \
        --da "$da" --batch-interval 4 --l1-poll 500 "${sequencer_options[@]}"
    wait_until 30 "the sequencer answers" cast chain-id --rpc-url "$sequencer_rpc"
}

start_follower() {
    local common
    mapfile -t common < <(node_options)
    start follower "$bin/sequencer" follow "${common[@]}" --data "$state/follower" --port "$follower_port" \
        --metrics-port $((metrics_port + 1)) --l1-poll 500
    wait_until 30 "the follower answers" cast chain-id --rpc-url "$follower_rpc"
}

start_challenger() {
    local common
    mapfile -t common < <(node_options)
    start challenger env GAINSAY_CHALLENGER_KEY="$(key_of "$challenger")" "$bin/challenger" run "${common[@]}" --data "$state/challenger" --status-port "$challenger_port" \
        --metrics-port $((metrics_port + 2)) --l1-poll 500
    wait_until 30 "the challenger answers" "$bin/challenger" status --url "$challenger_url"
}

# contract NAME: its L1 address, from addresses.json.
contract() {
    node -p 'JSON.parse(fs.readFileSync(process.argv[1])).contracts[process.argv[2]]' "$state/network/addresses.json" "$1"
}
