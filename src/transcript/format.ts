import { EngineError } from '../errors.js';
import { openAiJson, openAiVerboseJson } from './openai-json.js';
import { plainText } from './plain-text.js';
import { srt, vtt } from './subtitles.js';
import type { Transcript } from './transcript.js';

/** Every format a transcript can be written in. `json` and `verbose_json` have OpenAI's field names. */
export const transcriptFormats = ['json', 'verbose_json', 'srt', 'vtt', 'txt'] as const;

/** One of `transcriptFormats`. */
export type TranscriptFormat = (typeof transcriptFormats)[number];

/** How a transcript is written. */
export interface FormatOptions {
  /**
   * The English name of a language code, which OpenAI's `verbose_json` has in `language`; only that format asks for it.
   * @defaultValue the code itself
   */
  readonly languageName?: (code: string) => string;
}

/**
 * The transcript as the text of a file, ending in a line feed unless it is empty (`srt` and `txt` of silence).
 * JSON is one line, so that transcripts can be appended to one another. Write it as UTF-8.
 * @throws EngineError `OPTION_INVALID` for a format that is not in `transcriptFormats`
 */
export function formatTranscript(
  transcript: Transcript,
  format: TranscriptFormat,
  { languageName = (code) => code }: FormatOptions = {},
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(openAiJson(transcript))}\n`;
    case 'verbose_json':
      return `${JSON.stringify(openAiVerboseJson(transcript, languageName))}\n`;
    case 'srt':
      return srt(transcript);
    case 'vtt':
      return vtt(transcript);
    case 'txt':
      return plainText(transcript);
    default:
      throw new EngineError(
        'OPTION_INVALID',
        `Unknown transcript format; use one of: ${transcriptFormats.join(', ')}.`,
        {
          cause: format satisfies never,
        },
      );
  }
}
