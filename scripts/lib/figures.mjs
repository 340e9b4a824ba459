// From the lines of a benchmark's runs on stdin: one JSON line a figure on stdout, and a table into a file.
//
//   node scripts/lib/figures.mjs NAME [TABLE.md] <LINES
//
// A line is {"case", "side": "gainsay" or "anvil", ...what the load measured}, or {"case", "side", "failed"}. Figures are medians over the lines of one
// case and side. A peer that failed is said to have failed: its figure and the ratio are null.
import { readFileSync, writeFileSync } from "node:fs";

const [bench, table] = process.argv.slice(2);
const lines = readFileSync(0, "utf8").split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
const text = [];
const say = (line = "") => text.push(line);

const median = (values) => {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return null;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const of = (name, side) => lines.filter((line) => line.case === name && line.side === side);
/// Median of what `pick` finds in a case's lines.
const value = (name, side, pick) => median(of(name, side).map((line) => (line.failed ? NaN : pick(line) ?? NaN)));
const over = (a, b) => (a === null || b === null || b === 0 ? null : a / b);

/// Prints a figure. `peer` is the peer's name and its value; the ratio is ours over the peer's, whatever is better.
function figure(metric, value, unit, peer = null) {
  const round = (number) => (number === null ? null : Number(number.toPrecision(6)));
  const [name, other] = peer ?? [null, null];
  const of = name === null ? null : `${name}: ${other === null ? "none" : round(other)}`;
  process.stdout.write(`${JSON.stringify({ bench, metric, value: round(value), unit, peer: of, ratio: round(over(value, other)) })}\n`);
}

const number = (value, digits = 0) => (value === null ? "—" : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
const row = (...cells) => say(`| ${cells.join(" | ")} |`);
const heads = (...cells) => (row(...cells), say(`|${"---|".repeat(cells.length)}`));
const failures = () => {
  const failed = lines.filter((line) => line.failed);
  if (failed.length > 0) say();
  for (const line of failed) say(`Failed: ${line.case}, ${line.side}: ${line.failed}`);
};

const words = {
  transfer: "ether, hot accounts, batches of 50 on 4 connections",
  single: "the same, single requests on 16 connections",
  fresh: "ether to fresh accounts, batches",
  "token-hot": "ERC-20, hot accounts, batches",
  token: "ERC-20 to fresh accounts, batches",
  slots: "ten fresh slots a transaction, batches",
};

const readWords = {
  call: "eth_call, a token's balance",
  "call-batch": "the same in batches of 50",
  balance: "eth_getBalance",
  logs: "eth_getLogs, 50 transfers in 6 blocks",
  block: "eth_getBlockByNumber, 200 hashes",
};

const reports = {
  throughput() {
    heads("", "tx/s", "anvil", "ratio", "CPU, µs/tx", "anvil", "memory, MB", "anvil", "the load's own CPU, µs/tx", "tx/block");
    for (const name of Object.keys(words).filter((name) => of(name, "gainsay").length > 0)) {
      const both = (pick) => [value(name, "gainsay", pick), value(name, "anvil", pick)];
      const [rate, cpu, memory] = [both((line) => line.rate), both((line) => line.cpu), both((line) => line.peak)];
      const own = value(name, "gainsay", (line) => line.ownCpu);
      figure(`${name}: rate`, rate[0], "tx/s", ["anvil", rate[1]]);
      figure(`${name}: processor time`, cpu[0], "µs/tx", ["anvil", cpu[1]]);
      figure(`${name}: memory at most`, memory[0], "MB", ["anvil", memory[1]]);
      figure(`${name}: processor time of the load`, own, "µs/tx");
      const perBlock = value(name, "gainsay", (line) => line.count / line.blocks);
      row(words[name], number(rate[0]), number(rate[1]), number(over(...rate), 2), number(cpu[0], 1), number(cpu[1], 1), number(memory[0]), number(memory[1]), number(own, 1), number(perBlock));
    }
  },

  rpc() {
    heads("", "p50, ms", "p99, ms", "anvil, p50", "anvil, p99", "p99, ours / anvil", "CPU, µs/tx", "anvil");
    for (const pace of ["2000", "10000"]) {
      const cpu = ["gainsay", "anvil"].map((side) => value(pace, side, (line) => line.cpu));
      for (const [what, key] of [["answer", "answer"], ["preconfirmation", "preconfirmation"], ["receipt", "receipt"]]) {
        const [half, most] = ["p50", "p99"].map((part) => ["gainsay", "anvil"].map((side) => value(pace, side, (line) => line[key]?.[part])));
        figure(`${what} at ${pace} tx/s: p50`, half[0], "ms", key === "preconfirmation" ? null : ["anvil", half[1]]);
        figure(`${what} at ${pace} tx/s: p99`, most[0], "ms", key === "preconfirmation" ? null : ["anvil", most[1]]);
        const costs = key === "receipt" ? [number(cpu[0], 1), number(cpu[1], 1)] : ["", ""];
        row(`${number(Number(pace))} tx/s, ${what}`, number(half[0], 1), number(most[0], 1), number(half[1], 1), number(most[1], 1), number(over(...most), 3), ...costs);
      }
    }
  },

  reads() {
    heads("", "connections", "calls/s", "anvil", "ratio", "p99, ms", "anvil", "CPU, µs/call", "anvil", "ratio", "the load's own CPU, µs/call");
    const kinds = [...new Set(lines.map((line) => line.case.split(" ")[0]))];
    for (const kind of Object.keys(readWords).filter((kind) => kinds.includes(kind))) {
      for (const connections of [1, 16, 128]) {
        const name = `${kind} ${connections}`;
        const both = (pick) => [value(name, "gainsay", pick), value(name, "anvil", pick)];
        const [rate, last, cpu] = [both((line) => line.rate), both((line) => line.latency.p99), both((line) => line.cpu)];
        const metric = `${kind}, ${connections} connections`;
        const own = value(name, "gainsay", (line) => line.ownCpu);
        figure(`${metric}: rate`, rate[0], "calls/s", ["anvil", rate[1]]);
        figure(`${metric}: p99`, last[0], "ms", ["anvil", last[1]]);
        figure(`${metric}: processor time`, cpu[0], "µs/call", ["anvil", cpu[1]]);
        figure(`${metric}: processor time of the load`, own, "µs/call");
        const figures = [number(rate[0]), number(rate[1]), number(over(...rate), 2), number(last[0], 2), number(last[1], 2)];
        row(readWords[kind], connections, ...figures, number(cpu[0], 1), number(cpu[1], 1), number(over(...cpu), 2), number(own, 1));
      }
    }
  },

  state() {
    const rates = ["large", "small"].map((size) => value(size, "gainsay", (line) => line.rate));
    const costs = ["large", "small"].map((size) => value(size, "gainsay", (line) => line.cpu));
    const filled = lines.filter((line) => line.kind === "fill").sort((a, b) => b.accounts - a.accounts);
    const disk = lines.filter((line) => line.case === "disk").sort((a, b) => b.accounts - a.accounts)[0];
    const growth = (size, part) => {
      const runs = of(size, "gainsay").filter((line) => !line.failed);
      return median(of(`growth ${size}`, "gainsay").map((line, place) => (runs[place] ? line.bytes / runs[place][part] : NaN)));
    };
    heads("", "", `with 10,000 accounts`, "ratio");
    const say2 = (what, metric, unit, ours, peer, digits) => {
      figure(metric, ours, unit, peer === null ? null : ["with 10,000 accounts", peer]);
      row(what, number(ours, digits), number(peer, digits), number(over(ours, peer), 2));
    };
    const many = number(filled[0]?.accounts ?? null);
    say2(`transfers to random ones of ${many} accounts, tx/s`, `rate with ${filled[0]?.accounts} accounts`, "tx/s", ...rates, 0);
    say2("CPU, µs/tx", "processor time", "µs/tx", ...costs, 1);
    say2("disk, kB/block", "disk a block", "kB", ...["large", "small"].map((size) => over(growth(size, "blocks"), 1e3)), 0);
    say2("disk, B/tx", "disk a transaction", "B", ...["large", "small"].map((size) => growth(size, "count")), 0);
    say2("disk, MB a million accounts", "disk a million accounts", "MB", disk ? disk.bytes / disk.accounts : null, null, 0);
    say2("accounts made a second", "accounts made a second", "1/s", filled[0] ? filled[0].accounts / filled[0].seconds : null, null, 0);
    say2("memory at most, MB", "memory at most", "MB", ...["large", "small"].map((size) => value(size, "gainsay", (line) => line.peak)), 0);
    for (const [name, how] of [["root", "pages read"], ["root, in memory", "in memory"]]) {
      say2(`a block's root, 1,000 random accounts of 1 M, ${how}, ms`, `root of 1,000 of 1 M accounts, ${how}`, "ms", value(name, "gainsay", (line) => line.ms), null, 2);
    }
  },

  replay() {
    heads("", "derived, tx/s", "made, tx/s", "ratio", "CPU, µs/tx", "Mgas/s");
    for (const [traffic, name] of [["transfers", "transfer"], ["tokens", "token-hot"]]) {
      const found = (what) => lines.find((line) => line.bench === "replay" && line.metric === `${traffic} ${what}`)?.value ?? null;
      const [derived, made] = [found("rate"), value(name, "gainsay", (line) => line.rate)];
      figure(`${traffic}: rate`, derived, "tx/s", ["the sequencer", made]);
      figure(`${traffic}: processor time`, found("CPU"), "µs/tx");
      figure(`${traffic}: gas`, found("gas"), "Mgas/s");
      row(traffic, number(derived), number(made), number(over(derived, made), 2), number(found("CPU"), 1), number(found("gas")));
    }
  },

  // Its program makes the table itself; its lines have many figures each.
  vm() {
    const units = { steps: "steps", fast: "steps/s", definition: "steps/s", timesNative: "times native", memory: "B", seconds: "s", precompileCalls: "calls" };
    for (const line of lines) {
      for (const [key, unit] of Object.entries(units)) {
        if (Number.isFinite(line[key])) figure(`${line.name}: ${key}`, line[key], unit, key === "fast" ? ["a loop with one match", line.peer] : null);
      }
    }
  },

  soak() {
    heads("after, s", "tx/s", "CPU, µs/tx", "memory, MB");
    const run = of("soak", "gainsay").find((line) => !line.failed);
    const parts = run?.intervals ?? [];
    for (const part of parts) row(number(part.until), number(part.rate), number(part.cpu, 1), number(part.memory));
    const half = Math.floor(parts.length / 2);
    const memory = (some) => median(some.map((part) => part.memory));
    figure("rate", run?.rate ?? null, "tx/s");
    figure("memory at most", run?.peak ?? null, "MB");
    figure("memory in the second half", memory(parts.slice(half)), "MB", ["the first half", memory(parts.slice(0, half))]);
    const disk = lines.find((line) => line.case === "disk");
    figure("disk", run && disk ? disk.bytes / disk.count : null, "B/tx");
    if (run && disk) say(`\nAt most ${number(run.peak)} MB; the database grew by ${number(disk.bytes / 1e6)} MB, ${number(disk.bytes / disk.count)} B a transaction.`);
  },
};

reports[bench]();
failures();
if (table) writeFileSync(table, `${text.join("\n")}\n`);
