// Bundled into one file: everything in the app's own thread.
import * as bowline from 'bowline';
import { report, twoDevices } from './two-devices.mjs';

twoDevices(bowline, { placement: 'inline' }).then(report, (error) => {
  console.error(error);
  process.exit(1);
});
