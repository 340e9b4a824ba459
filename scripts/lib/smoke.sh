# shellcheck shell=bash
# A short run of real transactions through the whole system; fails at the first thing that is wrong. Needs network.sh.

# checked WHAT: one line for what has just been shown.
checked() { printf '  %sok%s  %s\n' "$green" "$plain" "$*"; }

send_l2() { cast send --rpc-url "$sequencer_rpc" --private-key "$(key_of 1)" --json "$@"; }
balance() { cast balance --rpc-url "$sequencer_rpc" "$1"; }
height() { cast block-number --rpc-url "$1" "$2"; }
hash_at() { cast block --rpc-url "$1" "$2" --field hash; }

# same WHAT GOT WANTED
same() {
    [[ $2 == "$3" ]] || die "$1: $2, not $3"
    checked "$1"
}

smoke_transfer() {
    local to=0x00000000000000000000000000000000005A11ED before after
    before=$(balance "$to")
    send_l2 --value 12345 "$to" >/dev/null
    after=$(balance "$to")
    same "a transfer arrives" "$after" "$((before + 12345))"
}

smoke_token() {
    local token owner
    owner=$(address_of 1)
    token=$(cd "$root/tests/contracts" && forge create Token.sol:Token --rpc-url "$sequencer_rpc" --private-key "$(key_of 1)" \
        --broadcast --json --constructor-args 1000 | node -p 'JSON.parse(fs.readFileSync(0)).deployedTo')
    checked "forge create deploys a token at $token"
    send_l2 "$token" 'transfer(address,uint256)' "$(address_of 2)" 400 >/dev/null
    same "cast call reads the sender's tokens" "$(cast call --rpc-url "$sequencer_rpc" "$token" 'balanceOf(address)(uint256)' "$owner")" 600
    if send_l2 "$token" 'transfer(address,uint256)' "$(address_of 2)" 601 >/dev/null 2>&1; then
        die "a transfer of more tokens than there are went through"
    fi
    checked "a transfer of more than there is is refused"
}

smoke_deposit() {
    local to before wanted
    to=$(address_of 3)
    before=$(balance "$to")
    wanted=$(node -p 'BigInt(process.argv[1]) + 10n ** 18n' "$before" | tr -d n)
    cast send --rpc-url "$l1_rpc" --private-key "$(key_of 3)" --value 1ether "$(contract portal)" >/dev/null
    wait_until 60 "the deposit reaches L2" balance_is "$to" "$wanted"
    checked "a deposit from L1 arrives"
}
balance_is() { [[ $(balance "$1") == "$2" ]]; }

# bridge NODE VERB ...: what a user does, who asks that node of L2.
bridge() {
    local node=$1
    shift
    GAINSAY_KEY=$(key_of 4) GAINSAY_NETWORK=$state/network GAINSAY_L1_RPC=$l1_rpc GAINSAY_L2_RPC=$node "$bin/sequencer" --log warn bridge "$@"
}

# Half an ether on its way to L1.
smoke_withdraw() {
    withdrawal=$(bridge "$sequencer_rpc" withdraw --value 0.5ether --to "$payee" --json | node -p 'JSON.parse(fs.readFileSync(0)).l2Transaction')
    checked "a withdrawal is started: $withdrawal"
}
payee=0x0000000000000000000000000000000000009A7E withdrawal=''

# The node that knows L1 alone is enough for the rest.
smoke_withdrawn() {
    bridge "$follower_rpc" prove "$withdrawal" --wait >/dev/null
    checked "the withdrawal is proved on L1"
    bridge "$follower_rpc" finalize "$withdrawal" --wait >/dev/null
    same "its ether is paid on L1" "$(cast balance --rpc-url "$l1_rpc" "$payee")" 500000000000000000
}

# Everything sent so far becomes safe, and the follower, which knows L1 alone, has the same blocks.
smoke_follower() {
    local tip number
    tip=$(height "$sequencer_rpc" latest)
    wait_until 120 "block $tip is safe on the sequencer" reached "$sequencer_rpc" safe "$tip"
    wait_until 60 "block $tip is safe on the follower" reached "$follower_rpc" safe "$tip"
    for number in $(seq 0 "$tip"); do
        [[ $(hash_at "$sequencer_rpc" "$number") == "$(hash_at "$follower_rpc" "$number")" ]] || die "sequencer and follower differ at block $number"
    done
    checked "the follower derived the same $tip blocks from L1 alone"
}
reached() { (($(height "$1" "$2") >= $3)); }

# The latest safe block once more, as a RISC-V program, and one step of it as L1 checks it.
smoke_fault_vm() {
    local number witness=$state/block.witness step=$state/step.json
    number=$(height "$follower_rpc" safe)
    "$bin/fault-vm" run --quiet --block "$number" --rpc "$follower_rpc" --save "$witness" >/dev/null
    checked "the fault VM comes to the same state after block $number"
    "$bin/fault-vm" prove --quiet --witness "$witness" --step 1000000 --out "$step" >/dev/null
    "$bin/fault-vm" verify --quiet "$step" >/dev/null
    checked "the contracts accept the proof of its step 1,000,000"
}

smoke_assertion() {
    wait_until 180 "an assertion is confirmed and the challenger agrees with all" challenger_agrees
    checked "an assertion is confirmed, and the challenger agrees with every one"
}

# At least one assertion is confirmed, and none has another verdict than agreement.
challenger_agrees() {
    "$bin/challenger" status --url "$challenger_url" --json | node "$root/scripts/lib/verdicts.mjs"
}

smoke() {
    title "Smoke"
    smoke_transfer
    smoke_token
    smoke_deposit
    smoke_withdraw
    smoke_follower
    smoke_fault_vm
    smoke_assertion
    smoke_withdrawn
}
