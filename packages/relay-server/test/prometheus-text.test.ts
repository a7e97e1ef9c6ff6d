import { describe, expect, it } from 'vitest';
import { DENIAL_REASONS, DROP_REASONS, LEAVE_REASONS, prometheusText } from '../src/index.ts';
import { relayCounters } from '../src/relay-metrics.ts';

describe('the metrics text', () => {
  it('has one sample for each counter and reason, each metric explained once', () => {
    const text = prometheusText({
      ...relayCounters(),
      endpoints: 1,
      clients: 2,
      pendingConnections: 3,
      queuedBytes: 4,
    });
    const lines = text.trimEnd().split('\n');
    const samples = lines.filter((line) => !line.startsWith('#'));
    expect(samples).toHaveLength(13 + DENIAL_REASONS.length + DROP_REASONS.length + LEAVE_REASONS.length);
    for (const sample of samples) expect(sample).toMatch(/^bowline_relay_[a-z_]+(?:\{reason="[a-z-]+"\})? \d+$/);
    expect(new Set(lines).size).toBe(lines.length);
    expect(text.endsWith('\n')).toBe(true);
  });
});
