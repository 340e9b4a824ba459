# shellcheck shell=bash
# A fraud from the claim to the lost bond, on a network of its own. Needs network.sh and smoke.sh.

# Account of the liar; the first of the free ones.
liar=0

# Clocks fit for watching: the window is over soon after the match is, and a move may still take as long as a slow machine needs for it.
fraud_window=50 fraud_clock=20 fraud_extension=10

# The development network's parameters with these clocks, in the place of its own; and nobody who claims but the liar.
fraud_parameters() {
    params=$state/params.json sequencer_options=(--no-proposer)
    node -e '
        const [from, to, window, clock, extension] = process.argv.slice(1);
        const params = JSON.parse(fs.readFileSync(from));
        Object.assign(params.rollup, { challengeWindow: +window, clock: +clock, extension: +extension });
        fs.writeFileSync(to, JSON.stringify(params, null, 2));
    ' "$root/scripts/devnet.params.json" "$params" "$fraud_window" "$fraud_clock" "$fraud_extension"
}

# Blocks that the claims are about.
fraud_traffic() {
    local amount
    for amount in 1 2 3; do
        send_l2 --value "${amount}ether" 0x00000000000000000000000000000000000A11CE >/dev/null
    done
    smoke_token
    say "  waiting until they are on L1"
    wait_until 120 "the blocks are safe" reached "$sequencer_rpc" safe "$(height "$sequencer_rpc" latest)"
}

# Liar and challenger act by themselves; the story only reads L1, and its exit code is the outcome.
fraud() {
    local common
    mapfile -t common < <(node_options)
    title "Some traffic"
    fraud_traffic
    set -m
    "$bin/story" --network "$state/network" --l1-rpc "$l1_rpc" \
        --honest "challenger=$(address_of "$challenger")" --liar "liar=$(address_of "$liar")" </dev/null &
    set +m
    story=$!
    trap 'stop_process "$story"; stop_all' EXIT
    start liar "$bin/liar" "${common[@]}" --data "$state/liar" --mnemonic-index "$liar" --first "${liar_options[@]}"
    while kill -0 "$story" 2>/dev/null; do
        all_alive || die "the story ends here; logs: $logs"
        sleep 0.5
    done
    wait "$story"
}
