import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { LabCommandError } from './errors.ts';
import type { Namespace } from './namespace.ts';
import type { LabLeg } from './topology.ts';

/**
 * Carries frames between the interfaces `near` and `far`, late and with losses. The kernel's own way (`sch_netem`) is missing
 * on many machines. 15 and 23 are the kernel's `PACKET_VNET_HDR`, so that frames whose checksum or segmentation is left to
 * the interface stay whole, and `PACKET_IGNORE_OUTGOING`; 263 is `SOL_PACKET`.
 */
const PROGRAM = `
import heapq, random, select, socket, sys, time
delay, jitter, loss, rate = (float(a) for a in sys.argv[1:5])
ends = []
for name in ('near', 'far'):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    end.setsockopt(263, 15, 1)
    end.setsockopt(263, 23, 1)
    end.bind((name, 0))
    end.setblocking(False)
    ends.append(end)
print('carrying', flush=True)
due, count, free = [], 0, {}
while True:
    wait = max(0, due[0][0] - time.monotonic()) if due else None
    for end in select.select(ends, [], [], wait)[0]:
        for _ in range(64):
            try: frame = end.recv(70000)
            except BlockingIOError: break
            if random.random() < loss: continue
            now = time.monotonic()
            if rate > 0:
                begins = max(now, free.get(end, 0))
                if begins - now > 1: continue
                now = free[end] = begins + len(frame) / rate
            at = now + (delay + random.random() * jitter) / 1000
            heapq.heappush(due, (at, count, ends[1] if end is ends[0] else ends[0], frame))
            count += 1
    while due and due[0][0] <= time.monotonic():
        try: due[0][2].send(due[0][3])
        except OSError: pass
        heapq.heappop(due)
`;

/** Carries everything between the two interfaces of a namespace until the room ends. Takes `python3`. */
export const startWire = async (
  space: Namespace,
  { delayMs, jitterMs = 0, lossRatio = 0, bytesPerSecond = 0 }: LabLeg,
): Promise<void> => {
  await space.script('ip link set dev near up\nip link set dev far up');
  const [command = '', ...within] = space.within;
  const args = [
    ...within,
    'python3',
    '-c',
    PROGRAM,
    String(delayMs),
    String(jitterMs),
    String(lossRatio),
    String(bytesPerSecond),
  ];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), once(child, 'error')]);
  if (String(said[0]).trim() !== 'carrying') throw new LabCommandError('python3 (a wire)', String(said[0]));
};
