import { expect, it } from 'vitest';
import { hearsayPlaces, PLACE_MS } from '../src/hearsay-places.ts';

const ALWAYS = (): boolean => true;

it('names who has had a place longest, and for how long that may still be', () => {
  const places = hearsayPlaces();
  places.place('first', 100);
  places.place('second', 200);
  expect(places.oldest(300, ALWAYS)).toEqual({ key: 'first', leftMs: PLACE_MS - 200 });
  expect(places.oldest(300, (key) => key !== 'first')).toEqual({ key: 'second', leftMs: PLACE_MS - 100 });
});

it('puts whoever lost a place at the end of the queue, and keeps the turn of one that waits', () => {
  const places = hearsayPlaces();
  places.place('placed', 0);
  expect([places.wait('first'), places.wait('second'), places.wait('first')]).toEqual([true, true, true]);
  places.requeue('placed');
  expect(places.waiting()).toEqual(['first', 'second', 'placed']);
  expect(places.oldest(0, ALWAYS)).toBeUndefined();
});

it('does not ask any more about one that was forgotten', () => {
  const places = hearsayPlaces();
  for (const key of ['first', 'second']) places.place(key, 0);
  places.wait('third');
  const asked: string[] = [];
  const ask = (key: string): boolean => {
    asked.push(key);
    return false;
  };
  places.oldest(0, ask);
  expect(asked).toEqual(['first', 'second']);
  places.forget('first');
  places.forget('third');
  asked.length = 0;
  places.oldest(0, ask);
  expect(asked).toEqual(['second']);
  expect(places.waiting()).toEqual([]);
});

it('has no more than 1,024 wait, but for those that had a place', () => {
  const places = hearsayPlaces();
  for (let index = 0; index < 1_024; index += 1) places.wait(`${index}`);
  expect(places.wait('one more')).toBe(false);
  places.place('placed', 0);
  places.requeue('placed');
  expect(places.waiting()).toHaveLength(1_025);
});
