import { BowlineError } from '@bowline/contracts';

/** A file is no export, or not as it was written. Nothing was changed. */
export class ExportUnreadableError extends BowlineError {
  override readonly name = 'ExportUnreadableError';

  constructor(file: string, problem: string) {
    super({
      code: 'EXPORT_UNREADABLE',
      message: `${file} cannot be imported: ${problem}. Nothing was changed; copy the file anew from where it was exported.`,
      data: { file, problem },
    });
  }
}

/** An export was written by a later version. Nothing was changed. */
export class ExportNewerError extends BowlineError {
  override readonly name = 'ExportNewerError';

  constructor(file: string) {
    super({
      code: 'EXPORT_NEWER',
      message: `${file} was exported by a newer Bowline. Nothing was changed; update Bowline and import it then.`,
      data: { file },
    });
  }
}

/** What was to be exported to is there already. Nothing was changed. */
export class ExportFilePresentError extends BowlineError {
  override readonly name = 'ExportFilePresentError';

  constructor(file: string) {
    super({
      code: 'EXPORT_FILE_PRESENT',
      message: `${file} is there already, and an export overwrites nothing. Give another name, or move it away first.`,
      data: { file },
    });
  }
}

/** A data directory that was to be imported into holds a device, or what is left of one. Nothing was changed. */
export class DevicePresentError extends BowlineError {
  override readonly name = 'DevicePresentError';

  constructor(dataDir: string) {
    super({
      code: 'DEVICE_PRESENT',
      message: `${dataDir} holds a device already, and an import replaces none. Choose another data directory, or move that one away first.`,
      data: { dataDir },
    });
  }
}

/** A store has no identity yet, so there is nothing to be exported. */
export class IdentityMissingError extends BowlineError {
  override readonly name = 'IdentityMissingError';

  constructor(dataDir: string) {
    super({
      code: 'NO_DEVICE',
      message: `No device was made in ${dataDir} yet, so there is nothing to export. Start it once first.`,
      data: { dataDir },
    });
  }
}

/** This device was retired when it was exported: it lives on where the file was imported. */
export class DeviceRetiredError extends BowlineError {
  override readonly name = 'DeviceRetiredError';

  /** @param file where it was exported to; `null` when that cannot be read any more */
  constructor(markFile: string, file: string | null) {
    super({
      code: 'DEVICE_RETIRED',
      message:
        `This device was exported to ${file ?? 'a file'} and retired: it lives on where that file was imported, and two of it ` +
        `would displace each other. Once it does, delete the data directory. Only if the file was lost before it was imported: delete ${markFile}, and it is what it was.`,
      data: { markFile, file },
    });
  }
}
