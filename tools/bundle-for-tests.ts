import type { TestProject } from 'vitest/node';
import { bundleSources } from './bundle-program.ts';

/** Before tests that start `bowline`: a bundle of the sources starts with a third of the work, and there are hundreds of starts. */
export default async (project: TestProject): Promise<void> => {
  await bundleSources();
  project.onTestsRerun(bundleSources);
};
