// Builds n0's `iroh-relay`, once for each version, outside the checkout, and prints where it is.
// `IROH_RELAY=PATH` uses a binary that is there already.
import { pathToFileURL } from 'node:url';
import { cargoBinary } from '../cargo-binary.ts';

/** Where a matching `iroh-relay` is; ends the process with a message when there can be none. */
export const installIrohRelay = () =>
  cargoBinary({
    crate: 'iroh-relay',
    /** The newest release that `docs/protocol/relay.md` was compared with. */
    version: '1.4.1',
    args: ['--features', 'server'],
    env: {},
    variable: 'IROH_RELAY',
    why: 'These tests run against the real iroh-relay',
  });

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(`${installIrohRelay()}\n`);
