import type { ServiceOffer } from '@bowline/contracts';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { serviceAdmission } from '../src/service-admission.ts';

const offer = (fields: Readonly<Record<string, unknown>> = {}): ServiceOffer =>
  ({ name: 'notes/1', allow: 'paired', relay: 'allow', maxStreams: 1, ...fields }) as ServiceOffer;

describe('what is offered', () => {
  it.each<[string, unknown]>([
    ['name', ''],
    ['name', '/notes'],
    ['name', 'a b'],
    ['name', 'x'.repeat(65)],
    ['allow', 'everybody'],
    ['allow', null],
    ['relay', 'never'],
    ['relay', null],
    ['relay', {}],
    ['relay', { bytesPerDay: -1 }],
    ['relay', { bytesPerDay: Number.NaN }],
    ['relay', { bytesPerDay: '5' }],
    ['maxStreams', 0],
    ['maxStreams', 257],
    ['maxStreams', 1.5],
  ])('is refused with a %s of %j, and what was served before stays', (option, value) => {
    const admission = serviceAdmission(fakeClock());
    admission.setServices([offer({ name: 'before' })]);
    expect(() => admission.setServices([offer({ [option]: value })])).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', data: expect.objectContaining({ option }) }),
    );
    expect(admission.listFor('d-1' as never)).toEqual(['before']);
  });

  it('is refused twice under one name, and beyond what a list may hold', () => {
    const admission = serviceAdmission(fakeClock());
    expect(() => admission.setServices([offer(), offer()])).toThrow(/must not name one twice/);
    const many = Array.from({ length: 1_025 }, (_, at) => offer({ name: `s${at}` }));
    expect(() => admission.setServices(many)).toThrow(/at most/);
  });
});
