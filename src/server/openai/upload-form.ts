import type { FastifyRequest } from 'fastify';
import { EngineError } from '../../errors.js';
import { RefusedField } from '../refused-field.js';
import type { Upload, UploadFolder } from './upload-folder.js';

/** The fields of a form by name; one that is given more than once has all its values. */
export type Fields = ReadonlyMap<string, readonly string[]>;

export interface UploadFormOptions<Asked> {
  readonly folder: UploadFolder;
  /** Of the file. */
  readonly limitBytes: number;
  /** What the fields ask for; throws when that cannot be. */
  readonly check: (fields: Fields) => Asked;
}

export interface UploadForm<Asked> {
  readonly asked: Asked;
  readonly upload: Upload;
}

const mostFields = 32;
/** A prompt is the longest of them, and Whisper reads some 900 characters of it. */
const fieldLimitBytes = 65_536;

/**
 * Reads a form whose one file goes to disk. What comes after an error is not read, and leaves no file.
 * @throws EngineError `UPLOAD_TOO_LARGE`, `OPTION_INVALID`, `PROTOCOL_BROKEN`, `DISK_FULL`, and what `check` throws
 */
export async function readUploadForm<Asked>(
  request: FastifyRequest,
  { folder, limitBytes, check }: UploadFormOptions<Asked>,
): Promise<UploadForm<Asked>> {
  if (!request.isMultipart()) {
    throw new EngineError(
      'OPTION_INVALID',
      'Send a form: `content-type: multipart/form-data` with the audio in `file`.',
    );
  }
  const mostBytes = limitBytes + mostFields * fieldLimitBytes;
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge(limitBytes);
  const limits = {
    files: 1,
    fileSize: limitBytes,
    fields: mostFields,
    fieldSize: fieldLimitBytes,
    parts: mostFields + 1,
  };
  const fields = new Map<string, string[]>();
  let upload: Upload | undefined;
  try {
    for await (const part of request.parts({ limits })) {
      if (part.type === 'file') {
        const { file, fieldname } = part;
        if (fieldname !== 'file')
          throw new RefusedField(fieldname, `A file came as \`${fieldname}\`; send it as \`file\`.`);
        file.once('limit', () => file.destroy(tooLarge(limitBytes)));
        upload = await folder.receive(file);
      } else {
        if (part.valueTruncated) throw new RefusedField(part.fieldname, `\`${part.fieldname}\` is too long.`);
        fields.set(part.fieldname, [...(fields.get(part.fieldname) ?? []), String(part.value)]);
      }
    }
    if (!upload) throw new RefusedField('file', 'The form has no file. Send the audio as `file`, with a file name.');
    return { asked: check(fields), upload };
  } catch (error) {
    await upload?.remove();
    throw asEngineError(error);
  }
}

function tooLarge(limitBytes: number): EngineError {
  return new EngineError('UPLOAD_TOO_LARGE', `The file is larger than ${limitBytes} bytes, which is the limit here.`);
}

function asEngineError(error: unknown): EngineError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'FST_FILES_LIMIT')
    return new RefusedField('file', 'The form has more than one file. Send them one by one.');
  if (code === 'FST_FIELDS_LIMIT' || code === 'FST_PARTS_LIMIT') {
    return new EngineError('OPTION_INVALID', `The form has more than ${mostFields} fields.`);
  }
  return EngineError.from(
    error,
    'PROTOCOL_BROKEN',
    'The form is broken or breaks off: it is not whole multipart/form-data.',
  );
}
