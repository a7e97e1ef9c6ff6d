import { realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import {
  type Clock,
  type DeviceId,
  errorMessage,
  InvalidOptionError,
  type Logger,
  type PersistenceChannel,
  type ReceivingReport,
  type SettingValue,
} from '@bowline/contracts';
import type { SupervisedWorker } from '@bowline/supervisor';
import { checkFields } from '../check-fields.ts';
import type { SmallFileJobs } from '../finite-jobs.ts';
import type { ServedService, ServedServices } from '../services/served-services.ts';
import { ReceivingFolderError } from './errors.ts';
import { receivePush } from './receive-push.ts';
import { receivingFolder } from './receiving-folder.ts';
import { receivingShare } from './receiving-share.ts';

/** The services that pushes go to, the latest first: whoever does not know it uses the other. */
export const PUSH_SERVICES = Object.freeze(['bowline.push/2', 'bowline.push/1'] as const);

export const isPushService = (name: string): boolean => PUSH_SERVICES.some((service) => service === name);

/** Pushes of one device at once. */
const MAX_STREAMS = 4;

/** Most bytes of one push, unless said: 64 GiB. */
const DEFAULT_MAX_BYTES = 68_719_476_736;

/** Under which name it is stored. */
const SETTING = 'receiving';

/** What may be received, and where it goes. */
export interface ReceiveOptions {
  /** An absolute path of a folder that is there. Nothing is written outside of it, and no file in it is changed. */
  readonly dir: string;
  /** Every paired device, or these: by id, the beginning of an id, or name. @defaultValue `'paired'` */
  readonly from?: 'paired' | readonly string[];
  /** Most bytes of one push. @defaultValue 68_719_476_736 */
  readonly maxBytes?: number;
}

const RECEIVE_OPTIONS = { dir: true, from: true, maxBytes: true } as const satisfies Record<keyof ReceiveOptions, true>;

/** What this device receives, kept in its store. */
export interface Receiving {
  readonly current: ReceivingReport | null;
  set(options: ReceiveOptions): Promise<ReceivingReport>;
  /** Receives nothing more; answers whether it did. */
  off(): Promise<boolean>;
  /** Receives what is kept. */
  restore(): Promise<void>;
}

interface ReceivingComponents {
  readonly persistence: Pick<SupervisedWorker<PersistenceChannel>, 'client'>;
  readonly served: ServedServices;
  readonly findDevice: (query: string) => { readonly id: DeviceId };
  readonly jobs: Pick<SmallFileJobs, 'saveSmallFiles'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export const receiving = (components: ReceivingComponents): Receiving => {
  const { persistence, served, findDevice, jobs, clock, logger } = components;
  const share = receivingShare();
  let current: ReceivingReport | null = null;
  let services: readonly ServedService[] = [];

  const stop = async (): Promise<void> => {
    const stopped = services;
    [services, current] = [[], null];
    await Promise.all(stopped.map((service) => service.stop()));
  };
  const begin = async (report: ReceivingReport): Promise<void> => {
    const { dir, from: allow, maxBytes } = report;
    await stop();
    for (const name of PUSH_SERVICES) {
      const service = await served.serve(
        name,
        (stream, { device, signal }) =>
          receivePush(stream, {
            folder: receivingFolder(dir, device.id),
            share,
            maxBytes,
            jobs,
            clock,
            logger,
            signal,
          }),
        { allow, maxStreams: MAX_STREAMS },
      );
      services = [...services, service];
    }
    current = report;
  };
  const keep = (value: ReceivingReport | null): Promise<void> =>
    persistence.client.request('putSetting', { name: SETTING, value: value as unknown as SettingValue });

  return {
    get current() {
      return current;
    },
    set: async (options) => {
      checkFields('receive', options, RECEIVE_OPTIONS);
      const { dir, from = 'paired', maxBytes = DEFAULT_MAX_BYTES } = options;
      if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
        throw new InvalidOptionError('maxBytes', 'must be a whole number from 1', maxBytes);
      }
      const report = {
        dir: await usableFolder(dir),
        from: from === 'paired' ? from : from.map((query) => findDevice(query).id),
        maxBytes,
      };
      await begin(report);
      await keep(report);
      return report;
    },
    off: async () => {
      const was = current !== null;
      await stop();
      await keep(null);
      return was;
    },
    restore: async () => {
      const { value } = await persistence.client.request('getSetting', { name: SETTING });
      const kept = readKept(value);
      if (kept === null) return;
      try {
        const paired = kept.from === 'paired' ? kept.from : kept.from.filter((id) => isKnown(findDevice, id));
        await begin({ ...kept, from: paired });
      } catch (error) {
        logger.error({ dir: kept.dir, reason: errorMessage(error) }, 'nothing is received');
      }
    },
  };
};

/** Devices may have been unpaired since. */
const isKnown = (findDevice: ReceivingComponents['findDevice'], id: DeviceId): boolean => {
  try {
    return findDevice(id).id === id;
  } catch {
    return false;
  }
};

const usableFolder = async (dir: string): Promise<string> => {
  if (!isAbsolute(dir)) throw new InvalidOptionError('dir', 'must be an absolute path', dir);
  try {
    const real = await realpath(dir);
    await receivingFolder(real, '').begin(0);
    return real;
  } catch (error) {
    throw new ReceivingFolderError(dir, error);
  }
};

const readKept = (value: SettingValue | undefined): ReceivingReport | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { dir, from, maxBytes } = value as unknown as Partial<ReceivingReport>;
  const isWhole = typeof dir === 'string' && typeof maxBytes === 'number' && (from === 'paired' || Array.isArray(from));
  return isWhole ? { dir, from: from as ReceivingReport['from'], maxBytes } : null;
};
