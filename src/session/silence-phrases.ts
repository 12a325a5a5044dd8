/**
 * What Whisper is known to make of silence and noise, in its most common languages: sign-offs and credits from the
 * subtitles it was trained on. People say most of them, too, so they are never suppressed for their words alone.
 */
const phrases = [
  'you',
  'bye',
  'bye bye',
  'thank you',
  'thank you very much',
  'thank you for watching',
  'thank you so much for watching',
  'thanks for watching',
  'thanks for listening',
  'please subscribe',
  'please subscribe to my channel',
  'like and subscribe',
  'see you next time',
  'see you in the next video',
  'subtitles by the amara org community',
  'transcription by castingwords',
  'untertitel der amara org community',
  'untertitel von stephanie geiges',
  'untertitelung des zdf für funk 2017',
  'untertitel im auftrag des zdf für funk 2017',
  'swr 2020',
  'swr 2021',
  'copyright wdr 2021',
  'vielen dank',
  'vielen dank fürs zuschauen',
  'sous titres réalisés para la communauté d amara org',
  'sous titrage st 501',
  'merci',
  'merci d avoir regardé cette vidéo',
  'gracias',
  'gracias por ver el video',
  'subtítulos realizados por la comunidad de amara org',
  'obrigado',
  'legendas pela comunidade amara org',
  'grazie',
  'sottotitoli e revisione a cura di qtss',
  'sottotitoli creati dalla comunità amara org',
  'ご視聴ありがとうございました',
  'ありがとうございました',
  '謝謝觀看',
  '谢谢观看',
  '請不吝點贊訂閱轉發打賞支持明鏡與點點欄目',
  '시청해주셔서 감사합니다',
  '감사합니다',
  'продолжение следует',
  'спасибо за просмотр',
  'субтитры сделал dimatorzok',
];

const known = new Set(phrases.map(spoken));

/** Whether a text is nothing but one such phrase, perhaps said again and again. */
export function isSilencePhrase(text: string): boolean {
  const sentences = text
    .split(/[.!?。！？\n]+(?:\s+|$)/u)
    .map(spoken)
    .filter((sentence) => sentence !== '');
  return known.has(spoken(text)) || (sentences.length > 0 && sentences.every((sentence) => known.has(sentence)));
}

function spoken(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}
