/**
 * What reconnecting costs when nobody answers: `npm run bench scheduler`.
 *
 * Simulates a day of the scheduler's policy with every device offline. Prints one JSON object for each case: how many
 * dials start, how long a device waits at most between two of its own, and what the day costs in processor time.
 */
import { brandAs, type DeviceId } from '@bowline/contracts';
import { dialPlanner, resolveReconnectionSchedulerOptions } from '@bowline/reconnection-scheduler';
import { seededRandom } from '@bowline/testing';

const DAY_MS = 86_400_000;

/** How long a dial takes to fail: refused by a relay at once, or given up on. */
const DIAL_MS = { refused: 20, unanswered: 10_000 } as const;

const simulateDay = (deviceCount: number, dialMs: number) => {
  const planner = dialPlanner(resolveReconnectionSchedulerOptions(), seededRandom(1));
  const lastDialMs = new Map<DeviceId, number>();
  const perMinute = new Uint32Array(DAY_MS / 60_000);
  const inFlight: { readonly deviceId: DeviceId; readonly endsAtMs: number }[] = [];
  let dialCount = 0;
  let longestGapMs = 0;
  let nowMs = 0;
  const peers = Array.from({ length: deviceCount }, (_, index) => {
    return { deviceId: brandAs<DeviceId>(`d-${index}`), link: 'down' } as const;
  });
  planner.setPeers({ scope: 'all', peers }, nowMs);
  while (nowMs < DAY_MS) {
    planner.wake(nowMs);
    for (let due = planner.takeDue(nowMs); due !== undefined; due = planner.takeDue(nowMs)) {
      const minute = Math.floor(nowMs / 60_000);
      perMinute[minute] = (perMinute[minute] ?? 0) + 1;
      dialCount += 1;
      longestGapMs = Math.max(longestGapMs, nowMs - (lastDialMs.get(due.deviceId) ?? nowMs));
      lastDialMs.set(due.deviceId, nowMs);
      inFlight.push({ deviceId: due.deviceId, endsAtMs: nowMs + dialMs });
    }
    nowMs = Math.min(inFlight[0]?.endsAtMs ?? DAY_MS, planner.nextAtMs(nowMs) ?? DAY_MS);
    // Every dial takes as long as the others, so the oldest ends first.
    for (let first = inFlight[0]; first !== undefined && first.endsAtMs <= nowMs; first = inFlight[0]) {
      inFlight.shift();
      planner.failed(first.deviceId, true, nowMs);
    }
  }
  return { dialCount, busiestMinute: Math.max(...perMinute), longestGapMs: Math.round(longestGapMs) };
};

for (const deviceCount of [1, 10, 100, 10_000]) {
  for (const [dials, dialMs] of Object.entries(DIAL_MS)) {
    const startedMs = performance.now();
    const day = simulateDay(deviceCount, dialMs);
    const tookMs = Math.round(performance.now() - startedMs);
    process.stdout.write(`${JSON.stringify({ deviceCount, dials, ...day, tookMs })}\n`);
  }
}
