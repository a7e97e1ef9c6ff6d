import { brandAs, type DeviceId } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { type RunningPush, receivingShare } from '../../src/push/receiving-share.ts';

/** Begins so many pushes of a device. @returns how many have a place */
const pushesOf = (share: ReturnType<typeof receivingShare>, sender: string, count: number): number => {
  let placed = 0;
  for (let index = 0; index < count; index += 1) {
    const push: RunningPush = { sender: brandAs<DeviceId>(sender), begin: null, end: async () => undefined };
    share.pushes.add(push);
    if (share.hasPlaceFor(push)) placed += 1;
    else share.pushes.delete(push);
  }
  return placed;
};

describe('places for pushes', () => {
  it('are kept for devices that have none, whatever two others hold', () => {
    const share = receivingShare();
    expect(pushesOf(share, 'first', 8)).toBe(8);
    expect(pushesOf(share, 'second', 8)).toBe(4);
    expect(['a', 'b', 'c', 'd'].map((sender) => pushesOf(share, sender, 2))).toEqual([1, 1, 1, 1]);
    expect(pushesOf(share, 'e', 1)).toBe(0);
  });
});
