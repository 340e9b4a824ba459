# shellcheck shell=bash
# Where forge, cast and anvil are: npm packages of contracts/, whose native binaries are called directly.
# Needs say.sh and $root.

# foundry_tool NAME: path of the native binary.
foundry_tool() {
    local name=$1 candidate
    for candidate in "$root"/contracts/node_modules/@foundry-rs/"$name"-*/bin/"$name"; do
        if [[ -x $candidate ]]; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    die "$name is not installed: run scripts/contracts setup"
}

cast() { "$(foundry_tool cast)" "$@"; }
forge() { "$(foundry_tool forge)" "$@"; }
