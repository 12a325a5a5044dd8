import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { definePolicy } from '../../degrade/define-policy.js';
import { policies } from '../../degrade/policies.js';
import type { Policy } from '../../degrade/policy.js';
import { EngineError } from '../../errors.js';

const presets: Readonly<Record<string, Policy>> = policies;

/**
 * The policy of a name or a module.
 * @throws EngineError `OPTION_INVALID`
 */
export async function policyFrom(nameOrFile: string): Promise<Policy> {
  const preset = Object.hasOwn(presets, nameOrFile) ? presets[nameOrFile] : undefined;
  if (preset) return preset;
  const exported = await defaultExport(nameOrFile);
  if (typeof exported !== 'object' || exported === null || !('decide' in exported)) {
    throw new EngineError(
      'OPTION_INVALID',
      `'${nameOrFile}' has no default export that is a policy; see definePolicy.`,
    );
  }
  // What somebody wrote by hand is checked as what they define; what was defined passes again.
  const policy = exported as Policy;
  const { name, rungs } = policy;
  return definePolicy({ name, rungs, decide: (snapshot, history) => policy.decide(snapshot, history) });
}

async function defaultExport(file: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(resolve(file)).href)) as { readonly default?: unknown };
    return module.default;
  } catch (cause) {
    const names = Object.keys(presets).join(', ');
    throw EngineError.from(
      cause,
      'OPTION_INVALID',
      `The policy '${file}' cannot be loaded. It must be a JavaScript module, or one of ${names}.`,
    );
  }
}
