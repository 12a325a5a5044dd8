import { describe } from 'vitest';
import { whisperNodeAddon } from '../../dist/pool/node-addon/whisper-node-addon.js';
import { describeConformance } from '../provider-conformance/conformance.js';

/** The optional package, where it is installed or where `WHISPER_NODE_ADDON` says. */
const packageFolder = process.env['WHISPER_NODE_ADDON'];
const makeProvider = () => whisperNodeAddon({ model: 'tiny.en', packageFolder });
const { kind } = await makeProvider().probe();

describe.skipIf(kind === 'unavailable')('if the package is here and its binary can be loaded', () => {
  describeConformance('whisper-node-addon', makeProvider, { isParallel: false });
});
