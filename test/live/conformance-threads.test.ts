import { whisperCpp } from '../../dist/pool/whisper-cpp-provider.js';
import { describeConformance } from '../provider-conformance/conformance.js';

describeConformance('whisper.cpp on threads', () => whisperCpp({ model: 'tiny.en' }));
