import { enableCompileCache } from 'node:module';

// First of all: what is imported below starts from the cache then, in half the time.
enableCompileCache();
const { runCommandLine } = await import('./command-line.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));
