import { identifyFile, isRenamed } from './file-identity.js';
import { checkModel } from './resolve.js';

/**
 * The key of a file that was checked and is to be opened again. Another name or other rights change it, too: what has
 * the same bytes by all signs is checked once more. For a file that was replaced it is the one that was given, so that
 * the loader refuses it.
 * @throws EngineError `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`, `MODEL_UNSUPPORTED`
 */
export async function renewedKey(path: string, fileKey: string): Promise<string> {
  const file = await identifyFile(path);
  if (file.key === fileKey || !isRenamed({ key: fileKey }, file)) return fileKey;
  return (await checkModel({ path, source: 'file' })).fileKey;
}
