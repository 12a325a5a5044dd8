import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { SetupFailure } from './failure.mjs';
import { place } from './place.mjs';
import { digestOfValues } from './stamp.mjs';

/** Where an installed package keeps what it builds from. */
export const SOURCES = 'build/sources';

/** Variables that change what a compiler makes of the same sources. */
const COMPILER_VARIABLES = ['CC', 'CXX', 'CFLAGS', 'CXXFLAGS', 'LDFLAGS'];

/**
 * Where the foreign sources lie.
 * @typedef {object} NativeSources
 * @property {string} whisperCpp
 * @property {string} version of whisper.cpp
 * @property {string} nodeApiHeaders
 * @property {string} nodeAddonApi
 */

/**
 * @overload
 * @param {{ required: true }} options
 * @returns {NativeSources}
 * @throws SetupFailure
 */
/**
 * @overload
 * @returns {NativeSources | undefined}
 */
/** @param {{ required?: boolean }} [options] */
export function findSources({ required = false } = {}) {
  const chosen = process.env['WHISPER_CPP_DIR'];
  const fromPackage = packageFolder('nodejs-whisper');
  const whisperCpp = chosen ? resolve(chosen) : fromPackage && join(fromPackage, 'cpp/whisper.cpp');
  const headers = packageFolder('node-api-headers');
  const nodeAddonApi = packageFolder('node-addon-api');
  const version = whisperCpp && versionIn(join(whisperCpp, 'CMakeLists.txt'));
  if (whisperCpp && version && headers && nodeAddonApi) {
    return { whisperCpp, version, nodeApiHeaders: join(headers, 'include'), nodeAddonApi };
  }
  if (!required) return undefined;
  if (chosen && !version)
    throw new SetupFailure(`WHISPER_CPP_DIR names ${chosen}, which is no whisper.cpp source tree.`);
  const names = Object.entries(sourcePackages()).map(([name, wanted]) => `${name}@${wanted}`);
  throw new SetupFailure(`The packages to build from are not installed: ${names.join(' ')}.`);
}

/**
 * Options of `cmake` for configuring.
 * @param {NativeSources} sources
 * @param {readonly string[]} extraOptions
 */
export function optionsFor(sources, extraOptions) {
  return [
    '-DCMAKE_BUILD_TYPE=Release',
    `-DWHISPER_CPP_DIR=${sources.whisperCpp}`,
    `-DNODE_API_HEADERS=${sources.nodeApiHeaders}`,
    `-DNODE_ADDON_API=${sources.nodeAddonApi}`,
    ...extraOptions,
    ...(process.env['WHISPERPOOL_CMAKE_ARGS'] ?? '').split(/\s+/).filter((option) => option !== ''),
  ];
}

/**
 * Everything that the compiled code depends on, our own sources apart. The processor is part of it: by default the
 * kernels are compiled for the machine that builds, and a checkout may come back on another one.
 * @param {NativeSources} sources
 * @param {readonly string[]} extraOptions
 */
export function buildKey(sources, extraOptions) {
  return digestOfValues([
    place('native'),
    sources.version,
    process.arch,
    processor(),
    ...optionsFor(sources, extraOptions),
    ...COMPILER_VARIABLES.map((name) => process.env[name]),
  ]);
}

function processor() {
  const model = cpus()[0]?.model ?? '';
  if (!existsSync('/proc/cpuinfo')) return model;
  // Two virtual machines may show one model and different instruction sets.
  const features = /^(?:flags|Features)\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'latin1'))?.[0] ?? '';
  return `${model} ${createHash('sha256').update(features).digest('hex')}`;
}

/** @param {string} path */
function versionIn(path) {
  if (!existsSync(path)) return undefined;
  return /^project\(.*VERSION\s+(\d+\.\d+\.\d+)/m.exec(readFileSync(path, 'utf8'))?.[1];
}

/**
 * The npm packages that the addon is built from, with their exact versions.
 * @returns {Record<string, string>}
 */
export function sourcePackages() {
  /** @type {{ devDependencies: Record<string, string> }} */
  const { devDependencies } = readDescription(place('package.json'));
  const names = ['nodejs-whisper', 'node-addon-api', 'node-api-headers'];
  return Object.fromEntries(names.map((name) => [name, devDependencies[name] ?? '']));
}

/**
 * The folder of one of them, brought by the set-up or found as Node finds it. Other versions do not count: whatever else
 * is installed beside whisperpool may need its own.
 * @param {string} name
 */
function packageFolder(name) {
  try {
    const path = createRequire(place(SOURCES, 'package.json')).resolve(`${name}/package.json`);
    return readDescription(path).version === sourcePackages()[name] ? dirname(path) : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} path of a package.json */
function readDescription(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
