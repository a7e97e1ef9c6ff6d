import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { brandAs, type RelayUrl } from '@bowline/contracts';
import { freePort } from '@bowline/testing';

const script = fileURLToPath(new URL('./relay-child.ts', import.meta.url));

/** A real relay as a child process: it can be killed, frozen and started again on its port. */
export class RelayProcess {
  #child: ChildProcessByStdio<Writable, Readable, null> | null = null;
  #port = 0;

  static async start(): Promise<RelayProcess> {
    const relay = new RelayProcess();
    // Nobody else may take it while the relay is down.
    relay.#port = await freePort('tcp');
    await relay.start();
    return relay;
  }

  get url(): RelayUrl {
    return brandAs<RelayUrl>(`http://127.0.0.1:${this.#port}/`);
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [script, String(this.#port)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    this.#port = Number(line.toString());
  }

  /** SIGKILL: sockets are reset by the kernel. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** SIGSTOP: sockets stay open, nobody answers. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
