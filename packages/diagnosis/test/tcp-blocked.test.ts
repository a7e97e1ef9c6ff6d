import { describe, expect, it } from 'vitest';
import { type ConnectionFacts, explain } from '../src/index.ts';
import { direct, relayed, situation } from './situations.ts';

const explained = (fields: Partial<ConnectionFacts>) =>
  explain(situation({ ...direct('lan', 'mdns'), tcpAbsence: 'blocked', ...fields }));

describe('a TCP connection that cannot be made', () => {
  it.each<[string, Partial<ConnectionFacts>, object]>([
    [
      'tried from here alone, is likely kept back there',
      { tcpFailure: 'noAnswer' },
      {
        certainty: 'likely',
        side: 'there',
        sentence: expect.stringContaining(': one from this device to nas gets no answer.'),
      },
    ],
    [
      'tried from there alone, is likely kept back here',
      { tcpFailureThere: 'refused' },
      {
        certainty: 'likely',
        side: 'here',
        sentence: expect.stringContaining(': one from nas to this device is refused.'),
      },
    ],
    [
      'tried from both sides, is known to get through in neither direction',
      { tcpFailure: 'refused', tcpFailureThere: 'noAnswer' },
      {
        certainty: 'known',
        side: 'between',
        sentence: expect.stringContaining(
          'one from this device to nas is refused, and one from nas to this device gets no answer.',
        ),
      },
    ],
  ])('%s', (_about, fields, said) => {
    const { also, evidence, remedies } = explained(fields);
    expect(also).toMatchObject([{ cause: 'slow-tcp-blocked', ...said }]);
    expect(evidence.filter(({ fact }) => fact === 'tcp.failure').length).toBe(Object.keys(fields).length);
    expect(remedies.map(({ code }) => code)).toEqual(['allow-tcp']);
  });

  it('is of no matter while one stands, none is needed, or the path leads through a relay', () => {
    const failed = { tcpFailure: 'noAnswer', tcpFailureThere: 'noAnswer' } as const;
    expect(explained({ ...failed, tcpAbsence: null }).also).toEqual([]);
    expect(explained({ ...failed, tcpAbsence: 'notNeeded' }).also).toEqual([]);
    expect(explained({}).also).toEqual([]);
    const byRelay = explain(situation(relayed({ ...failed, tcpAbsence: 'blocked' }))).also;
    expect(byRelay.map(({ cause }) => cause)).not.toContain('slow-tcp-blocked');
  });
});
