// Runs the checks of a program one after another, a line for each.

import assert from 'node:assert/strict';

/** No check takes longer unless it says so, in seconds. */
const LIMIT = 30;

/**
 * Runs each check with what the one before returned, stops at the first that fails, and ends the program.
 *
 * @param {Array<[string, (previous: any) => Promise<any>, number?]>} checks what each shows, in words, and how; and how many seconds it may take
 * @param {(previous: any) => Promise<void>} after what must hold after each
 */
export async function run(checks, after = async () => {}) {
  let previous;
  for (const [words, check, limit = LIMIT] of checks) {
    try {
      previous = { ...previous, ...(await within(limit * 1000, check(previous))) };
      await within(LIMIT * 1000, after(previous));
      console.log(`ok  ${words}`);
    } catch (error) {
      console.error(`FAILED  ${words}\n${error.stack ?? error}`);
      process.exit(1);
    }
  }
  console.log(`${checks.length} checks passed`);
  // Connections that stay open keep a program alive.
  process.exit(0);
}

/** Fails when a promise takes longer than so many milliseconds. */
export function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing happened within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Polls until `attempt` returns something other than undefined; the checks' own time limit ends it. */
export async function eventually(attempt) {
  for (;;) {
    const value = await attempt();
    if (value !== undefined) {
      return value;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The error that a promise is refused with; fails when it is not refused. */
export async function refusal(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  return assert.fail(`it should have been refused, but gave ${String(value)}`);
}
