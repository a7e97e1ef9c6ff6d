// Runs after `npm ci` and `npm install` in the checkout: bundles the inspector's page, and notes what was installed, so that
// `npm start` and the others need not install it again.
import { writeFileSync } from 'node:fs';
import { stamp, wantedState } from './installed-state.mjs';

await import('./build-page.mjs');

const { npm_config_omit: omitted, npm_config_workspace: workspace, NODE_ENV: mode } = process.env;
const isWhole = !omitted && !workspace && mode !== 'production';
if (isWhole) writeFileSync(stamp, wantedState());
