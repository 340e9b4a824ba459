# shellcheck shell=bash
# What a benchmark says: figures on stdout, a table on stderr, and the table's section in docs/benchmarks.md. Needs say.sh, foundry.sh, $write, $work.

# begin_report NAME: an empty file for the lines of its runs.
begin_report() {
    mkdir -p "$work"
    raw=$work/$1.jsonl
    : >"$raw"
}

# end_report NAME: figures and table from the lines of the runs.
end_report() {
    local table=$work/$1.md
    node scripts/lib/figures.mjs "$1" "$table" <"$raw"
    show_table "$1" "$table"
}

# run_example NAME COMMAND...: a program that prints figures itself, and its table on stderr.
run_example() {
    local name=$1 table=$work/$1.md
    shift
    mkdir -p "$work"
    "$@" 2>"$table" || { cat "$table" >&2; return 1; }
    show_table "$name" "$table"
}

show_table() {
    cat "$2" >&2
    if ((write)); then
        write_table "$1" "$2"
    fi
}

# The table in the file $2, and where it was measured, become the section $1.
write_table() {
    {
        printf '%s, %s cores, %s MB, load %s; Linux %s; %s; %s; commit %s, %s\n\n' "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" "$(nproc)" \
            "$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" "$(cut -d ' ' -f 1 /proc/loadavg)" "$(uname -r)" "$(rustc --version)" \
            "$("$(foundry_tool anvil)" --version | head -1)" "$(git rev-parse --short HEAD)" "$(date -u +%F)"
        cat "$2"
    } >"$2.section"
    write_section "$1" "$2.section"
}

# The section of docs/benchmarks.md named $1 becomes what stands in the file $2.
write_section() {
    local name=$1 text=$2 page=docs/benchmarks.md
    grep -q "^<!-- $name -->\$" "$page" || die "$page has no section '$name': add its two marks"
    awk -v start="<!-- $name -->" -v end="<!-- end of $name -->" -v text="$text" '
        $0 == start { print; while ((getline line < text) > 0) print line; inside = 1 }
        $0 == end { inside = 0 }
        !inside { if ($0 != start) print }' "$page" >"$page.new"
    mv "$page.new" "$page"
}
