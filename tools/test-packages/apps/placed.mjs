// Bundled, with the workers in a second file beside it.
import * as bowline from 'bowline';
import { report, twoDevices } from './two-devices.mjs';

twoDevices(bowline, { workers: new URL('./worker.mjs', import.meta.url) }).then(report, (error) => {
  console.error(error);
  process.exit(1);
});
