# shellcheck shell=bash
# Building programs for the fault VM. Needs say.sh, and to be at the repository's root.

guest_target=riscv64imac-unknown-none-elf

# The flags that make it plain RV64IM at the machine's addresses, with nothing in it of where it was built; \x1f-separated.
guest_flags() {
    local sysroot=$1 flags=(
        -C passes=lower-atomic
        -C target-feature=-a,-c,-zca,-zaamo,-zalrsc
        -C relocation-model=static
        -C "link-arg=-T$PWD/fault-vm/runtime/link.ld"
        -C link-arg=--no-eh-frame-hdr
        --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=/cargo"
        --remap-path-prefix="$PWD=/gainsay"
        --remap-path-prefix="$sysroot=/rust"
    )
    local IFS=$'\x1f'
    printf '%s' "${flags[*]}"
}

has_library_source() { [[ -f $("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/src/rust/library/core/src/lib.rs ]]; }

# The source of Rust's library, which the guest is built with: rustup's; where that has none, Debian's compiler with its source, if this is
# Debian and we may install. Sets RUSTC in that case.
need_guest_toolchain() {
    local log=target/guest-toolchain.log
    mkdir -p target
    has_library_source && return
    if command -v rustup >/dev/null && rustup component add rust-src >"$log" 2>&1 && has_library_source; then
        return
    fi
    if command -v apt-get >/dev/null && ((EUID == 0)); then
        say "rustup has no rust-src here: installing Debian's rustc-web and rust-web-src"
        { apt-get update && apt-get install -y --no-install-recommends rustc-web rust-web-src; } >>"$log" 2>&1 || true
        export RUSTC=/usr/bin/rustc
        has_library_source && return
    fi
    die "the source of Rust's library is missing: 'rustup component add rust-src'; without rustup, on Debian, 'apt-get install rustc-web rust-web-src' and RUSTC=/usr/bin/rustc ($log)"
}

# build_guest PACKAGE BIN OUT: builds the binary with the feature `guest` alone and copies its ELF to OUT. It has a target directory
# of its own, so that it waits for no other build.
build_guest() {
    local package=$1 bin=$2 out=$3 sysroot
    need_guest_toolchain
    sysroot=$("${RUSTC:-rustc}" --print sysroot)
    env -u RUSTFLAGS RUSTC_BOOTSTRAP=1 CARGO_ENCODED_RUSTFLAGS="$(guest_flags "$sysroot")" CARGO_TARGET_DIR="$PWD/target/guest" \
        cargo build --locked --quiet -Z build-std=core,alloc -Z build-std-features=compiler-builtins-mem \
        --target "$guest_target" --profile guest -p "$package" --bin "$bin" --no-default-features --features guest
    mkdir -p "$(dirname "$out")"
    cp "target/guest/$guest_target/guest/$bin" "$out"
}
