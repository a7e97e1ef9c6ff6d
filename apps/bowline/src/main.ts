import { keepCompiledCode } from './compile-cache.ts';

// First of all: what is imported below, and every worker, starts from the cache then, in half the time.
const compiled = keepCompiledCode(process.env);
if (compiled !== null) process.env.NODE_COMPILE_CACHE = compiled;
const { runCommandLine } = await import('./command-line.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));
