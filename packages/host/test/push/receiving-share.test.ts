import { brandAs, type DeviceId } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { type RunningPush, receivingShare } from '../../src/push/receiving-share.ts';

const runningPush = (share: ReturnType<typeof receivingShare>, name: string): RunningPush => {
  const sender = brandAs<DeviceId>(name);
  return { sender, promised: share.promisedTo(sender), begin: null, end: async () => undefined };
};

/** Begins so many pushes of a device. @returns how many have a place */
const pushesOf = (share: ReturnType<typeof receivingShare>, sender: string, count: number): number => {
  let placed = 0;
  for (let index = 0; index < count; index += 1) {
    const push = runningPush(share, sender);
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

describe('what a device was promised', () => {
  it('is of all its pushes, and gone with the last of them', () => {
    const share = receivingShare();
    const [first, other] = [runningPush(share, 'laptop'), runningPush(share, 'phone')];
    for (const push of [first, other]) share.pushes.add(push);
    first.promised.bytes = 5;
    const second = runningPush(share, 'laptop');
    share.pushes.add(second);
    share.pushes.delete(first);
    expect([second.promised.bytes, other.promised.bytes]).toEqual([5, 0]);
    share.pushes.delete(second);
    expect(share.promisedTo(first.sender).bytes).toBe(0);
    expect(share.promisedTo(first.sender)).not.toBe(share.promisedTo(first.sender));
  });
});
