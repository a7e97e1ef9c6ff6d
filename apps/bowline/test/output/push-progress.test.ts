import { expect, it } from 'vitest';
import { pushProgressText } from '../../src/output/push-progress.ts';

const at = (bytes: number) => ({ files: 0, totalFiles: 1, bytes, totalBytes: 2_000 });

it('says how far it is, and how long nothing has moved once that is more than a moment', () => {
  const text = pushProgressText('nas');
  expect(text.of(at(0), 100_000)).toBe('nas: 0 of 1 file, 0 B of 2 kB');
  expect(text.of(at(1_000), 104_000)).toBe('nas: 0 of 1 file, 1 kB of 2 kB');
  expect(text.of(at(1_000), 108_999)).toBe('nas: 0 of 1 file, 1 kB of 2 kB');
  expect(text.of(at(1_000), 112_500)).toBe('nas: 0 of 1 file, 1 kB of 2 kB; nothing has moved for 8 s');
  expect(text.of(at(1_200), 113_000)).toBe('nas: 0 of 1 file, 1.2 kB of 2 kB');
});
