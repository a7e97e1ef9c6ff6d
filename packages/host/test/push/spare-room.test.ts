import { brandAs, type DeviceId } from '@bowline/contracts';
import { expect, it } from 'vitest';
import { receivingShare } from '../../src/push/receiving-share.ts';
import { spareRoom } from '../../src/push/spare-room.ts';

const MEBIBYTE = 1_048_576;

const setup = (freeBytes: number) => {
  const disk = { freeBytes };
  const share = receivingShare();
  const roomOf = (name: string) => {
    const sender = brandAs<DeviceId>(name);
    const promised = share.promisedTo(sender);
    share.pushes.add({ sender, promised, begin: null, end: async () => undefined });
    return { promised, room: spareRoom({ freeBytes: async () => disk.freeBytes }, share, promised) };
  };
  return { disk, roomOf };
};

it('counts what the device itself was promised, on all its streams', async () => {
  const { roomOf } = setup(100 * MEBIBYTE);
  const [first, second] = [roomOf('laptop'), roomOf('laptop')];
  first.promised.bytes += 60 * MEBIBYTE;
  expect(await second.room.has(40 * MEBIBYTE)).toBe(true);
  expect(await second.room.has(41 * MEBIBYTE)).toBe(false);
});

it('is not taken by what another device was promised and does not send', async () => {
  const { roomOf } = setup(100 * MEBIBYTE);
  roomOf('hostile').promised.bytes += 100 * MEBIBYTE;
  expect(await roomOf('laptop').room.has(100 * MEBIBYTE)).toBe(true);
});

it('ends for whoever writes more than there is, whoever took it', async () => {
  const { disk, roomOf } = setup(100 * MEBIBYTE);
  const [laptop, phone] = [roomOf('laptop').room, roomOf('phone').room];
  expect(await laptop.isLeftFor(8 * MEBIBYTE)).toBe(true);
  disk.freeBytes = -1;
  expect(await laptop.isLeftFor(7 * MEBIBYTE)).toBe(true);
  expect(await phone.isLeftFor(MEBIBYTE)).toBe(false);
  expect(await laptop.isLeftFor(1)).toBe(false);
  disk.freeBytes = MEBIBYTE;
  expect(await laptop.isLeftFor(1)).toBe(true);
  disk.freeBytes = -1;
  expect(await laptop.isLeftFor(1)).toBe(true);
});
