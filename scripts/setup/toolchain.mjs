import { spawnSync } from 'node:child_process';
import { SetupFailure } from './failure.mjs';

const CMAKE_AT_LEAST = /** @type {const} */ ([3, 18]);

/**
 * What builds C++ here, found without building anything.
 * @returns {{ readonly generator: 'Ninja' | 'Unix Makefiles'; readonly compiler: string }}
 * @throws SetupFailure that names the packages to install
 */
export function findToolchain() {
  const cmake = versionOf('cmake');
  const [major = 0, minor = 0] = (/\d+\.\d+/.exec(cmake ?? '')?.[0] ?? '').split('.').map(Number);
  const cmakeServes = major > CMAKE_AT_LEAST[0] || (major === CMAKE_AT_LEAST[0] && minor >= CMAKE_AT_LEAST[1]);
  const compiler = firstVersion([process.env['CXX'], 'c++', 'g++', 'clang++']);
  const cCompiler = firstVersion([process.env['CC'], 'cc', 'gcc', 'clang']);
  const ninja = versionOf('ninja');
  const missing = [
    cmake === undefined && 'cmake',
    cmake !== undefined && !cmakeServes && `cmake ${CMAKE_AT_LEAST.join('.')} or newer (this is ${major}.${minor})`,
    (compiler === undefined || cCompiler === undefined) && 'a C++ compiler',
    ninja === undefined && versionOf('make') === undefined && 'make or ninja',
  ].filter((name) => name !== false);
  if (missing.length > 0) throw new SetupFailure(installAdvice(missing));
  return { generator: ninja === undefined ? 'Unix Makefiles' : 'Ninja', compiler: compiler ?? '' };
}

/** @param {readonly string[]} missing */
function installAdvice(missing) {
  return [
    `The native addon cannot be built: ${new Intl.ListFormat('en').format(missing)} ${missing.length > 1 ? 'are' : 'is'} missing.`,
    '  Debian, Ubuntu:  apt-get install cmake g++ make',
    '  Fedora:          dnf install cmake gcc-c++ make',
    '  macOS:           xcode-select --install && brew install cmake',
    'Install it, then run the same command again.',
  ].join('\n');
}

/** @param {readonly (string | undefined)[]} commands */
function firstVersion(commands) {
  for (const command of commands) {
    const version = command ? versionOf(command) : undefined;
    if (version !== undefined) return version;
  }
  return undefined;
}

/**
 * The first line of `command --version`, or undefined when there is no such command.
 * @param {string} command
 */
function versionOf(command) {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (stdout.split('\n')[0] ?? '') : undefined;
}
