// The registry lacks some platform packages that other packages name as optional. `npm install` skips them and writes
// a lock file without them, and `npm ci` then refuses that lock file. This adds the entries; with --check it only
// tells what is missing. Run it after the lock file was made anew.
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

if (process.argv.includes('--check')) {
  if (missing.size > 0) {
    process.stderr.write(
      `package-lock.json lacks ${missing.size} optional platform packages, so \`npm ci\` fails; run \`node tools/complete-lock-file.mjs\`.\nMissing: ${[...missing.keys()].join(', ')}\n`,
    );
    process.exit(1);
  }
} else if (missing.size > 0) {
  for (const [name, version] of missing) {
    lock.packages[`node_modules/${name}`] = {
      version: version.replace(/^[\^~]/, ''),
      optional: true,
      ...platformOf(name),
    };
  }
  const [first, ...rest] = Object.entries(lock.packages);
  lock.packages = Object.fromEntries([first, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))]);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  process.stderr.write(`Added ${missing.size} optional platform packages to package-lock.json.\n`);
}
