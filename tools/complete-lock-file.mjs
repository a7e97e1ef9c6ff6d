// The registry lacks some platform packages that other packages name as optional. `npm install` skips them and writes
// a lock file without them, and `npm ci` then refuses that lock file. This adds the entries, asks the registry for the
// hash of every package that has none, and with --check only tells what is missing. Run it after the lock file was made
// anew.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const lock = JSON.parse(readFileSync(file, 'utf8'));

const SYSTEMS = ['linux', 'darwin', 'win32', 'freebsd', 'openbsd', 'netbsd', 'sunos', 'android', 'aix', 'openharmony'];
const PROCESSORS = ['x64', 'arm64', 'ia32', 'arm', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el'];
const ALIASES = { gnueabihf: 'arm', musleabihf: 'arm', windows: 'win32' };

/** What a platform package's name says about where it may be installed. */
const platformOf = (name) => {
  const words = name.split(/[-/]/).flatMap((word) => [word, ALIASES[word] ?? word]);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined;
  return {
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(libc && os === 'linux' ? { libc: [libc] } : {}),
    ...(os ? { os: [os] } : {}),
  };
};

/** Whether `name`, asked for by the package installed at `path`, has an entry somewhere Node would look. */
const hasEntry = (path, name) => {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    if (`${at === '' ? '' : `${at}/`}node_modules/${name}` in lock.packages) return true;
    if (at === '') return false;
  }
};

const missing = new Map();
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!hasEntry(path, name)) missing.set(name, version);
  }
}

/** What npm could install without knowing whether it is what was meant. */
const withoutIntegrity = () =>
  Object.entries(lock.packages).filter(
    ([path, { link, integrity }]) => path.includes('node_modules/') && link !== true && integrity === undefined,
  );

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Builds that iroh names and the registry does not have: there is nothing that a hash could be of. */
const UNPUBLISHED =
  /^@number0\/iroh-(?:android-arm-eabi|android-arm64|linux-arm-gnueabihf|linux-arm-musleabihf|linux-arm64-gnu|linux-arm64-musl|win32-arm64-msvc|win32-x64-msvc)$/;

/** What the configured registry says of a package, or `undefined` where it does not have it. */
const integrityOf = (name, version) =>
  new Promise((resolve) => {
    const args = ['view', `${name}@${version}`, 'dist.integrity', '--json'];
    const npm = process.env.npm_execpath;
    const [command, all] = npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : ['npm', args];
    const child = spawn(command, all, { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => {
      const hash = code === 0 && said !== '' ? JSON.parse(said) : undefined;
      resolve(typeof hash === 'string' && hash.startsWith('sha512-') ? hash : undefined);
    });
  });

const hashesToFind = () => withoutIntegrity().filter(([path]) => !UNPUBLISHED.test(nameOf(path)));

const write = () => {
  const [first, ...rest] = Object.entries(lock.packages);
  lock.packages = Object.fromEntries([first, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))]);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
};

if (process.argv.includes('--check')) {
  const lacking = hashesToFind().map(([path]) => nameOf(path));
  if (missing.size > 0) {
    process.stderr.write(
      `package-lock.json lacks ${missing.size} optional platform packages, so \`npm ci\` fails; run \`node tools/complete-lock-file.mjs\`.\nMissing: ${[...missing.keys()].join(', ')}\n`,
    );
  }
  if (lacking.length > 0) {
    process.stderr.write(
      `package-lock.json has ${lacking.length} packages without \`integrity\`, so npm would install whatever it is given; run \`node tools/complete-lock-file.mjs\`.\nWithout: ${lacking.join(', ')}\n`,
    );
  }
  process.exitCode = missing.size + lacking.length > 0 ? 1 : 0;
} else {
  for (const [name, version] of missing) {
    lock.packages[`node_modules/${name}`] = {
      version: version.replace(/^[\^~]/, ''),
      optional: true,
      ...platformOf(name),
    };
  }
  let found = 0;
  for (const [path, entry] of withoutIntegrity()) {
    const integrity = await integrityOf(nameOf(path), entry.version);
    if (integrity === undefined) continue;
    const { version, ...rest } = entry;
    lock.packages[path] = { version, integrity, ...rest };
    found += 1;
  }
  if (missing.size > 0 || found > 0) {
    write();
    process.stderr.write(`package-lock.json: ${missing.size} optional platform packages and ${found} hashes added.\n`);
  }
  const left = hashesToFind().map(([path]) => nameOf(path));
  if (left.length > 0) {
    process.stderr.write(`The registry has no hash of ${left.join(', ')}; try again when it can be reached.\n`);
    process.exitCode = 1;
  }
}
