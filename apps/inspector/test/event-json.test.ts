import { expect, it } from 'vitest';
import { eventJson } from '../page/event-json.ts';

it('shows what would not be seen, or would reorder the rest, and means the same', () => {
  const value = { text: 'paid\u202e001\u2066\u0085\u{e0041}\ud800', name: '👩\u200d🚀 של' };
  const shown = eventJson(value);
  expect(shown.replaceAll('\u200d', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  expect(shown).toContain('paid\\u202e001');
  expect(shown).toContain('👩\u200d🚀 של');
  expect(JSON.parse(shown)).toEqual(value);
});
