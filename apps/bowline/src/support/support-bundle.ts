import { readlinkSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import {
  type ChannelClient,
  type DaemonChannel,
  type DeviceCheck,
  errorCode,
  type JournalEntry,
} from '@bowline/contracts';
import { type Redactor, redactor } from './redactor.ts';

/** Journal entries in a bundle: enough for the last day of a busy device. */
const JOURNAL_ENTRIES = 500;

/** How far back timelines go, milliseconds. */
const TIMELINE_MS = 2 * 86_400_000;

/** Devices whose timelines and diagnoses are in a bundle. */
const MAX_DEVICES = 32;

/** Workers have names of their own, which are needed to read a bundle and lead to nobody. */
const workerNames = (all: readonly { readonly name: string }[]) =>
  all.map(({ name: worker, ...rest }) => ({ worker, ...rest }));

/** A journal entry without what it carries: which event, when, and to which device. */
const journalLine = ({ atMs, event, deviceId }: JournalEntry) => ({ atMs, event, deviceId });

const ownNames = (): readonly string[] => {
  try {
    return [hostname(), homedir(), userInfo().username];
  } catch {
    // A user without an entry in the system's list has no name to hide.
    return [hostname()];
  }
};

/** The folder, what it is in, and where links on the way lead: a name may have spaces in it, which end a path in a text. */
const pathsTo = (dataDir: string): readonly string[] => {
  const paths: string[] = [dataDir];
  for (let path = resolve(dataDir); dirname(dirname(path)) !== dirname(path); path = dirname(path)) {
    paths.push(path);
    try {
      paths.push(readlinkSync(path));
    } catch {
      // It is no link.
    }
  }
  return paths;
};

/** A relay may be named by a single word, which is recognized as a host nowhere. */
const relayHostsIn = (checks: readonly DeviceCheck[]): readonly string[] =>
  checks.flatMap(({ name }) => /^relay (.+?)(?::\d+)?$/.exec(name)?.[1] ?? []).filter((host) => !host.includes('.'));

/** In the place of an answer that did not come: the rest is as useful without it. */
const unanswered = (error: unknown) => ({ unanswered: errorCode(error) ?? 'UNKNOWN' });

/**
 * What somebody else needs to find a fault of this device: checks, status, diagnoses, timelines, journal and machines. No
 * name, address, host, id, path or secret is in it; stand-ins such as `<device 2>` keep them apart, and are the same throughout.
 *
 * @param channel to the daemon; `null` where none answers: then there is nothing but the checks
 */
export const supportBundle = async (
  channel: Pick<ChannelClient<DaemonChannel>, 'request'> | null,
  {
    checks,
    nowMs,
    dataDir,
  }: { readonly checks: readonly DeviceCheck[]; readonly nowMs: number; readonly dataDir: string },
): Promise<object> => {
  const format = 'bowline-support/1';
  const checksBy = ({ redact }: Redactor) => checks.map(({ name: check, ...found }) => redact({ check, ...found }));
  const known = [...ownNames(), ...pathsTo(dataDir), ...relayHostsIn(checks)];
  const checksAlone = { format, madeAtMs: nowMs, checks: checksBy(redactor(known)) };
  if (channel === null) return checksAlone;
  const read = await Promise.all([
    channel.request('status', {}),
    channel.request('devices', {}),
    channel.request('machines', {}),
    channel.request('readJournal', { afterPosition: -1, limit: JOURNAL_ENTRIES }),
  ]).catch(unanswered);
  if ('unanswered' in read) return { ...checksAlone, ...read };
  const [status, { devices }, { sessions }, { entries }] = read;
  const shown = devices.slice(0, MAX_DEVICES);
  const [diagnoses, timelines] = await Promise.all([
    Promise.all(shown.map(({ id }) => channel.request('explain', { device: id }).catch(unanswered))),
    Promise.all(
      shown.map(({ id }) =>
        channel.request('timeline', { device: id, sinceMs: nowMs - TIMELINE_MS }).catch(unanswered),
      ),
    ),
  ]);
  const found = redactor([...known, status.device.name, ...devices.map(({ name }) => name)]);
  const { redact } = found;
  const { workers, ...rest } = status;
  return {
    format,
    madeAtMs: nowMs,
    checks: checksBy(found),
    status: redact({ ...rest, workers: workerNames(workers) }),
    diagnoses: redact(diagnoses),
    timelines: redact(timelines),
    journal: redact(entries.map(journalLine)),
    machines: redact(sessions),
  };
};
