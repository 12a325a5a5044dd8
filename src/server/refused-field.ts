import { EngineError, type EngineErrorCode } from '../errors.js';

/** An error about one field of a request, whose name clients find in `param`. */
export class RefusedField extends EngineError {
  readonly field: string;

  constructor(field: string, message: string, code: EngineErrorCode = 'OPTION_INVALID') {
    super(code, message);
    this.field = field;
  }
}
