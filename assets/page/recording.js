/**
 * The microphone, as 16-bit samples of one channel.
 * @param {(bytes: Uint8Array, loudness: number) => void} onAudio `loudness` is the root mean square, 0 … 1
 * @throws Error whose message is for people
 */
export async function record(onAudio) {
  if (!isSecureContext) {
    throw new Error('Browsers give the microphone only to pages on https or on this machine.');
  }
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } }).catch(refuse);
  const audio = new AudioContext();
  const stop = () => {
    for (const track of microphone.getTracks()) track.stop();
    if (audio.state !== 'closed') void audio.close();
  };
  try {
    await audio.audioWorklet.addModule('page/recorder.js');
    const recorder = new AudioWorkletNode(audio, 'recorder', { channelCount: 1, channelCountMode: 'explicit' });
    recorder.port.onmessage = ({ data: { buffer, loudness } }) => onAudio(new Uint8Array(buffer), loudness);
    audio.createMediaStreamSource(microphone).connect(recorder);
    const onLost = (/** @type {() => void} */ lost) => microphone.getAudioTracks()[0]?.addEventListener('ended', lost);
    return { sampleRate: audio.sampleRate, stop, onLost };
  } catch (error) {
    stop();
    throw error;
  }
}

/** @param {unknown} error of `getUserMedia` @returns {never} */
function refuse(error) {
  const { name, message } = /** @type {DOMException} */ (error);
  if (name === 'NotAllowedError') throw new Error('The microphone was not allowed.');
  if (name === 'NotFoundError') throw new Error('There is no microphone.');
  throw new Error(`There is no microphone: ${message}`);
}
