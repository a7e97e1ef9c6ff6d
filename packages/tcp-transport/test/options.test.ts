import { describe, expect, it } from 'vitest';
import { resolveTcpTransportOptions, TCP_TRANSPORT_DEFAULTS } from '../src/index.ts';

describe('options of the TCP transport', () => {
  it('are complete without any', () => {
    expect(resolveTcpTransportOptions()).toEqual(TCP_TRANSPORT_DEFAULTS);
  });

  it.each([
    ['idleMs', 0],
    ['windowBytes', 1.5],
    ['silenceMs', 300],
    ['unknown', 1],
  ])('%s is not %s', (field, value) => {
    expect(() => resolveTcpTransportOptions({ [field]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', data: expect.objectContaining({ option: field }) }),
    );
  });
});
