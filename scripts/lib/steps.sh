# shellcheck shell=bash
# Runs steps one after another, each with its log, and counts what they tested. Needs say.sh.

passed=0 failed=0 skipped=0

# sum_of LOG PATTERN: sum of the number in all lines that match; the pattern marks it as \([0-9]*\).
sum_of() {
    sed -n "s/$2/\1/p" "$1" | awk '{ sum += $1 } END { print sum + 0 }'
}

# Adds the tests that a log reports (cargo's and forge's closing lines); a step without tests counts as one.
count() {
    local log=$1 ok=$2 cargo='^test result: [A-Za-z]*\. ' good bad skip
    good=$(sum_of "$log" "${cargo}\([0-9]*\) passed;.*")
    bad=$(sum_of "$log" "${cargo}[0-9]* passed; \([0-9]*\) failed;.*")
    skip=$(sum_of "$log" "${cargo}[0-9]* passed; [0-9]* failed; \([0-9]*\) ignored;.*")
    good=$((good + $(sum_of "$log" '^Ran [0-9]* test suites*.*: \([0-9]*\) tests passed, .*')))
    bad=$((bad + $(sum_of "$log" '^Ran [0-9]* test suites*.*passed, \([0-9]*\) failed, .*')))
    skip=$((skip + $(sum_of "$log" '^Ran [0-9]* test suites*.*failed, \([0-9]*\) skipped.*')))
    if ((good + bad == 0)); then
        good=$ok
    fi
    if ((ok == 0 && bad == 0)); then
        bad=1
    fi
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + skip))
}

# why LOG: what says why a step failed: what the tests that failed printed, as far as cargo tells them apart, then the end of
# the log. Lines are cut, since a failed comparison may print a whole machine.
why() {
    awk '/^failures:$/ { shown = 1 } /^test result: / { shown = 0 } shown' "$1" | head -n 40
    echo ...
    tail -n 20 "$1"
}

# run_step NAME: runs step_NAME; one line says how it went, and the end of its log why it failed.
run_step() {
    local name=$1 log=target/test-logs/$1.log start=$SECONDS ok=1
    # The step runs in a shell of its own, so that it ends at its first failing command.
    (
        set -euo pipefail
        "step_$name"
    ) >"$log" 2>&1 </dev/null &
    wait $! || ok=0
    count "$log" "$ok"
    if ((ok)); then
        printf '%sok%s      %-10s %s\n' "$green" "$plain" "$name" "$(took "$start")"
    else
        printf '%sFAILED%s  %-10s %s\n' "$red" "$plain" "$name" "$(took "$start")"
        why "$log" | cut -c 1-400 | sed 's/^/    /'
        printf '    the whole log: %s\n' "$log"
    fi
}

# run_steps NAME...: all of them, even when one fails; the exit code tells whether every one passed.
run_steps() {
    local name
    mkdir -p target/test-logs
    for name in "$@"; do
        run_step "$name"
    done
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    ((failed == 0))
}
