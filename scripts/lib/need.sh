# shellcheck shell=bash
# What a machine must have: Rust, Node 20 or newer with npm, a C compiler, perl. One line each when it is missing.
# Needs say.sh.

need_cargo() {
    command -v cargo >/dev/null || die "cargo is missing: install Rust with rustup (https://rustup.rs)"
}

need_cc() {
    command -v cc >/dev/null || die "a C compiler (cc) is missing: install gcc or clang, e.g. 'apt-get install build-essential'"
}

# Keccak in assembly is written out by perl.
need_perl() {
    command -v perl >/dev/null || die "perl is missing: install it, e.g. 'apt-get install perl'"
}

need_node() {
    command -v node >/dev/null || die "node is missing: install Node.js 20 or newer (https://nodejs.org)"
    command -v npm >/dev/null || die "npm is missing: install it with Node.js 20 or newer (https://nodejs.org)"
    local major
    major=$(node -p 'process.versions.node.split(".")[0]')
    ((major >= 20)) || die "node is version $(node --version), but 20 or newer is needed (https://nodejs.org)"
}

need_everything() {
    need_cargo
    need_cc
    need_perl
    need_node
}
