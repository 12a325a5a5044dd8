import { byId, say } from './elements.js';
import { FigurePanel } from './figures.js';
import { FileInput } from './file-input.js';
import { LadderView } from './ladder.js';
import { Microphone } from './microphone.js';
import { RunningTranscripts } from './running-transcripts.js';
import { followState } from './state-feed.js';

const standings = {
  ready: { text: 'Ready', look: 'good' },
  starting: { text: 'The model loads', look: 'warn' },
  idle: { text: 'Idle: the model loads with the first work', look: 'warn' },
  failed: { text: 'There is no model', look: 'bad' },
  draining: { text: 'The server is ending', look: 'warn' },
  closed: { text: 'The server has ended', look: 'bad' },
  full: { text: 'The server has no room for this page', look: 'warn' },
  lost: { text: 'No connection to the server', look: 'bad' },
};

/** @param {keyof standings} standing */
function showStanding(standing) {
  const { text, look } = standings[standing];
  say(byId('status'), text);
  byId('status').className = look;
  document.title = standing === 'ready' ? 'whisperpool' : `whisperpool: ${text}`;
}

const figures = new FigurePanel();
const ladder = new LadderView();
const transcripts = new RunningTranscripts(new Microphone().name);
new FileInput();

void followState({
  onConnected: () => transcripts.clear(),
  onLost: showStanding,
  onHeard: (heard) => transcripts.hear(heard),
  onState(state) {
    showStanding(state.status);
    say(byId('model'), state.model ? `${state.model.name}, ${state.model.variant}` : '');
    figures.show(state);
    ladder.show(state.ladder);
  },
});
