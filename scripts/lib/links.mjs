// Relative links in the Markdown files of this repository: every one must lead to a file, and every #anchor to a heading.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

// Files that are new but not ignored count too, so that the check says the same before and after a commit.
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file && existsSync(file));

// Text without fenced blocks and inline code: brackets in there are no links.
const prose = (text) => text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "`");

// A heading's anchor as code hosts make it.
const anchor = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");

const anchors = (file) =>
  new Set(
    [...readFileSync(file, "utf8").replace(/^(```|~~~)[\s\S]*?^\1/gm, "").matchAll(/^#{1,6}\s+(.*)$/gm)].map((match) => anchor(match[1])),
  );

const wrong = [];
let links = 0;
for (const file of files) {
  for (const match of prose(readFileSync(file, "utf8")).matchAll(/\]\(([^)\s]+)\)/g)) {
    const target = match[1];
    if (/^[a-z]+:/i.test(target)) continue;
    links += 1;
    const [path, hash] = target.split("#");
    const full = path === "" ? file : normalize(join(dirname(file), path));
    if (full.startsWith("..") || !existsSync(full)) wrong.push(`${file}: ${target} leads nowhere`);
    else if (hash && statSync(full).isFile() && !anchors(full).has(hash)) wrong.push(`${file}: ${target} names no heading`);
  }
}
for (const line of wrong) console.error(line);
console.log(`${links} links in ${files.length} files`);
process.exit(wrong.length === 0 ? 0 : 1);
