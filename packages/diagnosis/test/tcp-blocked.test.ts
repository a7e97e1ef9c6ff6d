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
          'one from this device to nas is refused, and one from nas to this device gets no answer. Whose firewall it is cannot be told',
        ),
      },
    ],
    [
      'tried from both sides, while one stands with another device on the network, is likely kept back there',
      { tcpFailure: 'noAnswer', tcpFailureThere: 'noAnswer', tcpWithOthers: { stoodCount: 1, failedCount: 1 } },
      {
        certainty: 'likely',
        side: 'there',
        sentence: expect.stringContaining(
          'With another device on this network one can: most likely it is a firewall on nas.',
        ),
      },
    ],
    [
      'tried from both sides, as with another device on the network in vain, is likely kept back here',
      { tcpFailure: 'noAnswer', tcpFailureThere: 'noAnswer', tcpWithOthers: { stoodCount: 0, failedCount: 1 } },
      {
        certainty: 'likely',
        side: 'here',
        sentence: expect.stringContaining(
          'Nor can one with another device on this network: most likely it is a firewall on this device.',
        ),
      },
    ],
  ])('%s', (_about, fields, said) => {
    const { also, evidence, remedies } = explained(fields);
    expect(also).toMatchObject([{ cause: 'slow-tcp-blocked', ...said }]);
    expect(evidence.filter(({ fact }) => fact === 'tcp.failure').length).toBe(
      [fields.tcpFailure, fields.tcpFailureThere].filter((failure) => failure !== undefined).length,
    );
    expect(evidence.filter(({ fact }) => fact.endsWith('WithOthers')).length).toBe(fields.tcpWithOthers ? 1 : 0);
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

describe('a name that is written from right to left', () => {
  it('reorders nothing in what is said of a path', () => {
    const lossy = relayed({ lossRatio: 0.1, lossRatioThere: 0.1 });
    const failed = { tcpAbsence: 'blocked', tcpFailure: 'noAnswer', tcpFailureThere: 'noAnswer' } as const;
    const tcp = { ...direct('lan', 'mdns'), ...failed, tcpWithOthers: { stoodCount: 1, failedCount: 0 } };
    for (const connection of [lossy, tcp]) {
      const { also } = explain({ ...situation(connection), name: 'שלום' });
      const said = also.map(({ sentence }) => sentence).filter((sentence) => sentence.includes('שלום'));
      expect(said).not.toEqual([]);
      for (const sentence of said) expect(sentence.replaceAll('\u2068שלום\u2069', '')).not.toContain('שלום');
    }
  });
});
