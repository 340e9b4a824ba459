// The lines that docs/bridge.md gives to users of viem, run as they stand there: what is documented is what is tested.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const page = readFileSync(new URL('../../docs/bridge.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, lines]) => lines);

/**
 * What the page's block of that name exports.
 *
 * @param {string} name the block's one export
 * @param {object} given values of the names that the page leaves to its reader
 */
export async function documented(name, given = {}) {
  const exported = new RegExp(`^export (?:const|function|async function) ${name}\\b`, 'm');
  const found = blocks.filter((lines) => exported.test(lines));
  assert.equal(found.length, 1, `docs/bridge.md has ${found.length} blocks that export ${name}`);
  const before = Object.entries(given).map(([key, value]) => `const ${key} = ${JSON.stringify(value)};\n`);
  // A module finds the libraries by the folder that it lies in.
  const folder = mkdtempSync(join(tmpdir(), 'documented-'));
  try {
    symlinkSync(fileURLToPath(new URL('node_modules', import.meta.url)), join(folder, 'node_modules'));
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, before.join('') + found[0]);
    return (await import(pathToFileURL(file).href))[name];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
