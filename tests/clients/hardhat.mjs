// A developer who uses hardhat: the project in hardhat/ is built, deployed with Ignition, and its tests run.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './check.mjs';
import { rpc } from './network.mjs';
import { node } from './node.mjs';

const project = fileURLToPath(new URL('hardhat/', import.meta.url));
/** Of this run: the same chain id may have been another network before. */
const deployment = `run-${process.pid}`;
const journal = `${project}ignition/deployments/${deployment}`;

/** What hardhat prints; fails with it when hardhat does. */
async function hardhat(...words) {
  const env = { ...process.env, GAINSAY_RPC: rpc, GAINSAY_DEPLOYMENT: deployment, HARDHAT_IGNITION_CONFIRM_DEPLOYMENT: 'true', HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' };
  // Of npm, were it to start us: hardhat would refuse it.
  const child = spawn(node(), ['node_modules/hardhat/dist/src/cli.js', ...words], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  process.once('exit', () => child.kill());
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  assert.equal(code, 0, `hardhat ${words.join(' ')}:\n${output}`);
  return output;
}

const deploy = () =>
  hardhat('--build-profile', 'default', 'ignition', 'deploy', 'ignition/modules/Everything.js', '--network', 'gainsay', '--deployment-id', deployment);

async function deploys() {
  const output = await deploy();
  const found = [...output.matchAll(/Everything#(\w+) - 0x[0-9a-fA-F]{40}/g)].map(([, name]) => name);
  assert.deepEqual(found.sort(), ['Art', 'Council', 'Items', 'Votes'], output);
}

async function deploysNothingAgain() {
  const output = await deploy();
  assert.match(output, /Nothing new to deploy/);
}

async function tests() {
  const output = await hardhat('--network', 'gainsay', 'test', 'nodejs');
  console.log(output.trim().replace(/^/gm, '    '));
  assert.match(output, /^ +9 passing/m);
}

process.once('exit', () => rmSync(journal, { recursive: true, force: true }));
await run([
  ['build: OpenZeppelin’s tokens and Governor are compiled', () => hardhat('build').then(() => {}), 90],
  ['ignition deploy: four contracts and four calls', deploys, 90],
  ['ignition deploy: again, and nothing is sent', deploysNothingAgain],
  ['test: the tokens and the Governor, through hardhat-viem', tests, 90],
]);
