import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { SOURCE_CONDITION, withSources } from '../source-condition.ts';

withSources();
const conditions = [SOURCE_CONDITION, 'module', 'node'];

/** Apart from `npm test`, because it needs n0's relay, which is built with cargo: `npm run test:interop`. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: [SOURCE_CONDITION, 'node'] } },
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['tools/interop/**/*.interop.test.ts'],
    environment: 'node',
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // What is measured in here is measured alone.
    maxWorkers: 1,
  },
});
