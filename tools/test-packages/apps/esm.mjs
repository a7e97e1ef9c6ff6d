import * as bowline from 'bowline';
import { report, twoDevices } from './two-devices.mjs';

report(await twoDevices(bowline));
