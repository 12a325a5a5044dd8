#!/usr/bin/env node
import { exitCodes } from './exit-code.js';
import { failureText } from './failure.js';
import { runProgram } from './program.js';

// Whoever reads the help may have seen enough of it; a command that runs hears of that by itself.
process.stdout.on('error', () => undefined);

// Not process.exit(): it would cut off what is still on its way to a pipe.
try {
  process.exitCode = await runProgram(process.argv);
} catch (error) {
  process.stderr.write(`${failureText(error, undefined, true)}\n`);
  process.exitCode = exitCodes.failed;
}
