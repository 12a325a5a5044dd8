import { whisperCpp } from '../../dist/pool/whisper-cpp-provider.js';
import { describeConformance } from '../provider-conformance/conformance.js';

describeConformance('whisper.cpp in a process of its own', () =>
  whisperCpp({ model: 'tiny.en', isolation: 'process' }),
);
