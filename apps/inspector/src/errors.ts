import { BowlineError } from '@bowline/contracts';

/** The page is not there: it is made by the build, never at start, and a bundled app has to bring it along. */
export class InspectorPageMissingError extends BowlineError {
  override readonly name = 'InspectorPageMissingError';

  constructor(file: string, cause: unknown) {
    super({
      code: 'INSPECTOR_PAGE_MISSING',
      message: `The inspector's page cannot be read (${file} was looked for); install the package anew, or say where a bundled app keeps the page.`,
      data: { file },
      cause,
    });
  }
}

/** The port the inspector was told to use is somebody else's. */
export class InspectorPortTakenError extends BowlineError {
  override readonly name = 'InspectorPortTakenError';

  constructor(port: number, cause: unknown) {
    super({
      code: 'INSPECTOR_PORT_TAKEN',
      message: `Port ${port} of 127.0.0.1 is in use; choose another one for the inspector, or 0 for any.`,
      data: { port },
      cause,
    });
  }
}

/** The inspector was asked where it listens while it does not. */
export class InspectorNotStartedError extends BowlineError {
  override readonly name = 'InspectorNotStartedError';

  constructor() {
    super({ code: 'INSPECTOR_NOT_STARTED', message: 'The inspector does not run; start it first.' });
  }
}
