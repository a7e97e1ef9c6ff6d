// What `nx release publish` runs in each package's folder, after those it depends on: npm publishes it. A version that
// the registry has already is passed over, so that a release that was cut short can be run again.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    registry: { type: 'string' },
    tag: { type: 'string' },
    otp: { type: 'string' },
    access: { type: 'string' },
    dryRun: { type: 'string' },
    firstRelease: { type: 'string' },
  },
  strict: false,
});
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const npm = process.env.npm_execpath;
const [command, before] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
const shared = values.registry === undefined ? [] : ['--registry', values.registry];
const run = (args, stdio) => spawnSync(command, [...before, ...args, ...shared], { stdio, encoding: 'utf8' });

const known = run(['view', `${name}@${version}`, 'version'], ['ignore', 'pipe', 'ignore']);
if (known.status === 0 && known.stdout.trim() === version) {
  process.stdout.write(`${name}@${version} is published already.\n`);
} else {
  const args = ['publish', '--access', values.access ?? 'public'];
  if (values.tag !== undefined) args.push('--tag', values.tag);
  if (values.otp !== undefined) args.push('--otp', values.otp);
  if (values.dryRun !== undefined || process.env.NX_DRY_RUN === 'true') args.push('--dry-run');
  process.exitCode = run(args, ['ignore', 'inherit', 'inherit']).status ?? 1;
}
