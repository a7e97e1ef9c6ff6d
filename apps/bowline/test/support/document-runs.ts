/** What is put in the place of what only holds for a reader: every command of a document is run with these. */
export type Stand = 'port of the relay' | 'port of the service' | 'port for pairing' | 'port of connect';

/** Everything in a documented command that is not run as it is written. */
export const SUBSTITUTIONS: readonly (readonly [written: RegExp, stand: Stand, run: (port: number) => string])[] = [
  [/(?<=127\.0\.0\.1:|--port )34571/g, 'port of the relay', String],
  [/http:\/\/that-machine:3340/g, 'port of the relay', (port) => `http://127.0.0.1:${port}`],
  [/(?<=--port )8080/g, 'port of connect', String],
  [/(?<=serve web )8080/g, 'port of the service', String],
  [/nas\.example:4001/g, 'port for pairing', (port) => `127.0.0.1:${port}`],
];

/** A command that goes on until it is ended, and by what it says that it has begun. */
export const GOES_ON: readonly (readonly [command: RegExp, begun: RegExp])[] = [
  [/^bowline up /, /is up/],
  [/^bowline pair/, /12 \w+\s/],
  [/^bowline relay serve (?!--check)/, /listens on/],
  [/^bowline connect /, /listens on|127\.0\.0\.1:/],
  [/^bowline events --follow/, /: hello/],
];

/** What `bowline doctor` finds on this machine is not what is tested. */
export const MAY_FAIL: readonly RegExp[] = [/^bowline doctor/];

/** Commands of documents that are run by others or by nobody, and why. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'npm start': 'what CI runs first',
  'npm ci': 'what CI does before any test',
  'export PATH="$PWD/node_modules/.bin:$PATH"': 'done for every command here',
  'bowline up': 'the walk runs it with options that keep it on this machine',
  'bowline up --relay http://that-machine:3340': 'the walk runs it with a name, and on loopback',
  'bowline up --port 4000': 'pairing-address.process.test.ts runs it, with two devices that have nothing else',
  'bowline relay serve': 'would listen on every interface; the walk runs it on loopback',
  'bowline relay serve --port 3340': 'would listen on every interface; the walk runs it on loopback',
  'bowline service install': 'would change what this system starts; service.test.ts tests what it writes',
  'npm install bowline': 'npm run test:packages installs it from a registry on this machine',
  'npm test': 'runs this',
  'npm run test:netns': 'CI runs it',
  'npm run check': 'CI runs it',
  'npm run hostile': 'CI runs it, in short',
  'npm run hostile:relay': 'CI runs it, in short',
  'npm run swarm': 'CI runs it, in short',
  'npm run build': 'npm run test:packages begins with it',
  'npm run test:packages': 'CI runs it',
  'npm run test:interop': 'CI runs it',
  'npm run bench pairing': 'takes minutes, and says nothing that is right or wrong',
  'bash .ci/run': 'is CI',
  'npm run release -- --dry-run': 'asks git and a registry',
  'npm run release': 'publishes',
  'npm run sbom': 'asks a registry for nothing, but needs a release',
  'cargo install iroh-relay --locked --features server': 'npm run test:interop builds it',
  'iroh-relay --config-path relay.toml': 'npm run test:interop runs it',
};

/** The same for what is long, by its program. */
export const NOT_RUN_PROGRAMS: Readonly<Record<string, string>> = {
  certbot: 'asks an authority for a certificate',
  docker: 'needs an image and a daemon of its own',
};

/** Commands of the program that no block shows, and which test runs them. */
export const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  'key show': 'key.process.test.ts',
  'key keychain': 'key.process.test.ts',
  'key file': 'key.process.test.ts',
  'key passphrase': 'key.process.test.ts',
  export: 'transfer.process.test.ts',
  import: 'transfer.process.test.ts',
  'up --detach': 'background.process.test.ts',
  down: 'background.process.test.ts',
  logs: 'background.process.test.ts',
  completion: 'background.process.test.ts',
  complete: 'background.process.test.ts',
  'service uninstall': 'service.test.ts',
  'service status': 'service.test.ts',
  'service install': 'service.test.ts',
  machines: 'why.process.test.ts',
  'backup restore': 'backup.process.test.ts',
  'relay switchboard': 'relay-switchboard.process.test.ts',
  worker: 'worker.process.test.ts',
  block: 'names.process.test.ts',
  blocked: 'names.process.test.ts',
  unblock: 'names.process.test.ts',
  note: 'names.process.test.ts',
  verify: 'names.process.test.ts',
  permissions: 'names.process.test.ts',
  demo: 'npm start',
};
