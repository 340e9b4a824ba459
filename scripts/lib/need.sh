# shellcheck shell=bash
# What a machine must have: Rust, Node 20 or newer with npm, Python 3.11 or newer, a C compiler, perl. One line each when it is missing.
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

# For web3.py.
need_python() {
    command -v python3 >/dev/null || die "python3 is missing: install Python 3.11 or newer, e.g. 'apt-get install python3 python3-venv'"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
        || die "python3 is $(python3 --version), but 3.11 or newer is needed (https://www.python.org)"
}

need_everything() {
    need_cargo
    need_cc
    need_perl
    need_node
}
