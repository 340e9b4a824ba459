# shellcheck shell=bash
# How the scripts talk: one line a fact, colours only on a terminal.

if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' green='' red='' plain=''
fi

# Something went well or is being done.
say() { printf '%s\n' "$*"; }

# A heading of the closing summary.
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# Says what is wrong and what to do about it, and ends the script.
die() {
    printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
    exit 1
}

# Prints the comment block at the head of a script: its manual.
usage_of() { sed -n '2,/^$/{ /^#/!q; s/^# \{0,1\}//p }' "$1"; }

# Whole seconds since the given $SECONDS, for people.
took() { printf '%d s' $((SECONDS - $1)); }
