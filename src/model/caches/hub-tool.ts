import { basename, join } from 'node:path';
import type { CacheContext } from './cache-context.js';
import { inspectHubCache, inspectPlainFolder } from './hub-cache.js';
import { inspectionOf, type ModelCopy } from './model-copy.js';
import { findPlaces, hubPlaces, plainPlaces } from './places.js';
import type { CacheModel, InspectOptions, ToolCache } from './tool-cache.js';

interface HubTool extends Omit<ToolCache, 'inspect'> {
  /** Folders of a model's own, beside the hub caches and the plain folders named after its repository. */
  readonly ownFolders?: (context: CacheContext, model: CacheModel) => readonly string[];
}

/** A tool that takes its models from hub caches, or from plain folders with the same files. */
export function hubTool({ ownFolders = () => [], ...tool }: HubTool): ToolCache {
  return {
    ...tool,
    async inspect(context, options) {
      const hubs = await hubPlaces(context);
      const plain = await plainPlaces(context);
      return inspectionOf(tool.tool, tool.models, [...hubs.unreadable, ...plain.unreadable], async (model) => [
        ...(await hubCopies(hubs.folders, model, options)),
        ...(await plainCopies(
          context,
          [...namedFolders(plain.folders, model), ...ownFolders(context, model)],
          model,
          options,
        )),
      ]);
    },
  };
}

/** Every copy of a model's repository in these hub caches. */
export async function hubCopies(
  hubs: readonly string[],
  model: CacheModel,
  options: InspectOptions,
): Promise<readonly ModelCopy[]> {
  const copies: (ModelCopy | undefined)[] = [];
  for (const hub of hubs) copies.push(await inspectHubCache(hub, model, options));
  return copies.filter((copy) => copy !== undefined);
}

/** Those of these folders that are a copy. */
export async function plainCopies(
  context: CacheContext,
  folders: readonly string[],
  model: CacheModel,
  options: InspectOptions,
): Promise<readonly ModelCopy[]> {
  const copies: (ModelCopy | undefined)[] = [];
  for (const folder of (await findPlaces(context, folders)).folders) {
    copies.push(await inspectPlainFolder(folder, model, options));
  }
  return copies.filter((copy) => copy !== undefined);
}

/** Where a folder named after the model's repository would be. */
export function namedFolders(parents: readonly string[], { source }: CacheModel): readonly string[] {
  const name = basename(source);
  return parents.flatMap((parent) =>
    basename(parent) === name ? [parent] : [join(parent, name), join(parent, source)],
  );
}
