# shellcheck shell=bash
# What a person needs to use the network that has just started. Needs network.sh.

print_summary() {
    title "Endpoints"
    printf '  %-12s %s   chain id %s\n' \
        L1 "$l1_rpc" "$(cast chain-id --rpc-url "$l1_rpc")" \
        sequencer "$sequencer_rpc" "$(cast chain-id --rpc-url "$sequencer_rpc")   (HTTP and WebSocket)"
    printf '  %-12s %s   %s\n' \
        follower "$follower_rpc" "derives the same chain from L1 alone" \
        challenger "$challenger_url" "its verdict on every assertion; it stakes against a false one" \
        metrics "http://127.0.0.1:$metrics_port/metrics" "sequencer; the next two ports: follower, challenger"

    title "Contracts on L1"
    local name
    for name in inbox rollup matches portal games messenger bridge; do
        printf '  %-12s %s\n' "$name" "$(contract "$name")"
    done

    title "Accounts, 10,000 ETH each on both layers (the public test mnemonic: never for real money)"
    local index
    for index in "${users[@]}"; do
        printf '  %s  %s\n' "$(address_of "$index")" "$(key_of "$index")"
    done

    title "Try"
    cat <<END
  export PATH="$(dirname "$(foundry_tool cast)"):$(dirname "$(foundry_tool forge)"):$bin:\$PATH" KEY=$(key_of 0) GAINSAY_KEY=$(key_of 0)
  export GAINSAY_NETWORK=$state/network GAINSAY_L1_RPC=$l1_rpc GAINSAY_L2_RPC=$sequencer_rpc
  cast send --rpc-url $sequencer_rpc --private-key \$KEY --value 1ether 0x000000000000000000000000000000000000dEaD
  (cd tests/contracts && forge create Token.sol:Token --rpc-url $sequencer_rpc --private-key \$KEY --broadcast --constructor-args 1000000)
  cast send --rpc-url $l1_rpc --private-key \$KEY --value 1ether $(contract portal)     # a deposit: arrives on L2 in seconds
  sequencer bridge deposit --value 1ether --wait
  sequencer bridge withdraw --value 0.5ether      # prints TX; then prove and finalize, which wait for claim and window
  sequencer bridge prove TX --wait; sequencer bridge finalize TX --wait; sequencer bridge status TX
  sequencer status --rpc $sequencer_rpc
  challenger status --url $challenger_url
  fault-vm run --block 1 --rpc $sequencer_rpc     # the block as a RISC-V program, once it is safe
END
    title "Files"
    printf '  %-12s %s\n' network "$state/network/addresses.json" logs "$logs/"
}
