// Reads `challenger status --json` on standard input. Succeeds when at least one assertion beside the genesis is confirmed and
// the challenger has agreed with every one that is; says what is missing otherwise.
import { readFileSync } from "node:fs";

const { assertions } = JSON.parse(readFileSync(0, "utf8"));
const claims = assertions.filter((one) => !/^0x0*$/.test(one.parent));
const confirmed = claims.filter((one) => one.confirmed);
const others = claims.filter((one) => one.verdict.verdict !== "agree" && (one.confirmed || one.verdict.verdict !== "pending"));

if (others.length > 0) console.error("no agreement on", others);
else if (confirmed.length === 0) console.error(`${claims.length} assertions, none confirmed yet`);
process.exit(others.length === 0 && confirmed.length > 0 ? 0 : 1);
