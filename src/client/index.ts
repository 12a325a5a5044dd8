export { EngineError, type EngineErrorCode } from '../errors.js';
