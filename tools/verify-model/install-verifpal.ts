// Builds Verifpal, once for each version, outside the checkout, and prints where it is.
// `VERIFPAL=PATH` uses a binary that is there already.
import { pathToFileURL } from 'node:url';
import { cargoBinary } from '../cargo-binary.ts';

/** Where a matching `verifpal` is; ends the process with a message when there can be none. */
export const installVerifpal = (): string =>
  cargoBinary({
    crate: 'verifpal',
    version: '1.6.7',
    // It asks for a newer Rust than it needs.
    args: ['--ignore-rust-version'],
    // Its own profile takes twice as long to build, and the models need seconds either way.
    env: {
      CARGO_PROFILE_RELEASE_LTO: 'off',
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
      CARGO_PROFILE_RELEASE_OPT_LEVEL: '2',
    },
    variable: 'VERIFPAL',
    why: 'The models are searched by Verifpal',
  });

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(`${installVerifpal()}\n`);
